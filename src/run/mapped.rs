//! Large files are mapped, not read: copying them out of the memory of the system takes a quarter of the time that
//! hashing takes. Who cuts a mapped file short kills whoever reads it; so that is a process of its own, and if it dies,
//! the file is read.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use contract::Digest;

use crate::store::hash;
use crate::worker::{Request, executable, worker};

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
        if let Some(digest) = mapped(path) {
            return Ok(digest);
        }
    }
    hash(path, size)
}

fn mapped(path: &Path) -> Option<Digest> {
    let request = serde_json::to_string(&Request::Digest(path.to_owned())).ok()?;
    let threads = ["RAYON_NUM_THREADS"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut command = worker(&executable().ok()?);
    command.envs(threads).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Ctrl-C is heard by the engine alone, which may let end what it began.
    command.process_group(0);
    let mut child = command.spawn().ok()?;
    let mut input = child.stdin.take()?;
    // One that ended early has no digest.
    let _known_later = writeln!(input, "{request}");
    let output = child.wait_with_output().ok()?;
    drop(input);
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.trim().parse().ok()
}
