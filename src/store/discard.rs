use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use rayon::prelude::*;
use tempfile::TempDir;

use super::clear::clear;

/// Files larger than this are removed at once.
const LARGE: u64 = 64 * 1024;

/// So many wait at most: an empty folder takes a block of the disk.
const MOST: usize = 4096;

/// Small files, links and folders without files that are not needed any more, removed together.
///
/// To remove one takes a file system longer than to rename it, and some (ext4 without a journal) look at every one that
/// was removed a short while ago whenever they make another.
#[derive(Debug)]
pub(super) struct Discarded {
    staging: PathBuf,
    heap: Mutex<Heap>,
}

#[derive(Debug, Default)]
struct Heap {
    folder: Option<TempDir>,
    count: usize,
}

impl Discarded {
    /// Begins without any; `staging` is where they wait.
    pub(super) fn new(staging: PathBuf) -> Self {
        Self { staging, heap: Mutex::default() }
    }

    /// Removes a file, a link, or a folder without files, now or later; it is gone from where it was.
    pub(super) fn put(&self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        let is_large = metadata.is_file() && metadata.len() > LARGE;
        if !is_large && self.put_aside(path).is_ok() {
            return Ok(());
        }
        // Where nothing more can be made, something can still be removed.
        if metadata.is_dir() { clear(path) } else { fs::remove_file(path) }
    }

    fn put_aside(&self, path: &Path) -> io::Result<()> {
        let (place, full) = {
            let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
            let full = (heap.count >= MOST).then(|| std::mem::take(&mut *heap));
            heap.count += 1;
            let name = heap.count.to_string();
            let folder = match &mut heap.folder {
                Some(folder) => folder,
                none => none.insert(tempfile::Builder::new().prefix("left.").tempdir_in(&self.staging)?),
            };
            (folder.path().join(name), full)
        };
        fs::rename(path, place)?;
        drop(full);
        Ok(())
    }
}

impl Drop for Heap {
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
