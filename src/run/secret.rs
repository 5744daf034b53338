//! Declared variables may hold secrets: their values reach no log.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bstr::ByteSlice;
use fs_err as fs;

/// Values shorter than this are no secrets, but words that a log may hold by chance.
const SHORTEST: usize = 6;

/// Replaces the values of these variables in a log by their names in brackets.
pub(super) fn mask(log: &Path, names: &[String]) -> io::Result<()> {
    let value = |name: &String| Some((std::env::var_os(name)?, format!("[{name}]")));
    let mut secrets: Vec<_> = names.iter().filter_map(value).collect();
    secrets.retain(|(value, _)| value.len() >= SHORTEST);
    if secrets.is_empty() {
        return Ok(());
    }
    // One value may be a part of another.
    secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    let text = fs::read(log)?;
    let replace = |text: Vec<u8>, (value, name): &(std::ffi::OsString, String)| {
        text.replace(value.as_bytes(), name.as_bytes())
    };
    let masked = secrets.iter().fold(text.clone(), replace);
    if masked == text { Ok(()) } else { fs::write(log, masked) }
}
