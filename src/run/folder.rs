use std::io;
use std::path::{Path, PathBuf};

use contract::Digest;
use fs_err as fs;
use tempfile::TempDir;

use crate::key::Key;
use crate::store::{Store, clear};

/// Bytes of a port in the name of a folder, which may have 255 in all.
const LONGEST: usize = 100;

/// The folder that an attempt writes to, and what lies beside it for as long; no folder serves two.
///
/// It is named by the key, so that a command which prints a path prints the same in every run. Whoever holds the
/// key's lock is alone in it: the processes of an attempt inherit the lock, so that it is not free before the last
/// process of a killed run is gone. One that left its group and closed what it inherited, or outlived an attempt that went
/// well, is not waited for: the folder that it works in is moved away, and what it has open is no longer ours, but a whole
/// path leads it to the folder of a later attempt.
///
/// Its temporary files lie elsewhere, where the machine wants them (TMPDIR, else `/tmp`): a cache may be on a slow disk
/// that many share, and its paths are too long for the name of a socket. They go with the attempt.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: TempDir,
    beside: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder of an attempt; a retry has one of its own, since the lock does not change hands before it.
    pub(super) fn make(store: &Store, key: &Key, attempt: u32) -> io::Result<Self> {
        let name = if attempt > 1 { format!("{key}.{attempt}") } else { key.to_string() };
        let temporary = tempfile::Builder::new().prefix("osteon-").tempdir().map_err(|error| {
            let message = format!("no temporary folder can be made: {error}; TMPDIR says where");
            io::Error::new(error.kind(), message)
        })?;
        let folder = Self { path: store.root().join("staging").join(name), temporary, beside: Vec::new() };
        match fs::remove_file(folder.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        make(&folder.path)?;
        Ok(folder)
    }

    /// Returns where outputs are written: nothing of ours lies there.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where an attempt may leave what it needs no longer than it lasts.
    pub(super) fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Makes a folder for the links to an input.
    pub(super) fn input(&mut self, port: &str) -> io::Result<PathBuf> {
        let name = if port.len() > LONGEST { &Digest::of(port.as_bytes()).short() } else { port };
        let path = self.beside(&format!("in.{name}"));
        make(&path)?;
        Ok(path)
    }

    /// Returns where a file of ours lies that goes with the folder.
    pub(super) fn beside(&mut self, what: &str) -> PathBuf {
        let path = self.named(what);
        self.beside.push(path.clone());
        path
    }

    /// Returns where what is printed lies, if anything is; it is taken from there.
    pub(super) fn log(&self) -> PathBuf {
        self.named("log")
    }

    fn named(&self, what: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".");
        path.push(what);
        path.into()
    }

    /// Returns all of it.
    pub(super) fn places(&self) -> impl Iterator<Item = &Path> {
        [self.path(), self.temporary()].into_iter().chain(self.beside.iter().map(PathBuf::as_path))
    }

    /// Removes it.
    pub(super) fn remove(self, store: &Store) {
        let Self { path, temporary, beside } = self;
        for place in beside.into_iter().chain([path, temporary.keep()]) {
            // What stays is swept: from the staging folder by the next run that is alone, else by the machine.
            let _swept_later = store.discard(&place);
        }
    }
}

/// Makes a folder that is not there, whatever an attempt that was killed left in its place.
fn make(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let staging = path.parent().unwrap_or(path);
            // Moved away first: who still works in it takes it along.
            let aside = tempfile::Builder::new().prefix("left.").tempdir_in(staging)?.keep();
            fs::rename(path, &aside)?;
            fs::create_dir(path)?;
            let _swept_later = clear(&aside);
            Ok(())
        }
        made => made,
    }
}
