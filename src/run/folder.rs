use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::TempDir;

use crate::key::Key;
use crate::store::{Store, clear};

/// The folder that an attempt writes to; no folder serves two.
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
    temporary: TempDir,
}

impl Folder {
    /// Makes the folder of an attempt; a retry has one of its own, since the lock does not change hands before it.
    pub(super) fn make(store: &Store, key: &Key, attempt: u32) -> io::Result<Self> {
        let name = if attempt > 1 { format!("{key}.{attempt}") } else { key.to_string() };
        let staging = store.root().join("staging");
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
        Ok(Self { path, temporary })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where an attempt may leave what it needs no longer than it lasts.
    pub(super) fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Removes both.
    pub(super) fn remove(self, store: &Store) {
        let path = self.keep(store);
        // What stays behind is removed by the next attempt, or swept from the staging folder.
        let _swept_later = store.discard(&path);
    }

    /// Removes what was temporary, and leaves the folder to whoever needs what lies in it.
    pub(super) fn keep(self, store: &Store) -> PathBuf {
        // What cannot be removed is for the machine to sweep.
        let _left = store.discard(&self.temporary.keep());
        self.path
    }
}
