//! The lock of a file for each key, where files have no locks of bytes that processes inherit. The file stays: whoever
//! removed it could remove what another has just locked.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::key::Key;

#[derive(Debug)]
pub(super) struct Lock {
    pub(super) file: File,
}

impl Lock {
    /// Opens the lock of a key.
    pub(super) fn open(locks: &Path, key: &Key) -> io::Result<Self> {
        let mut path = OsString::from(locks);
        path.push(format!(".{key}"));
        Ok(Self { file: super::open(Path::new(&path))? })
    }

    /// Returns whether it is ours now.
    pub(super) fn try_take(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until it is ours.
    pub(super) fn take(&self) -> io::Result<()> {
        self.file.lock()
    }

    /// Gives it back, whoever inherited it.
    pub(super) fn give_back(&self) -> io::Result<()> {
        self.file.unlock()
    }
}
