use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use fs_err as fs;

use super::lock;

/// Has a cache alone until the file is dropped: a run that begins meanwhile waits.
///
/// # Errors
/// If a run uses the cache now.
pub(super) fn alone(root: &Path) -> io::Result<File> {
    let folder = root.join("locks");
    fs::create_dir_all(&folder)?;
    let path = folder.join("store");
    let file = lock::open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(lock::named(&error, &path)),
        Err(TryLockError::WouldBlock) => Err(io::Error::other(format!(
            "a run uses the cache {}: try again when it is over",
            root.display()
        ))),
    }
}

/// Keeps a cache from being swept until the file is dropped, beside any number of runs; writes nothing.
pub fn beside_runs(root: &Path) -> io::Result<Option<File>> {
    match fs::File::open(root.join("locks").join("store")) {
        // Nobody has used it yet, or it is another's to sweep.
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) => Err(error),
        Ok(file) => {
            let file = file.into_file();
            file.lock_shared()?;
            Ok(Some(file))
        }
    }
}
