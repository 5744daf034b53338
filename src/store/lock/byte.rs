//! The lock of one byte, which the key names, of one file that is always empty: what takes no file of its own needs
//! none to be made for every stage. It belongs to the open file, and so to all that inherit it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::key::Key;

#[derive(Debug)]
pub(super) struct Lock {
    pub(super) file: File,
    byte: i64,
}

impl Lock {
    /// Opens the lock of a key; two locks of one opening would be one.
    pub(super) fn open(locks: &Path, key: &Key) -> io::Result<Self> {
        let first = key.0.as_bytes().first_chunk().expect("a digest has 32 bytes");
        // Two keys that share a byte only wait for each other. No byte of a file is beyond `i64::MAX`, nor is the one
        // after the range.
        let byte = i64::from_le_bytes(*first) & (i64::MAX >> 1);
        Ok(Self { file: super::open(locks)?, byte })
    }

    /// Returns whether it is ours now.
    pub(super) fn try_take(&self) -> io::Result<bool> {
        match fcntl(self.file.as_fd(), FcntlArg::F_OFD_SETLK(&self.range(libc::F_WRLCK))) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until it is ours.
    pub(super) fn take(&self) -> io::Result<()> {
        loop {
            match fcntl(self.file.as_fd(), FcntlArg::F_OFD_SETLKW(&self.range(libc::F_WRLCK))) {
                Err(Errno::EINTR) => {}
                taken => return taken.map(drop).map_err(Into::into),
            }
        }
    }

    /// Gives it back, whoever inherited it.
    pub(super) fn give_back(&self) -> io::Result<()> {
        fcntl(self.file.as_fd(), FcntlArg::F_OFD_SETLK(&self.range(libc::F_UNLCK)))?;
        Ok(())
    }

    fn range(&self, lock: libc::c_int) -> libc::flock {
        libc::flock {
            l_type: lock.try_into().expect("a kind of lock is a small number"),
            l_whence: libc::SEEK_SET.try_into().expect("zero"),
            l_start: self.byte,
            l_len: 1,
            // Of the opened file, not of a process.
            l_pid: 0,
        }
    }
}
