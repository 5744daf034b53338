use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use rayon::prelude::*;
use tempfile::TempDir;

use super::clear::clear;

/// Files larger than this are removed at once.
const LARGE: u64 = 64 * 1024;

/// Small files and links that are not needed any more, removed together when the store is closed.
///
/// To remove a file takes a file system longer than to rename it, and some (ext4 without a journal) look at every file
/// that was removed a short while ago whenever they make one.
#[derive(Debug)]
pub(super) struct Discarded {
    staging: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    folder: Option<TempDir>,
    count: usize,
}

impl Discarded {
    /// Begins without any; `staging` is where they wait.
    pub(super) fn new(staging: PathBuf) -> Self {
        Self { staging, held: Mutex::default() }
    }

    /// Removes a file, a link, or a folder of links, now or later; it is gone from where it was.
    pub(super) fn put(&self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_file() && metadata.len() > LARGE {
            return fs::remove_file(path);
        }
        let place = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.count += 1;
            let name = held.count.to_string();
            let folder = match &mut held.folder {
                Some(folder) => folder,
                none => none.insert(tempfile::Builder::new().prefix("left.").tempdir_in(&self.staging)?),
            };
            folder.path().join(name)
        };
        fs::rename(path, place)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(folder) = &self.folder else { return };
        let entries: Vec<_> = fs::read_dir(folder.path()).into_iter().flatten().flatten().collect();
        entries.par_iter().for_each(|entry| {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // What cannot be removed is swept by whoever is alone.
            let _swept_later = if is_folder { clear(&path) } else { fs::remove_file(path) };
        });
    }
}
