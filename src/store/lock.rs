#[cfg(target_os = "linux")]
mod byte;
#[cfg(not(target_os = "linux"))]
mod file;

use std::fs::File;
use std::io;
use std::path::Path;

use fs_err as fs;
use rustix::io::FdFlags;

#[cfg(target_os = "linux")]
use self::byte::Lock;
#[cfg(not(target_os = "linux"))]
use self::file::Lock;
use super::way::make_way;
use crate::key::Key;

/// The right to make what one key stands for; the operating system takes it back when this process and all that it
/// started under the claim have ended.
#[derive(Debug)]
pub struct Claim {
    lock: Lock,
    /// Whether what was started under the claim may still be at work when it is dropped.
    left: bool,
}

/// What asking for a [`Claim`] gives.
#[derive(Debug)]
pub enum Held {
    /// It is ours.
    Ours(Claim),
    /// Another run has it.
    Elsewhere,
}

impl Claim {
    /// Asks for the claim on a key, without waiting; `locks` is the file of all claims.
    ///
    /// # Errors
    /// If the file cannot be opened, or its file system has no locks.
    pub fn ask(locks: &Path, key: &Key) -> io::Result<Held> {
        let lock = Lock::open(locks, key)?;
        if !lock.try_take().map_err(|error| named(&error, locks))? {
            return Ok(Held::Elsewhere);
        }
        Ok(Held::Ours(Self { lock, left: false }))
    }

    /// Starts something that inherits the claim: a killed run gives it back with its last process.
    ///
    /// # Errors
    /// If it cannot be started. Whoever starts another process at the same time hands the claim to that, too.
    pub fn hand_on<T>(&self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        rustix::io::fcntl_setfd(&self.lock.file, FdFlags::empty())?;
        let started = start();
        rustix::io::fcntl_setfd(&self.lock.file, FdFlags::CLOEXEC)?;
        started
    }

    /// Waits until nobody has the claim on a key.
    ///
    /// # Errors
    /// As [`Claim::ask`].
    pub fn wait(locks: &Path, key: &Key) -> io::Result<()> {
        // Given back with the file.
        Lock::open(locks, key)?.take().map_err(|error| named(&error, locks))
    }

    /// Leaves the claim to what was started under it: it is given back when the last process that inherited it ends.
    pub fn leave(&mut self) {
        self.left = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.left {
            let _with_the_file = self.lock.give_back();
        }
    }
}

pub(super) fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("failed to lock `{}`: {error}", path.display()))
}

/// Opens a lock file, which is made if it is not there. NFS shares only what is open for reading, and gives alone only
/// what is open for writing.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let open = || fs::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
    let file = match open() {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            make_way(path)?;
            open()?
        }
        other => other?,
    };
    Ok(file.into_file())
}

#[cfg(test)]
mod tests {
    use rustix::fs::{OFlags, fcntl_getfl};

    use super::*;

    #[test]
    fn a_lock_is_open_for_reading_and_writing_as_nfs_asks() {
        let folder = tempfile::tempdir().unwrap();
        for _made_then_found in 0..2 {
            let file = open(&folder.path().join("lock")).unwrap();
            assert_eq!(fcntl_getfl(&file).unwrap() & OFlags::RWMODE, OFlags::RDWR);
        }
    }

    #[test]
    fn what_cannot_be_locked_is_named() {
        let error = named(&io::Error::from_raw_os_error(9), Path::new("locks/store"));
        assert_eq!(error.to_string(), "failed to lock `locks/store`: Bad file descriptor (os error 9)");
    }
}
