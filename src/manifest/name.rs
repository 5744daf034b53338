//! Names, and values as they stand in ids and file names.

use std::borrow::Cow;

/// Names that mean something else in references.
const TAKEN: [&str; 2] = ["source", "over"];

/// Returns why `name` cannot be a name of a stage, port, axis or variable.
pub fn refuse(name: &str) -> Option<&'static str> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !first || !bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Some("a name is a letter, then letters, digits, `-` and `_`");
    }
    TAKEN.contains(&name).then_some("`source` and `over` mean something else in references")
}

/// Most bytes of a name in a name of a folder, which has 255: `latest@` stands before it, or `.witness` behind it.
const LONGEST: usize = 240;

/// Returns why `name` cannot be a name of a stage, an experiment or a profile, which names a folder, too.
pub fn refuse_folder(name: &str) -> Option<&'static str> {
    refuse(name).or((name.len() > LONGEST).then_some("a folder is named by it: it has at most 240 bytes"))
}

/// Returns the name in a string that is wholly `$` and a name.
pub fn variable(text: &str) -> Option<&str> {
    text.strip_prefix('$').filter(|name| refuse(name).is_none())
}

/// Writes a value for an id or a file name: bytes other than ASCII letters, digits, `._+-` and non-ASCII are `%XX`.
pub fn escape(value: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte) || !byte.is_ascii();
    if value.bytes().all(plain) {
        return Cow::Borrowed(value);
    }
    let mut out = String::new();
    for char in value.chars() {
        match u8::try_from(char) {
            Ok(byte) if byte.is_ascii() && !plain(byte) => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char),
        }
    }
    Cow::Owned(out)
}

/// Reads what [`escape`] wrote; a `%` that is no escape stands for itself.
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.filter(|_| bytes[at] == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter_and_are_not_taken() {
        assert_eq!(refuse("si-clf_2"), None);
        for bad in ["", "2x", "a.b", "-a", "source", "over", "a b"] {
            assert!(refuse(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn escapes_read_back_and_leave_nothing_that_a_file_name_or_a_reference_gives_meaning() {
        for value in ["a/b", "x=1,y", "100%", "ü", "..", "'"] {
            assert_eq!(unescape(&escape(value)), value);
        }
        assert_eq!(escape("a/b c"), "a%2Fb%20c");
    }
}
