use std::ops::Range;

use fastrand::Rng;

/// Numbers at which types end, and some that are none.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "-0.0",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e-400",
    "1e999",
    "0x7fffffffffffffff",
];

/// Returns a line, a word, a quoted string or a pair of brackets with what is in it.
pub fn part(random: &mut Rng, text: &[u8]) -> Range<usize> {
    let at = random.usize(0..text.len().max(1)).min(text.len());
    match random.u8(0..4) {
        0 => around(text, at, |byte| byte != b'\n', 1),
        1 => around(text, at, is_of_word, 0),
        2 => quoted(text, at),
        _ => bracketed(text, at),
    }
}

/// Puts another number in the place of one.
pub fn change_number(random: &mut Rng, text: &mut Vec<u8>) {
    let at = random.usize(0..text.len().max(1));
    let Some(digit) = text.iter().skip(at).position(u8::is_ascii_digit) else { return };
    let number = around(text, at + digit, |byte| byte.is_ascii_digit() || b".-+".contains(&byte), 0);
    text.splice(number, random.choice(NUMBERS).unwrap_or_default().bytes());
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.$%".contains(&byte) || !byte.is_ascii()
}

/// Returns the bytes around `at` that belong together, and `more` bytes behind them.
fn around(text: &[u8], at: usize, belongs: fn(u8) -> bool, more: usize) -> Range<usize> {
    let before = text[..at].iter().rev().take_while(|byte| belongs(**byte)).count();
    let after = text[at..].iter().take_while(|byte| belongs(**byte)).count();
    at - before..(at + after + more).min(text.len())
}

fn quoted(text: &[u8], at: usize) -> Range<usize> {
    let quote = |from: usize| text[from..].iter().position(|byte| *byte == b'"').map(|found| from + found);
    let ends = quote(at).and_then(|open| Some(open..quote(open + 1)? + 1));
    ends.unwrap_or(at..at)
}

fn bracketed(text: &[u8], at: usize) -> Range<usize> {
    let Some(open) = text[at..].iter().position(|byte| b"[{".contains(byte)) else { return at..at };
    let open = at + open;
    let mut depth = 0_usize;
    for (offset, byte) in text[open..].iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return open..open + offset + 1;
        }
    }
    open..text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_belong_together() {
        let text = b"a = [1, {b = 2}]\nc = \"d e\"\n";
        let part = |range: Range<usize>| std::str::from_utf8(&text[range]).unwrap_or_default();
        assert_eq!(part(bracketed(text, 2)), "[1, {b = 2}]");
        assert_eq!(part(quoted(text, 2)), "\"d e\"");
        assert_eq!(part(around(text, 3, |byte| byte != b'\n', 1)), "a = [1, {b = 2}]\n");
    }
}
