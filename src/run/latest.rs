use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use contract::Digest;
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use rayon::prelude::*;

use super::host;
use crate::fs::ask_anew;
use crate::key::Form;
use crate::manifest::Pipeline;
use crate::plan::{Unit, cell_name, parse_cell};
use crate::store::{Artifact, Store, make_way};

/// How often a name is given that another run takes away.
const TRIES: usize = 100;

/// The folder in which people and other tools find the artifacts of the last run of a profile, by name.
#[derive(Debug)]
pub struct Latest {
    root: PathBuf,
    /// The file that tells which names the last sweep left.
    swept: PathBuf,
    /// Whether a name got another meaning.
    changed: AtomicBool,
}

impl Latest {
    pub(super) fn new(root: PathBuf, swept: PathBuf) -> Self {
        Self { root, swept, changed: AtomicBool::new(false) }
    }

    /// Returns where the output of a unit is found.
    pub fn path(&self, pipeline: &Pipeline, unit: &Unit, output: usize) -> PathBuf {
        self.folder(pipeline, unit).join(&unit.stage(pipeline).outputs[output].file)
    }

    /// Returns where the output `file` of the unit called `id` is found, if what lies there has this digest.
    pub fn holding(&self, id: &str, file: &str, digest: &Digest) -> Option<PathBuf> {
        let (stage, cell) = id.split_once('[').unwrap_or((id, ""));
        let path = self.root.join(stage).join(cell.trim_end_matches(']')).join(file.trim_end_matches('/'));
        let target = std::fs::read_link(&path).ok()?;
        // Both blobs and folders are named by their digests, divided after two digits.
        let mut parts = target.components().rev().map(|part| part.as_os_str().to_string_lossy());
        let (rest, first) = (parts.next()?, parts.next()?);
        (format!("{first}{rest}") == digest.to_string()).then_some(path)
    }

    /// Returns the cells of a stage that were left here, with where their output `file` is found: those of the last run,
    /// and those of open grids that were asked for since.
    pub fn cells(&self, stage: &str, file: &str) -> Vec<(contract::Cell, PathBuf)> {
        let folder = self.root.join(stage);
        let single = std::iter::once((contract::Cell::new(), folder.join(file)));
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let cells = entries
            .filter_map(|entry| Some((parse_cell(entry.file_name().to_str()?)?, entry.path().join(file))));
        let mut found: Vec<(contract::Cell, PathBuf)> =
            single.chain(cells).filter(|(_, path)| path.exists()).collect();
        found.sort();
        found
    }

    fn folder(&self, pipeline: &Pipeline, unit: &Unit) -> PathBuf {
        let stage = self.root.join(&unit.stage(pipeline).name);
        if unit.cell.is_empty() { stage } else { stage.join(cell_name(&unit.cell)) }
    }

    /// Returns whether the name of a unit's output means `artifact`.
    pub(super) fn leads(&self, path: &Path, artifact: &Artifact, store: &Store) -> io::Result<bool> {
        let target = self.target(path, artifact, store)?;
        Ok(std::fs::read_link(path).is_ok_and(|link| link == target))
    }

    /// Returns what the link at `path` holds if it means `artifact`.
    fn target(&self, path: &Path, artifact: &Artifact, store: &Store) -> io::Result<PathBuf> {
        let target = match artifact.form {
            Form::Folder => store.lay_out(&artifact.digest)?,
            Form::File | Form::Executable => store.object(&artifact.digest),
        };
        Ok(crate::store::relative(&target, path, self.home()))
    }

    /// Returns the cache beside the manifest, which moves together with it.
    fn home(&self) -> &Path {
        self.root.parent().unwrap_or(&self.root)
    }

    /// Lets the name of a unit's output mean `artifact`; each link is replaced by a rename.
    pub(super) fn point(&self, path: &Path, artifact: &Artifact, store: &Store) -> io::Result<()> {
        let target = self.target(path, artifact, store)?;
        // Another machine may have given it another meaning.
        ask_anew(path);
        if std::fs::read_link(path).is_ok_and(|old| old == target) {
            return Ok(());
        }
        let home = self.home();
        if !self.changed.swap(true, Ordering::Relaxed) {
            // Names are given that the last sweep may not know: the next complete run sweeps.
            make_way(&self.swept)?;
            unless_gone(fs::remove_file(&self.swept))?;
        }
        let folder = path.parent().unwrap_or(&self.root);
        // What was an output itself may now be the folder of one: nothing is ever made inside of an artifact.
        for above in folder.ancestors().take_while(|above| *above != self.root) {
            if above.is_symlink() {
                unless_gone(fs::remove_file(above))?;
            }
        }
        // Another run may sweep the folder, or put something in its place, between any two of these steps.
        let link = || {
            fs::create_dir_all(folder)?;
            match symlink(&target, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made,
            }
            if !path.is_symlink() && path.is_dir() {
                unless_gone(fs::remove_dir_all(path))?;
            }
            // Outside of what another run may sweep, and by a name of our own.
            let staged = home.join(format!(".link.{}.{}", host::name(), std::process::id()));
            unless_gone(fs::remove_file(&staged))?;
            symlink(&target, &staged)?;
            fs::rename(&staged, path)
        };
        for _ in 0..TRIES {
            match link() {
                Err(error) if is_of_others(&error) => {}
                other => return other,
            }
        }
        link()
    }

    /// Takes a name away whose bytes are gone or damaged.
    pub(super) fn forget(path: &Path) -> io::Result<()> {
        if path.is_symlink() { unless_gone(fs::remove_file(path)) } else { Ok(()) }
    }

    /// Removes what no unit of a complete run is called, unless the last sweep left the same names.
    pub(super) fn sweep<'a>(
        &self,
        pipeline: &Pipeline,
        units: impl Iterator<Item = &'a Unit>,
    ) -> io::Result<()> {
        let files = units.flat_map(|unit| {
            let folder = self.folder(pipeline, unit);
            unit.stage(pipeline).outputs.iter().map(move |output| folder.join(&output.file))
        });
        let mut files: Vec<PathBuf> = files.collect();
        files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let mut names = Vec::new();
        for file in &files {
            names.extend(file.as_os_str().as_encoded_bytes());
            names.push(b'\n');
        }
        let names = Digest::of(&names).to_string();
        if std::fs::read_to_string(&self.swept).is_ok_and(|swept| swept == names) {
            return Ok(());
        }
        let mut kept: BTreeSet<&Path> = BTreeSet::from([self.root.as_path()]);
        for file in &files {
            kept.extend(file.ancestors().take_while(|path| path.starts_with(&self.root)));
        }
        // What a link leads to is somebody's.
        if !self.root.is_symlink() {
            sweep(&self.root, &kept)?;
        }
        make_way(&self.swept)?;
        fs::write(&self.swept, names)
    }
}

fn sweep(folder: &Path, kept: &BTreeSet<&Path>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let entries: Vec<fs::DirEntry> = entries.collect::<io::Result<_>>()?;
    entries.into_par_iter().try_for_each(|entry| {
        let path = entry.path();
        match (kept.contains(path.as_path()), entry.file_type()?.is_dir()) {
            (true, true) => sweep(&path, kept)?,
            (false, true) => {
                sweep(&path, kept)?;
                unless_used(fs::remove_dir(&path))?;
            }
            // A file is somebody's: we make links.
            (false, false) if path.is_symlink() => unless_gone(fs::remove_file(&path))?,
            (_, false) => {}
        }
        Ok(())
    })
}

/// Returns whether an error may come from what another run does at the same place.
fn is_of_others(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, IsADirectory, NotFound};
    matches!(error.kind(), NotFound | AlreadyExists | DirectoryNotEmpty | IsADirectory)
}

/// Another run may have removed it first, or name something in it now: then it stays.
fn unless_used(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => unless_gone(other),
    }
}

/// Another run may have removed it first.
fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
