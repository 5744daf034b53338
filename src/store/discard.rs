use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::os::unix::fs::MetadataExt;
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

/// Folders in folders that are looked through.
const DEEPEST: usize = 8;

/// What is not needed any more and light, removed together: small files, links, and folders without files.
///
/// To remove one takes a file system longer than to rename it, and some (ext4 without a journal) look at every one that
/// was removed a short while ago whenever they make another.
#[derive(Debug)]
pub(super) struct Discarded {
    staging: PathBuf,
    /// By disk: that of the cache has its heap in `staging`, another where something was first removed from it.
    heaps: Mutex<BTreeMap<u64, Heap>>,
}

#[derive(Debug)]
struct Heap {
    folder: TempDir,
    count: usize,
}

impl Discarded {
    /// Begins without any; `staging` is where they wait.
    pub(super) fn new(staging: PathBuf) -> Self {
        Self { staging, heaps: Mutex::default() }
    }

    /// Removes a file, a link or a folder, what is light of it later; it is gone from where it was.
    pub(super) fn put(&self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        let is_light = if metadata.is_dir() {
            has_no_files(path, DEEPEST).unwrap_or(false)
        } else {
            metadata.len() <= LARGE
        };
        if is_light && self.put_aside(path, metadata.dev()).is_ok() {
            return Ok(());
        }
        // Where nothing more can be made, something can still be removed.
        if metadata.is_dir() { clear(path) } else { fs::remove_file(path) }
    }

    /// Moves what lies at `path` to the heap of its disk.
    fn put_aside(&self, path: &Path, disk: u64) -> io::Result<()> {
        let (place, full) = {
            let mut heaps = self.heaps.lock().unwrap_or_else(PoisonError::into_inner);
            let heap = match heaps.entry(disk) {
                Entry::Occupied(heap) => heap.into_mut(),
                Entry::Vacant(none) => {
                    let is_ours = fs::metadata(&self.staging)?.dev() == disk;
                    let beside = path.parent().unwrap_or(path);
                    none.insert(Heap::make(if is_ours { &self.staging } else { beside })?)
                }
            };
            heap.count += 1;
            let place = heap.folder.path().join(heap.count.to_string());
            let is_full = heap.count >= MOST;
            (place, if is_full { heaps.remove(&disk) } else { None })
        };
        fs::rename(path, place)?;
        drop(full);
        Ok(())
    }
}

impl Heap {
    fn make(within: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("osteon-left.").tempdir_in(within)?;
        Ok(Self { folder, count: 0 })
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let entries: Vec<_> = fs::read_dir(self.folder.path()).into_iter().flatten().flatten().collect();
        entries.par_iter().for_each(|entry| {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // Most are empty: to look into them takes longer than to try.
            let remove_folder = || std::fs::remove_dir(&path).or_else(|_| clear(&path));
            // What cannot be removed is swept by whoever is alone.
            let _swept_later = if is_folder { remove_folder() } else { fs::remove_file(&path) };
        });
    }
}

/// Returns whether nothing lies in a folder but links and folders, none of them `deep`.
fn has_no_files(folder: &Path, deep: usize) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let is_light =
            kind.is_symlink() || (kind.is_dir() && deep > 0 && has_no_files(&entry.path(), deep - 1)?);
        if !is_light {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a folder with `staging` in it, and how many things lie there.
    fn begin() -> (TempDir, Discarded, impl Fn(&Discarded) -> usize) {
        let folder = tempfile::tempdir().unwrap();
        let staging = folder.path().join("staging");
        fs::create_dir(&staging).unwrap();
        let waiting = |discarded: &Discarded| {
            let heaps = fs::read_dir(&discarded.staging).unwrap();
            heaps.map(|heap| fs::read_dir(heap.unwrap().path()).unwrap().count()).sum()
        };
        (folder, Discarded::new(staging), waiting)
    }

    #[test]
    fn what_is_light_waits_and_what_is_heavy_is_removed_at_once() {
        let (folder, discarded, waiting) = begin();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("small"), "x").unwrap();
        fs::write(at("large"), vec![0; 1 + usize::try_from(LARGE).unwrap()]).unwrap();
        fs::create_dir_all(at("links/deep")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("links/deep/link")).unwrap();
        fs::create_dir_all(at("files/deep")).unwrap();
        fs::write(at("files/deep/file"), "x").unwrap();
        for (name, held) in [("small", 1), ("large", 1), ("links", 2), ("files", 2)] {
            discarded.put(&at(name)).unwrap();
            assert!(!at(name).exists(), "{name}");
            assert_eq!(waiting(&discarded), held, "{name}");
        }
        let staging = discarded.staging.clone();
        drop(discarded);
        assert_eq!(fs::read_dir(staging).unwrap().count(), 0);
    }

    #[test]
    fn no_more_wait_than_a_folder_holds_without_pain() {
        let (folder, discarded, waiting) = begin();
        let file = folder.path().join("file");
        for _ in 0..=MOST {
            fs::write(&file, "").unwrap();
            discarded.put(&file).unwrap();
        }
        assert_eq!(waiting(&discarded), 1);
    }

    #[test]
    fn what_lies_on_another_disk_waits_there() {
        let (folder, discarded, waiting) = begin();
        // Memory is a disk of its own, where there is one.
        let disk = |folder: &TempDir| fs::metadata(folder.path()).unwrap().dev();
        let other = TempDir::new_in("/dev/shm").ok().filter(|other| disk(other) != disk(&folder));
        let Some(other) = other else {
            return eprintln!("skipped: /dev/shm is no other disk than that of temporary files");
        };
        let held = || fs::read_dir(other.path()).unwrap().count();
        for _ in 0..2 {
            let empty = other.path().join("empty");
            fs::create_dir(&empty).unwrap();
            discarded.put(&empty).unwrap();
            assert!(!empty.exists());
            assert_eq!((waiting(&discarded), held()), (0, 1));
        }
        drop(discarded);
        assert_eq!(held(), 0);
    }

    #[test]
    fn without_a_place_to_wait_in_it_is_removed_at_once() {
        let (folder, discarded, _) = begin();
        let path = folder.path().join("folder");
        fs::create_dir(&path).unwrap();
        fs::remove_dir(&discarded.staging).unwrap();
        discarded.put(&path).unwrap();
        assert!(!path.exists());
        assert!(discarded.put(&path).is_err(), "what is not there cannot be removed");
    }
}
