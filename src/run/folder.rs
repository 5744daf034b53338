use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use tempfile::TempDir;

use crate::key::Key;
use crate::store::{Store, clear};

/// The folder that an attempt writes to.
///
/// It is named by the key, so that a command which prints a path prints the same in every attempt. Whoever holds the
/// key's lock is alone in it: the processes of an attempt inherit the lock, so that it is not free before the last
/// process of a killed run is gone. One that left its group and closed what it inherited is not waited for: the folder
/// that it works in is moved away, and what it has open is no longer ours, but a whole path leads it to the new folder.
///
/// Its temporary files lie elsewhere, where the machine wants them (TMPDIR, else `/tmp`): a cache may be on a slow disk
/// that many share, and its paths are too long for the name of a socket. They go with the attempt.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl Folder {
    /// Returns where an attempt may leave what it needs no longer than it lasts.
    pub(super) fn temporary(&self) -> &Path {
        self.temporary.as_ref().map_or(&self.path, TempDir::path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the folder to whoever removes it.
    pub(super) fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // What cannot be removed is for the machine to sweep.
            let _left = clear(temporary.path());
        }
        if !self.path.as_os_str().is_empty() {
            // What stays behind is removed by the next attempt, or swept from the staging folder.
            let _swept_later = clear(&self.path);
        }
    }
}

/// The folders of the attempts of one run: none serves two attempts, and those that are left without files are removed
/// together, as the store does (see [`Store::discard`]).
#[derive(Debug)]
pub(super) struct Folders<'a> {
    store: &'a Store,
    /// Those for temporary files that were left empty.
    temporary: Mutex<Vec<TempDir>>,
}

impl<'a> Folders<'a> {
    /// Begins without any.
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, temporary: Mutex::default() }
    }

    /// Makes the folder of an attempt; a retry has one of its own, since the lock does not change hands before it.
    pub(super) fn make(&self, key: &Key, attempt: u32) -> io::Result<Folder> {
        let name = if attempt > 1 { format!("{key}.{attempt}") } else { key.to_string() };
        let staging = self.store.root().join("staging");
        let path = staging.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Moved away first: who still works in it takes it along.
                let aside = tempfile::Builder::new().prefix("left.").tempdir_in(&staging)?.keep();
                fs::rename(&path, &aside)?;
                fs::create_dir(&path)?;
                let _swept_later = clear(&aside);
            }
            made => made?,
        }
        let temporary = tempfile::Builder::new().prefix("osteon-").tempdir().map_err(|error| {
            let message = format!("no temporary folder can be made: {error}; TMPDIR says where");
            io::Error::new(error.kind(), message)
        })?;
        Ok(Folder { path, temporary: Some(temporary) })
    }

    /// Takes the folder of an attempt that went well, whose claim is still held.
    pub(super) fn take_back(&self, mut folder: Folder) {
        let is_empty = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut all| all.next().is_none());
        if let Some(temporary) = folder.temporary.take_if(|temporary| is_empty(temporary.path())) {
            self.temporary.lock().unwrap_or_else(PoisonError::into_inner).push(temporary);
        }
        // What is not discarded is removed with it.
        if has_no_files(&folder.path).is_ok_and(|light| light) && self.store.discard(&folder.path).is_ok() {
            folder.path.clear();
        }
    }
}

/// Returns whether nothing lies in a folder but folders and links.
fn has_no_files(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if !kind.is_symlink() && !(kind.is_dir() && has_no_files(&entry.path())?) {
            return Ok(false);
        }
    }
    Ok(true)
}
