use std::collections::BTreeSet;
use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use contract::Digest;
use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, openat, statat};

use crate::fs::ask_same_anew;

/// Files that are looked at by one thread in one go.
const PART: usize = 512;

/// How a folder is opened that paths are seen from.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::DIRECTORY;

/// Writes a list of paths, each ended by a zero; those below `folder` as seen from there.
pub(super) fn list(folder: &Path, paths: &BTreeSet<PathBuf>) -> Vec<u8> {
    let mut list = Vec::new();
    for path in paths {
        let path = path.strip_prefix(folder).unwrap_or(path);
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        list.extend(path.as_os_str().as_bytes());
        list.push(0);
    }
    list
}

/// Returns a digest of which files are in a list, and of what changes when one of them does.
pub(super) fn see(folder: &Path, list: &[u8]) -> io::Result<Digest> {
    let home = openat(CWD, folder, FOLDER | OFlags::CLOEXEC, Mode::empty())?;
    let parts: Vec<Digest> = split(list).par_chunks(PART).map(|part| look(&home, part)).collect();
    let mut text = list.to_vec();
    parts.iter().for_each(|part| text.extend(part.as_bytes()));
    Ok(Digest::of(&text))
}

/// As [`see`], of files that people write, perhaps on another machine.
pub(super) fn see_anew(folder: &Path, list: &[u8]) -> io::Result<Digest> {
    // The manifest lies in it; the folders of all others were asked when they were looked for.
    ask_same_anew(folder);
    let ask = |path: &CStr| ask_same_anew(&folder.join(OsStr::from_bytes(path.to_bytes())));
    split(list).par_chunks(PART).for_each(|part| part.iter().for_each(|path| ask(path)));
    see(folder, list)
}

fn split(list: &[u8]) -> Vec<&CStr> {
    list.split_inclusive(|byte| *byte == 0).filter_map(|path| CStr::from_bytes_with_nul(path).ok()).collect()
}

/// Returns the digest of the stamps of some files; links are followed.
fn look(home: &rustix::fd::OwnedFd, paths: &[&CStr]) -> Digest {
    let mut stamps = Vec::with_capacity(paths.len() * 7 * 8);
    for path in paths {
        match statat(home, *path, AtFlags::empty()) {
            Ok(stat) => stamps.extend(stamp(&stat).as_flattened()),
            Err(error) => stamps.extend(error.raw_os_error().to_le_bytes()),
        }
    }
    Digest::of(&stamps)
}

#[expect(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the types differ between machines")]
fn stamp(stat: &Stat) -> [[u8; 8]; 7] {
    [
        (stat.st_dev as u64).to_le_bytes(),
        (stat.st_ino as u64).to_le_bytes(),
        (stat.st_size as i64).to_le_bytes(),
        (stat.st_mtime as i64).to_le_bytes(),
        (stat.st_mtime_nsec as i64).to_le_bytes(),
        (stat.st_ctime as i64).to_le_bytes(),
        (stat.st_ctime_nsec as i64).to_le_bytes(),
    ]
}
