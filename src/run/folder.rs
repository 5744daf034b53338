use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fs_err as fs;
use tempfile::TempDir;

use crate::key::Key;
use crate::store::{Store, clear, is_own};

/// The folder that an attempt writes to.
///
/// It is named by the key, so that a command which prints a path prints the same in every attempt. Whoever holds the
/// key's lock is alone in it: the processes of an attempt inherit the lock, so that it is not free before the last
/// process of a killed run is gone. One that left its group and closed what it inherited is not waited for: the folder
/// that it works in is moved away, and what it has open is no longer ours, but a whole path leads it to the new folder.
///
/// Its temporary files lie elsewhere, where the machine wants them (TMPDIR, else `/tmp`): a cache may be on a slow disk
/// that many share, and its paths are too long for the name of a socket. They go with the attempt.
#[derive(Debug, Default)]
pub(super) struct Folder {
    path: PathBuf,
    /// The folders in it that were made for an attempt, by their paths in it, each with whether this one needs it.
    own: BTreeMap<PathBuf, bool>,
    /// The links in it that lead to inputs, and the folders of such links.
    inputs: Vec<PathBuf>,
    temporary: Option<TempDir>,
    reusable: bool,
}

impl Folder {
    /// Returns where an attempt may leave what it needs no longer than it lasts.
    pub(super) fn temporary(&self) -> &Path {
        self.temporary.as_ref().map_or(&self.path, TempDir::path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder `at` in it, which is made if it is not there.
    pub(super) fn folder(&mut self, at: &Path) -> io::Result<PathBuf> {
        let path = self.path.join(at);
        if !self.own.contains_key(at) {
            fs::create_dir_all(&path)?;
        }
        let all = at.ancestors().filter(|at| !at.as_os_str().is_empty());
        self.own.extend(all.map(|at| (at.to_owned(), true)));
        Ok(path)
    }

    /// Removes the folders in it that only an attempt before needed.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        // What lies in a folder comes behind it.
        for (at, _) in self.own.iter().rev().filter(|(_, needed)| !**needed) {
            fs::remove_dir(self.path.join(at))?;
        }
        self.own.retain(|_, needed| *needed);
        Ok(())
    }

    /// Notes a link in it that leads to an input, or a folder of such links.
    pub(super) fn note_input(&mut self, at: PathBuf) {
        self.own.remove(&at);
        self.inputs.push(at);
    }

    /// Says whether another attempt may work in it.
    pub(super) fn set_reusable(&mut self, reusable: bool) {
        self.reusable = reusable;
    }

    /// Leaves the folder to whoever removes it.
    pub(super) fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.path)
    }

    /// Returns whether nothing lies in it but its own folders, as they were made.
    fn is_hollow(&self) -> io::Result<bool> {
        let mut found = 0;
        let mut open = vec![PathBuf::new()];
        while let Some(folder) = open.pop() {
            let path = self.path.join(&folder);
            if !is_own(&fs::symlink_metadata(&path)?) {
                return Ok(false);
            }
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                let at = folder.join(entry.file_name());
                if !entry.file_type()?.is_dir() || !self.own.contains_key(&at) {
                    return Ok(false);
                }
                found += 1;
                open.push(at);
            }
        }
        Ok(found == self.own.len())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // What cannot be removed is for the machine to sweep.
            let _left = clear(temporary.path());
        }
        if !self.path.as_os_str().is_empty() {
            // What stays behind is removed by the next attempt, or swept from the staging folder.
            let _swept_later = clear(&self.path);
        }
    }
}

/// The folders of the attempts of one run.
///
/// What an attempt leaves empty serves the next: to make and to remove folders can take a file system longer
/// than a short command runs.
#[derive(Debug)]
pub(super) struct Folders<'a> {
    store: &'a Store,
    left: Mutex<Left>,
}

#[derive(Debug, Default)]
struct Left {
    folders: Vec<Folder>,
    temporary: Vec<TempDir>,
}

impl<'a> Folders<'a> {
    /// Begins without any.
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, left: Mutex::default() }
    }

    /// Makes the folder of an attempt; a retry has one of its own, since the lock does not change hands before it.
    pub(super) fn make(&self, key: &Key, attempt: u32) -> io::Result<Folder> {
        let name = if attempt > 1 { format!("{key}.{attempt}") } else { key.to_string() };
        let path = self.staging().join(name);
        let left = self.lock().folders.pop();
        let mut folder = left.unwrap_or_default();
        let old = std::mem::take(&mut folder.path);
        // Another run may have taken it for what a killed one left behind.
        let is_there = !old.as_os_str().is_empty() && std::fs::rename(&old, &path).is_ok();
        if !is_there {
            folder.own.clear();
            self.make_anew(&path)?;
        }
        folder.own.values_mut().for_each(|needed| *needed = false);
        folder.path = path;
        folder.temporary = Some(self.temporary()?);
        Ok(folder)
    }

    fn make_anew(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Moved away first: who still works in it takes it along.
                let aside = tempfile::Builder::new().prefix("left.").tempdir_in(self.staging())?.keep();
                fs::rename(path, &aside)?;
                fs::create_dir(path)?;
                let _swept_later = clear(&aside);
                Ok(())
            }
            made => made,
        }
    }

    fn temporary(&self) -> io::Result<TempDir> {
        if let Some(left) = self.lock().temporary.pop() {
            return Ok(left);
        }
        tempfile::Builder::new().prefix("osteon-").tempdir().map_err(|error| {
            let message = format!("no temporary folder can be made: {error}; TMPDIR says where");
            io::Error::new(error.kind(), message)
        })
    }

    /// Takes back the folder of an attempt that went well.
    pub(super) fn take_back(&self, mut folder: Folder) {
        if !std::mem::take(&mut folder.reusable) {
            return;
        }
        // What cannot be used again is removed with it.
        if let Some(temporary) = folder.temporary.take_if(|temporary| is_empty(temporary.path())) {
            self.lock().temporary.push(temporary);
        }
        let inputs = std::mem::take(&mut folder.inputs);
        if inputs.iter().all(|at| self.store.discard(&folder.path.join(at)).is_ok())
            && folder.is_hollow().is_ok_and(|hollow| hollow)
        {
            self.lock().folders.push(folder);
        }
    }

    fn staging(&self) -> PathBuf {
        self.store.root().join("staging")
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_empty(folder: &Path) -> bool {
    let is_own = fs::symlink_metadata(folder).is_ok_and(|metadata| is_own(&metadata));
    is_own && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}
