//! Declared variables may hold secrets: their values reach no log and no message.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use fs_err as fs;

use super::audit::Findings;
use super::made::Failed;

/// Values shorter than this are no secrets, but words that a log may hold by chance.
const SHORTEST: usize = 6;

/// Bytes of a log that are looked through at once.
const BLOCK: u64 = 1 << 20;

/// The values of the variables that a stage declares, each with its name in brackets.
#[derive(Debug)]
pub(super) struct Secrets(Vec<(OsString, String)>);

impl Secrets {
    /// Returns the values of these variables, as far as they may be secrets.
    pub(super) fn of(names: &[String]) -> Self {
        let value = |name: &String| Some((std::env::var_os(name)?, format!("[{name}]")));
        let mut secrets: Vec<_> = names.iter().filter_map(value).collect();
        // What is printed of a key of many lines may be indented, or be one of them.
        let lines = |(value, name): &(OsString, String)| {
            let lines = value.as_bytes().lines().map(|line| line.trim_ascii().to_owned());
            lines.map(|line| (OsString::from_vec(line), name.clone())).collect::<Vec<_>>()
        };
        let parts: Vec<_> = secrets.iter().flat_map(lines).collect();
        secrets.extend(parts);
        secrets.retain(|(value, _)| value.len() >= SHORTEST);
        // One value may be a part of another.
        secrets.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup_by(|(a, _), (b, _)| a == b);
        Self(secrets)
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces each value in a log by its name; of a log in which that cannot be done nothing is left.
    pub(super) fn mask_log(&self, log: &Path) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        // A silent command has none.
        if !log.try_exists()? {
            return Ok(());
        }
        let masked = log.with_extension("masked");
        let done = self.copy_masked(log, &mut io::sink()).and_then(|found| {
            if found == 0 {
                return Ok(());
            }
            self.copy_masked(log, &mut fs::File::create(&masked)?)?;
            fs::rename(&masked, log)
        });
        if done.is_err() {
            let _may_not_be_there = fs::remove_file(masked);
            fs::remove_file(log)?;
        }
        done
    }

    /// Copies a log with each value replaced; returns how many were.
    fn copy_masked(&self, log: &Path, copy: &mut impl Write) -> io::Result<usize> {
        let mut printed = fs::File::open(log)?;
        let (mut text, mut found, mut is_over) = (Vec::new(), 0, false);
        while !is_over {
            is_over = (&mut printed).take(BLOCK).read_to_end(&mut text)? == 0;
            let (rest, more) = self.mask(&text, is_over, copy)?;
            found += more;
            text.drain(..text.len() - rest);
        }
        Ok(found)
    }

    /// Writes `text` with each value replaced, except for a rest that may be the beginning of one if more text follows;
    /// returns how long that is, and how many were replaced.
    fn mask(&self, text: &[u8], is_over: bool, file: &mut impl Write) -> io::Result<(usize, usize)> {
        let longest = self.0.first().map_or(0, |(value, _)| value.len());
        let end = if is_over { text.len() } else { text.len().saturating_sub(longest) };
        let find = |from: usize, value: &OsString| Some(from + text[from..].find(value.as_bytes())?);
        let mut next: Vec<Option<usize>> = self.0.iter().map(|(value, _)| find(0, value)).collect();
        let (mut from, mut found) = (0, 0);
        // Of those that begin at one place, the longest is the first.
        while let Some((at, secret)) =
            (0..next.len()).filter_map(|secret| Some((next[secret]?, secret))).min()
            && at < end
        {
            let (value, name) = &self.0[secret];
            file.write_all(&text[from..at])?;
            file.write_all(name.as_bytes())?;
            from = at + value.len();
            found += 1;
            for (place, (value, _)) in next.iter_mut().zip(&self.0) {
                if place.is_some_and(|place| place < from) {
                    *place = find(from, value);
                }
            }
        }
        file.write_all(&text[from.min(end)..end])?;
        Ok((text.len() - from.max(end), found))
    }

    /// Replaces each value in what is said of a failure by its name.
    pub(super) fn mask_failure(&self, failed: Failed) -> Failed {
        let message = self.masked(failed.message.into_bytes());
        Failed { message: String::from_utf8_lossy(&message).into_owned(), ..failed }
    }

    /// Replaces each value in the names of files by its name.
    pub(super) fn mask_findings(&self, Findings { reads, writes }: Findings) -> Findings {
        let mask =
            |path: PathBuf| PathBuf::from(OsString::from_vec(self.masked(path.into_os_string().into_vec())));
        let mask_all = |paths: BTreeSet<PathBuf>| paths.into_iter().map(mask).collect();
        Findings { reads: mask_all(reads), writes: mask_all(writes) }
    }

    fn masked(&self, text: Vec<u8>) -> Vec<u8> {
        let mut masked = Vec::new();
        let _all_is_written = self.mask(&text, true, &mut masked).expect("memory can be written to");
        masked
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_log_is_masked_wherever_it_is_divided(
            text in "[abc\\n]{0,60}", cuts in proptest::collection::vec(0_usize..60, 0..5),
        ) {
            let values = [("abcabc", "[LONG]"), ("abc", "[SHORT]"), ("b\nb", "[LINES]")];
            let secrets = Secrets(values.map(|(value, name)| (value.into(), name.to_owned())).to_vec());
            let whole = secrets.masked(text.clone().into_bytes());
            let (mut masked, mut rest) = (Vec::new(), Vec::new());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            for part in cuts.windows(2) {
                rest.extend_from_slice(&text.as_bytes()[part[0]..part[1]]);
                let (left, _) = secrets.mask(&rest, false, &mut masked).unwrap();
                rest.drain(..rest.len() - left);
            }
            secrets.mask(&rest, true, &mut masked).unwrap();
            prop_assert_eq!(&masked, &whole);
            prop_assert!(values.iter().all(|(value, _)| !String::from_utf8_lossy(&whole).contains(value)));
        }
    }
}
