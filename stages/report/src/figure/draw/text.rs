use svg::node::element::Text;

/// Mean width of a character, relative to the size of the font; of `DejaVu Sans`, the widest that is likely.
const ASPECT: f64 = 0.58;

/// On which side of its place a text lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Returns a length as it is written: always with two decimals, and never a negative zero.
pub(super) fn fixed(length: f64) -> String {
    let text = format!("{length:.2}");
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

/// Returns a line of text whose base line is at `y`.
pub(super) fn label(content: &str, x: f64, y: f64, size: f64, anchor: Anchor) -> Text {
    let text = Text::new(content).set("x", fixed(x)).set("y", fixed(y)).set("font-size", fixed(size));
    match anchor {
        Anchor::Start => text,
        Anchor::Middle => text.set("text-anchor", "middle"),
        Anchor::End => text.set("text-anchor", "end"),
    }
}

/// Returns a line of text that reads upwards.
pub(super) fn upwards(content: &str, x: f64, y: f64, size: f64, anchor: Anchor) -> Text {
    label(content, x, y, size, anchor).set("transform", format!("rotate(-90 {} {})", fixed(x), fixed(y)))
}

/// Returns about how wide a text is.
pub(super) fn width(content: &str, size: f64) -> f64 {
    ASPECT * size * super::number(content.chars().count())
}

/// Returns a text as lines that are not wider than `widest`, unless a single word is.
pub(super) fn wrapped(content: &str, size: f64, widest: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in content.split_whitespace() {
        let line = lines.last().map_or("", String::as_str);
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || width(&longer, size) <= widest {
            lines.pop();
            lines.push(longer);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_decimals_and_zero_no_sign() {
        assert_eq!([fixed(1.0), fixed(-0.001), fixed(1.0 / 3.0)], ["1.00", "0.00", "0.33"]);
    }

    #[test]
    fn text_breaks_between_words() {
        assert_eq!(wrapped("one two three", 10.0, 45.0), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 10.0, 40.0), ["incomprehensible"]);
    }
}
