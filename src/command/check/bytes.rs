use std::io::{self, BufRead, Read};

/// Bytes of each side that are shown from the first difference on.
const SHOWN: usize = 24;

/// Where two streams of bytes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    /// How many bytes are equal before it.
    pub(super) offset: u64,
    /// Line and column, both from 1, if what comes before is text.
    pub(super) place: Option<(u64, u64)>,
    /// What the first goes on with; nothing at its end.
    pub(super) first: Vec<u8>,
    /// What the second goes on with; nothing at its end.
    pub(super) second: Vec<u8>,
}

/// Returns where two streams part, or nothing if they are equal.
pub(super) fn parting(first: &mut impl BufRead, second: &mut impl BufRead) -> io::Result<Option<Parting>> {
    let mut offset = 0;
    let mut place = Place { line: 1, column: 1, is_text: true };
    loop {
        let (a, b) = (first.fill_buf()?, second.fill_buf()?);
        let both = a.len().min(b.len());
        let equal = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        place.pass(&a[..equal]);
        offset += equal as u64;
        let over = both == 0 && a.len() == b.len();
        let parted = equal < both || (both == 0 && !over);
        first.consume(equal);
        second.consume(equal);
        if over {
            return Ok(None);
        }
        if parted {
            let (first, second) = (next(first)?, next(second)?);
            let is_text = place.is_text && !first.contains(&0) && !second.contains(&0);
            let place = is_text.then_some((place.line, place.column));
            return Ok(Some(Parting { offset, place, first, second }));
        }
    }
}

fn next(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(SHOWN as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A place in a text that is read once.
struct Place {
    line: u64,
    column: u64,
    is_text: bool,
}

impl Place {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                0 => self.is_text = false,
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                // A character of several bytes counts where it begins.
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
    }
}

/// Shows the bytes that one side goes on with, as numbers and as text.
pub(super) fn show(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "(its end)".to_owned();
    }
    let numbers: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let text = String::from_utf8_lossy(bytes);
    format!("{:<23}  \"{}\"", numbers.join(" "), text.escape_debug())
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn part(first: &[u8], second: &[u8], buffer: usize) -> Option<Parting> {
        let reader = |bytes: &'static [u8], size| BufReader::with_capacity(size, bytes);
        let leak = |bytes: &[u8]| -> &'static [u8] { bytes.to_vec().leak() };
        parting(&mut reader(leak(first), buffer), &mut reader(leak(second), buffer + 1)).unwrap()
    }

    #[test]
    fn line_and_column_count_characters() {
        let found = part("a\nbäc\n".as_bytes(), "a\nbäd\n".as_bytes(), 2).unwrap();
        assert_eq!((found.offset, found.place), (5, Some((2, 3))));
        assert_eq!((found.first, found.second), (b"c\n".to_vec(), b"d\n".to_vec()));
    }

    #[test]
    fn what_holds_a_zero_has_no_lines() {
        assert_eq!(part(b"\0a", b"\0b", 8).unwrap().place, None);
        assert_eq!(part(b"a\0", b"b", 8).unwrap().place, None);
    }

    #[test]
    fn the_shorter_one_ends_where_they_part() {
        let found = part(b"one\n", b"one\ntwo\n", 3).unwrap();
        assert_eq!((found.offset, found.place), (4, Some((2, 1))));
        assert_eq!(show(&found.first), "(its end)");
        assert_eq!(show(&found.second), "74 77 6f 0a              \"two\\n\"");
    }

    proptest! {
        #[test]
        fn they_part_where_the_bytes_say(
            first in proptest::collection::vec(0_u8..3, 0..40),
            second in proptest::collection::vec(0_u8..3, 0..40),
            buffer in 1_usize..9,
        ) {
            let equal = first.iter().zip(&second).take_while(|(a, b)| a == b).count();
            let found = part(&first, &second, buffer);
            prop_assert_eq!(found.is_none(), first == second);
            if let Some(found) = found {
                prop_assert_eq!(found.offset, equal as u64);
                prop_assert!(first[equal..].starts_with(&found.first));
                prop_assert!(second[equal..].starts_with(&found.second));
            }
        }
    }
}
