use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::way::make_way;

/// The right to make what one key stands for; the operating system takes it back when this process and all that it
/// started under the claim have ended.
#[derive(Debug)]
pub struct Claim {
    file: File,
    path: PathBuf,
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
    /// Asks for the claim whose lock file is `path`, without waiting.
    pub fn ask(path: &Path) -> io::Result<Held> {
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path) => {
                    // What is started under the claim inherits it: a killed run gives it back with its last process.
                    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
                    return Ok(Held::Ours(Self { file, path: path.to_owned(), left: false }));
                }
                // Whoever had it deleted the file between our opening and our locking it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Held::Elsewhere),
                Err(TryLockError::Error(error)) => return Err(named(&error, path)),
            }
        }
    }

    /// Waits until nobody has the claim whose lock file is `path`.
    pub fn wait(path: &Path) -> io::Result<()> {
        open(path)?.lock().map_err(|error| named(&error, path))
    }
}

impl Claim {
    /// Leaves the claim to what was started under it: it is given back when the last process that inherited it ends.
    pub fn leave(&mut self) {
        self.left = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        // While the lock is still held, so that nobody else can hold it under this name.
        let _gone_already = fs::remove_file(&self.path);
        let _with_the_file = self.file.unlock();
    }
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

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("failed to lock `{}`: {error}", path.display()))
}
