//! Declared variables may hold secrets: their values reach no log and no message.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use fs_err as fs;

use super::audit::Findings;
use super::made::Failed;

/// Values shorter than this are no secrets, but words that a log may hold by chance.
const SHORTEST: usize = 6;

/// The values of the variables that a stage declares, each with its name in brackets.
#[derive(Debug)]
pub(super) struct Secrets(Vec<(OsString, String)>);

impl Secrets {
    /// Returns the values of these variables, as far as they may be secrets.
    pub(super) fn of(names: &[String]) -> Self {
        let value = |name: &String| Some((std::env::var_os(name)?, format!("[{name}]")));
        let mut secrets: Vec<_> = names.iter().filter_map(value).collect();
        secrets.retain(|(value, _)| value.len() >= SHORTEST);
        // One value may be a part of another.
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self(secrets)
    }

    /// Replaces each value in a log by its name.
    pub(super) fn mask_log(&self, log: &Path) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        // A silent command has none.
        let text = match fs::read(log) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        let masked = self.masked(text.clone());
        if masked == text { Ok(()) } else { fs::write(log, masked) }
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
        let replace = |text: Vec<u8>, (value, name): &(OsString, String)| {
            text.replace(value.as_bytes(), name.as_bytes())
        };
        self.0.iter().fold(text, replace)
    }
}
