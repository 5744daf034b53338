use std::io;
use std::path::{Path, PathBuf};

use contract::Digest;
use fs_err as fs;

use super::layout::Layout;
use super::record::unseal;
use super::shelf::Shelf;
use super::staged::put;
use crate::key::Key;

/// What lies in a cache beside `latest@<profile>`.
const NAMES: [&str; 12] = [
    "FORMAT", "index", "latest", "locks", "objects", "pins", "projects", "records", "runs", "scratch",
    "staging", "trees",
];

/// How many records and objects are looked at to know a cache that lost its mark, and the largest of them.
const MOST: usize = 256;
const LARGEST: u64 = 1 << 20;

/// What the file in a cache says that marks it.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of osteon.\n";

/// Marks a folder as a cache: for backups, for sources, and for ourselves, who sweep in it.
///
/// # Errors
/// If it is no cache of ours, and something of somebody else's lies where we would write and sweep.
pub fn mark(folder: &Path) -> io::Result<()> {
    if says(&folder.join("CACHEDIR.TAG"), TAG) {
        return Ok(());
    }
    refuse_foreign(folder)?;
    tag_it(folder)
}

/// Refuses a folder in which something of somebody else's lies where we would write and sweep.
///
/// # Errors
/// If it is no cache of ours, and something lies there.
pub(super) fn refuse_foreign(folder: &Path) -> io::Result<()> {
    let tag = folder.join("CACHEDIR.TAG");
    if folder.exists() && !says(&tag, TAG) && !is_ours(folder) {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_taken = (NAMES.contains(&name.as_str()) || name.starts_with("latest@"))
                && holds_something(&entry.path());
            // Another run may have marked it meanwhile: it does so before it makes anything.
            if is_taken && !says(&tag, TAG) {
                let message = format!(
                    "`{}` is no cache of osteon (its CACHEDIR.TAG does not say so), and `{name}` in it would be \
                     written over: move that away, or use another cache (OSTEON_CACHE)",
                    folder.display()
                );
                return Err(io::Error::other(message));
            }
        }
    }
    Ok(())
}

/// Marks a cache of ours again that was removed while it was used: what was made in it since then is ours.
pub fn mark_again(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() || says(&folder.join("CACHEDIR.TAG"), TAG) {
        return Ok(());
    }
    tag_it(folder)
}

/// By a rename: another run that begins now must not read half of it, nor anybody write through a link.
fn tag_it(folder: &Path) -> io::Result<()> {
    put(&folder.join("CACHEDIR.TAG"), TAG.as_bytes())
}

/// Returns whether anything lies at a path but folders: nobody misses an empty one.
fn holds_something(path: &Path) -> bool {
    let mut open = vec![path.to_owned()];
    while let Some(here) = open.pop() {
        let is_folder = fs::symlink_metadata(&here).is_ok_and(|metadata| metadata.is_dir());
        match fs::read_dir(&here) {
            Ok(entries) if is_folder => open.extend(entries.flatten().map(|entry| entry.path())),
            _ => return true,
        }
    }
    false
}

/// Returns whether a folder without its mark is a cache of ours: by its layout, or by a record or an object that is what
/// its name says. Others name files by digests, too, but not of what is in them.
fn is_ours(folder: &Path) -> bool {
    let named = |shelf: &str, ending: &str| {
        Shelf::read(&folder.join(shelf), ending).map(|shelf| shelf.named).unwrap_or_default().into_iter()
    };
    let is_record = |(digest, path): (Digest, PathBuf)| {
        fs::read(path).is_ok_and(|bytes| unseal(&bytes, &Key(digest)).is_some())
    };
    let is_object = |(digest, path): (Digest, PathBuf)| {
        let size = fs::symlink_metadata(&path).map_or(u64::MAX, |metadata| metadata.len());
        size <= LARGEST && fs::read(path).is_ok_and(|bytes| Digest::of(&bytes) == digest)
    };
    matches!(Layout::of(folder), Ok(Layout::Known))
        || named("records", ".json").take(MOST).any(is_record)
        || named("objects", "").take(MOST).any(is_object)
}

fn says(file: &Path, text: &str) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
}
