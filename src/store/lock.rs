use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use fs_err as fs;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::way::make_way;
use crate::key::Key;

/// The right to make what one key stands for; the operating system takes it back when this process and all that it
/// started under the claim have ended.
///
/// It is the lock of one byte, which the key names, of one file that is always empty: what takes no file of its own
/// needs none to be made and removed for every stage. The lock belongs to the open file, and so to all that inherit it
/// (`F_OFD_SETLK`).
#[derive(Debug)]
pub struct Claim {
    file: File,
    byte: i64,
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
        // Opened for each: two locks of one opening are one.
        let (file, byte) = (open(locks)?, byte(key));
        match set(&file, byte, libc::F_WRLCK, false) {
            Ok(()) => {
                // What is started under the claim inherits it: a killed run gives it back with its last process.
                rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
                Ok(Held::Ours(Self { file, byte, left: false }))
            }
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Held::Elsewhere),
            Err(error) => Err(named(error, locks)),
        }
    }

    /// Waits until nobody has the claim on a key.
    ///
    /// # Errors
    /// As [`Claim::ask`].
    pub fn wait(locks: &Path, key: &Key) -> io::Result<()> {
        let file = open(locks)?;
        loop {
            match set(&file, byte(key), libc::F_WRLCK, true) {
                Err(Errno::EINTR) => {}
                // Given back with the file.
                waited => return waited.map_err(|error| named(error, locks)),
            }
        }
    }

    /// Leaves the claim to what was started under it: it is given back when the last process that inherited it ends.
    pub fn leave(&mut self) {
        self.left = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.left {
            let _with_the_file = set(&self.file, self.byte, libc::F_UNLCK, false);
        }
    }
}

/// Returns the byte that is locked for a key; two keys that share one only wait for each other.
fn byte(key: &Key) -> i64 {
    let first = key.0.as_bytes().first_chunk().expect("a digest has 32 bytes");
    // The last byte that a file may have is never locked: the end of a range is the byte behind it.
    i64::from_le_bytes(*first) & (i64::MAX >> 1)
}

fn set(file: &File, byte: i64, lock: libc::c_int, wait: bool) -> Result<(), Errno> {
    let range = libc::flock {
        l_type: lock.try_into().expect("a kind of lock is a small number"),
        l_whence: libc::SEEK_SET.try_into().expect("zero"),
        l_start: byte,
        l_len: 1,
        // Of the opened file, not of a process.
        l_pid: 0,
    };
    let how = if wait { FcntlArg::F_OFD_SETLKW(&range) } else { FcntlArg::F_OFD_SETLK(&range) };
    fcntl(file.as_fd(), how).map(drop)
}

fn named(error: Errno, path: &Path) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("failed to lock `{}`: {error}", path.display()))
}

/// Opens a lock file, which is made if it is not there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let open = || fs::OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = match open() {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            make_way(path)?;
            open()?
        }
        other => other?,
    };
    Ok(file.into_file())
}
