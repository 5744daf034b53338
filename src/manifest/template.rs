//! Commands with placeholders.

use std::ops::Range;

/// The command of a stage with its placeholders.
#[derive(Clone, Debug)]
pub struct Template {
    /// The command as it was written: this text is in the key.
    pub text: String,
    /// The placeholders in it, in order.
    pub places: Vec<Placeholder>,
}

/// One placeholder of a [`Template`].
#[derive(Clone, Debug)]
pub struct Placeholder {
    /// The bytes of the template that it replaces.
    pub range: Range<usize>,
    /// Of what.
    pub group: Group,
    /// The port, or the parameter's path with dots.
    pub path: String,
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The path of an input.
    Input,
    /// The path of an output.
    Output,
    /// The value of a parameter.
    Param,
}

impl Template {
    /// Reads a command; every brace that is no placeholder is the shell's.
    pub fn parse(text: &str) -> Self {
        let mut places = Vec::new();
        for (open, _) in text.match_indices('{') {
            let Some(length) = text[open..].find('}') else { break };
            let inner = &text[open + 1..open + length];
            let groups = [("inputs.", Group::Input), ("outputs.", Group::Output), ("params.", Group::Param)];
            let found = groups.iter().find_map(|(prefix, group)| Some((group, inner.strip_prefix(prefix)?)));
            if let Some((&group, path)) = found
                && !path.is_empty()
                && !path.contains(|c: char| c.is_whitespace() || c == '{')
            {
                places.push(Placeholder { range: open..open + length + 1, group, path: path.to_owned() });
            }
        }
        Self { text: text.to_owned(), places }
    }

    /// Returns the command with each placeholder replaced by what `fill` returns for it.
    pub fn fill<E>(&self, mut fill: impl FnMut(&Placeholder) -> Result<String, E>) -> Result<String, E> {
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut from = 0;
        for place in &self.places {
            out.push_str(&self.text[from..place.range.start]);
            out.push_str(&fill(place)?);
            from = place.range.end;
        }
        out.push_str(&self.text[from..]);
        Ok(out)
    }
}

/// Quotes a word for a POSIX shell, where it needs it.
pub fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_that_are_no_placeholders_are_the_shells() {
        let template =
            Template::parse("awk '{print $1}' {inputs.a} > {outputs.b} ${HOME} {params.x.y} {input.a}");
        let paths: Vec<&str> = template.places.iter().map(|place| place.path.as_str()).collect();
        assert_eq!(paths, ["a", "b", "x.y"]);
        let filled = template.fill(|place| Ok::<_, ()>(place.path.to_uppercase()));
        assert_eq!(filled.unwrap(), "awk '{print $1}' A > B ${HOME} X.Y {input.a}");
    }

    #[test]
    fn only_words_that_need_it_are_quoted() {
        assert_eq!(quote("a/b.csv"), "a/b.csv");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's $1"), r"'it'\''s $1'");
    }
}
