//! Large files are mapped, not read: copying them out of the memory of the system takes a quarter of the time that
//! hashing takes. Who cuts a mapped file short kills whoever reads it; so that is a process of its own, and if it dies,
//! the file is read.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use contract::Digest;

use crate::store::hash;
use crate::worker;

/// Bytes from which on a process of its own is worth its start.
const LARGE: u64 = 256 << 20;

/// Taken while a large file is hashed, which keeps all processors busy.
static BUSY: Mutex<()> = Mutex::new(());

/// Returns the digest of a file, which had so many bytes when it was last looked at.
///
/// # Errors
/// If it cannot be read, or was cut short.
pub(super) fn digest(path: &Path, size: u64) -> io::Result<Digest> {
    if size >= LARGE {
        let _alone = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = worker::digest(path) {
            return Ok(digest);
        }
    }
    hash(path, size)
}
