use contract::Digest;

/// Ends `text` with the digest of what it says.
pub fn seal(mut text: Vec<u8>) -> Vec<u8> {
    let seal = Digest::of(&text);
    text.extend(seal.to_string().bytes());
    text
}

/// Returns what was sealed, if it begins with `head` and is what was sealed.
pub fn unseal<'a>(bytes: &'a [u8], head: &str) -> Option<&'a [u8]> {
    let (text, seal) = bytes.split_at_checked(bytes.len().checked_sub(64)?)?;
    let seal: Digest = std::str::from_utf8(seal).ok()?.parse().ok()?;
    (text.starts_with(head.as_bytes()) && Digest::of(text) == seal).then_some(text)
}
