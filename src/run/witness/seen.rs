use std::collections::BTreeSet;
use std::ffi::CStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use contract::Digest;
use rayon::prelude::*;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, statat};

use crate::fs::ask_same_anew;

/// Files that are looked at by one thread in one go.
const PART: usize = 512;

/// Inode, size and both times of a file, as [`crate::store::Stamp`] has them.
type Stamp = [[u8; 8]; 6];

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
    see_by(stamp, folder, list)
}

/// As [`see`], of files that people write, perhaps on another machine.
pub(super) fn see_anew(folder: &Path, list: &[u8]) -> io::Result<Digest> {
    // The manifest lies in it; the folders of all others were asked when they were looked for.
    ask_same_anew(folder);
    see_by(stamp_anew, folder, list)
}

fn see_by(
    stamp: impl Fn(&OwnedFd, &CStr) -> rustix::io::Result<Stamp> + Sync,
    folder: &Path,
    list: &[u8],
) -> io::Result<Digest> {
    let home = openat(CWD, folder, FOLDER | OFlags::CLOEXEC, Mode::empty())?;
    let look = |part: &[&CStr]| look(part.iter().map(|path| stamp(&home, path)));
    let parts: Vec<Digest> = split(list).par_chunks(PART).map(look).collect();
    let mut text = list.to_vec();
    parts.iter().for_each(|part| text.extend(part.as_bytes()));
    Ok(Digest::of(&text))
}

fn split(list: &[u8]) -> Vec<&CStr> {
    list.split_inclusive(|byte| *byte == 0).filter_map(|path| CStr::from_bytes_with_nul(path).ok()).collect()
}

/// Returns the digest of the stamps of some files.
fn look(stamps: impl Iterator<Item = rustix::io::Result<Stamp>>) -> Digest {
    let mut text = Vec::with_capacity(PART * size_of::<Stamp>());
    for stamp in stamps {
        match stamp {
            Ok(stamp) => text.extend(stamp.as_flattened()),
            Err(error) => text.extend(error.raw_os_error().to_le_bytes()),
        }
    }
    Digest::of(&text)
}

/// What changes when a file does; links are followed.
#[expect(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the types differ between machines")]
fn stamp(home: &OwnedFd, path: &CStr) -> rustix::io::Result<Stamp> {
    let stat = statat(home, path, AtFlags::empty())?;
    Ok([
        (stat.st_ino as u64).to_le_bytes(),
        (stat.st_size as i64).to_le_bytes(),
        (stat.st_mtime as i64).to_le_bytes(),
        (stat.st_mtime_nsec as i64).to_le_bytes(),
        (stat.st_ctime as i64).to_le_bytes(),
        (stat.st_ctime_nsec as i64).to_le_bytes(),
    ])
}

/// The same, asked anew.
#[cfg(target_os = "linux")]
fn stamp_anew(home: &OwnedFd, path: &CStr) -> rustix::io::Result<Stamp> {
    use rustix::fs::{StatxFlags, statx};
    let stat = statx(home, path, AtFlags::STATX_FORCE_SYNC, StatxFlags::BASIC_STATS)?;
    Ok([
        stat.stx_ino.to_le_bytes(),
        stat.stx_size.to_le_bytes(),
        stat.stx_mtime.tv_sec.to_le_bytes(),
        i64::from(stat.stx_mtime.tv_nsec).to_le_bytes(),
        stat.stx_ctime.tv_sec.to_le_bytes(),
        i64::from(stat.stx_ctime.tv_nsec).to_le_bytes(),
    ])
}

#[cfg(not(target_os = "linux"))]
fn stamp_anew(home: &OwnedFd, path: &CStr) -> rustix::io::Result<Stamp> {
    stamp(home, path)
}
