//! Where a command quotes, as far as placeholders have to know.

use std::ops::Range;

use super::problem::Problem;
use super::template::Template;
use super::text::{Span, Texts};

/// So many are told of one command: each draws its line, which may be long.
const MOST: usize = 16;

/// Returns the mistakes that a placeholder stands within quotes, where the quotes of its value would end them.
pub(super) fn mistakes(texts: &Texts, what: &str, template: &Template, span: &Span) -> Vec<Problem> {
    let quoted = quoted(&template.text);
    let mistake = |place: &Range<usize>| {
        let part = quoted.iter().find(|part| part.contains(&place.start))?;
        let name = &template.text[place.clone()];
        // The same placeholder may stand elsewhere, rightly.
        let mut here = texts.within(span, &template.text[part.start..place.end]);
        if texts.slice(&here).ends_with(name) {
            here.range.start = here.range.end - name.len();
        } else {
            here = texts.within(span, name);
        }
        let message = format!("{what} has {name} within quotes");
        Some(Problem::new("quoted", message, &here, "in its command").help(format!(
            "a value is quoted where the shell needs it: end the quotes before it and begin them again behind it; \
             a script in quotes gets it as an argument: sh -c '… \"$1\"' sh {name}"
        )))
    };
    template.places.iter().filter_map(|place| mistake(&place.range)).take(MOST).collect()
}

/// What the scanner is in.
enum Inside {
    /// No quotes: the command, or a command that stands for what it prints, with so many open parentheses.
    Plain(usize),
    /// Double quotes, or what follows such a command in them, from here.
    Double(usize),
}

/// Returns the parts of a command that lie within quotes and not in a command therein.
///
/// This is no parser of the shell: where quotes may mean something else (a here-document, a pattern of `case` in a
/// command in quotes, `$'…'`), it looks no further.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let find = |from: usize, byte: u8| Some(from + bytes.get(from..)?.iter().position(|here| *here == byte)?);
    let starts = |at: usize, part: &str| bytes[at..].starts_with(part.as_bytes());
    let mut parts = Vec::new();
    let mut stack = vec![Inside::Plain(0)];
    let mut at = 0;
    while at < bytes.len() {
        let depth = stack.len();
        let Some(inside) = stack.last_mut() else { break };
        let word_begins = at == 0 || b" \t\n;|&()".contains(&bytes[at - 1]);
        match (inside, bytes[at]) {
            (_, b'\\') => at += 1,
            (Inside::Plain(_), b'\'') => {
                let Some(end) = find(at + 1, b'\'') else { break };
                parts.push(at..end);
                at = end;
            }
            (Inside::Plain(_), b'"') => stack.push(Inside::Double(at)),
            (Inside::Plain(_), b'#') if word_begins => match find(at, b'\n') {
                Some(end) => at = end,
                None => break,
            },
            (Inside::Plain(_), b'<') if starts(at, "<<<") => at += 2,
            (Inside::Plain(_), b'<') if starts(at, "<<") => break,
            (Inside::Plain(_), b'$') if starts(at, "$'") => break,
            (Inside::Plain(_), b'c') if depth > 1 && word_begins && starts(at, "case ") => break,
            (Inside::Plain(_), b'$') if starts(at, "$(") => {
                stack.push(Inside::Plain(0));
                at += 1;
            }
            (Inside::Plain(open), b'(') => *open += 1,
            (Inside::Plain(0), b')') if depth > 1 => {
                stack.pop();
                if let Some(Inside::Double(from)) = stack.last_mut() {
                    *from = at;
                }
            }
            (Inside::Plain(open), b')') => *open = open.saturating_sub(1),
            (Inside::Double(from), b'"') => {
                parts.push(*from..at);
                stack.pop();
            }
            (Inside::Double(from), b'$') if starts(at, "$(") => {
                parts.push(*from..at);
                stack.push(Inside::Plain(0));
                at += 1;
            }
            (Inside::Double(_), b'$') if starts(at, "${") => {
                let Some(end) = find(at, b'}') else { break };
                if bytes[at..end].iter().any(|byte| b"\"'`".contains(byte)) {
                    break;
                }
                at = end;
            }
            (inside, b'`') => {
                let Some(end) = find(at + 1, b'`').filter(|end| bytes[end - 1] != b'\\') else { break };
                if let Inside::Double(from) = inside {
                    parts.push(*from..at);
                    *from = end;
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns which of the placeholders `{params.…}` lie within quotes.
    fn found(text: &str) -> Vec<String> {
        let template = Template::parse(text);
        let quoted = quoted(text);
        let is_quoted = |at: usize| quoted.iter().any(|part| part.contains(&at));
        let places = template.places.iter().filter(|place| is_quoted(place.range.start));
        places.map(|place| place.path.clone()).collect()
    }

    #[test]
    fn a_placeholder_within_quotes_is_found() {
        for text in [
            "echo '{params.x}'",
            "echo \"{params.x}\"",
            "echo {params.y} \"n = {params.x}\" {params.y}",
            "awk '{print $1 * {params.x}}' {params.y}",
            "sh -c 'cat {params.x}'",
            "echo \"$(cat {params.y}) {params.x}\"",
            "echo \"`cat {params.y}` {params.x}\"",
            "echo \"$HOME ${x:-y} {params.x}\"",
            "echo $(echo \"{params.x}\" {params.y})",
            "echo $((1 + (2))) '{params.x}'",
            "echo it\\'s {params.y} '{params.x}'",
            "echo \\\" {params.y} \"a \\\" {params.x}\"",
            "# it's\necho {params.y} '{params.x}'",
            "echo a#'{params.x}'",
            "cat <<< '{params.x}'",
            "(echo '{params.x}'); echo {params.y}",
        ] {
            assert_eq!(found(text), ["x"], "{text}");
        }
    }

    #[test]
    fn a_placeholder_outside_of_quotes_is_right_wherever_it_stands() {
        for text in [
            "echo 'a '{params.x}' b' \"c \"{params.x}\" d\"",
            "echo \"$(cat {params.x})\" \"`cat {params.x}`\"",
            "echo \"$(cat \"a\" {params.x})\"",
            "echo \"$(echo $(echo \"a\" {params.x}) {params.x})\"",
            "echo it\\'s {params.x} \\\"{params.x}\\\"",
            "echo {params.x} # it's {params.x}",
            "echo {params.x}#{params.x}",
            "cat <<END\nit's {params.x}\nEND",
            "echo $'it\\'s' {params.x}",
            "echo \"$(case a in a) echo \"b\" {params.x};; esac)\"",
            "echo ${x:-y} {params.x} ${#x} {params.x}",
            "echo $((1 << 2)) {params.x}",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn quotes_that_are_not_closed_are_the_shells_to_tell() {
        assert!(found("echo 'a {params.x}").is_empty());
        assert!(found("echo \"a {params.x}").is_empty());
    }

    proptest! {
        #[test]
        fn whatever_a_command_is_the_parts_lie_in_it(text in r#"[a '"`\\$(){}<#c\n]{0,40}"#) {
            let parts = quoted(&text);
            prop_assert!(parts.iter().all(|part| part.start <= part.end && part.end < text.len()));
        }
    }
}
