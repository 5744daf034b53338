use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use contract::{Cell, Digest};
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use rayon::prelude::*;

use super::mapped;
use crate::failure::Failure;
use crate::fs::ask_same_anew;
use crate::key::{ArtifactKey, Form};
use crate::manifest::source::{LEAVE_OUT, Lies, look, missing, unreadable, walk};
use crate::manifest::{Pipeline, Problem};
use crate::plan::cell_name;
use crate::store::{Memo, Node, Outside, Stamp, Store, Tree};

/// The sources of a pipeline, each hashed once, where it lies.
#[derive(Default)]
pub struct Sources {
    hashed: Mutex<BTreeMap<(String, Cell), Hashed>>,
    laid_out: Mutex<BTreeMap<(String, Cell), PathBuf>>,
}

/// What was found at a source.
#[derive(Clone, Copy)]
struct Hashed {
    key: ArtifactKey,
    /// How many files.
    files: usize,
    /// The stamps of all of them: bytes that were others for a while are the same again, but not their times.
    stamps: Digest,
}

impl Sources {
    /// Hashes those of the sources that a plan reads that are not yet.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn add<'a>(
        &self,
        pipeline: &Pipeline,
        read: impl IntoIterator<Item = (&'a String, &'a Cell)>,
        memo: &Memo,
    ) -> Result<(), Failure> {
        let mut known = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        let unique: BTreeSet<(&String, &Cell)> = read.into_iter().collect();
        let owned = unique.into_iter().map(|(name, cell)| (name.clone(), cell.clone()));
        let new: Vec<(String, Cell)> = owned.filter(|at| !known.contains_key(at)).collect();
        let hashed = |at: (String, Cell)| {
            let found = hash(pipeline, &at.0, &at.1, memo);
            let found = found.map_err(|why| missing(&at.0, &why, &pipeline.sources[&at.0].span))?;
            Ok((at, found))
        };
        let hashed: Vec<Result<_, Problem>> = new.into_par_iter().map(hashed).collect();
        let mut problems = Vec::new();
        for source in hashed {
            match source {
                Ok((at, key)) => drop(known.insert(at, key)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::manifest(&problems, &pipeline.texts)) }
    }

    /// Returns what identifies a source.
    pub fn key(&self, name: &str, cell: &Cell) -> ArtifactKey {
        self.hashed(name, cell).key
    }

    /// Returns where a source lies, for the record of what reads it.
    pub(super) fn outside(&self, pipeline: &Pipeline, name: &str, cell: &Cell) -> Outside {
        let path = match lies(pipeline, name, cell) {
            Lies::File(path) | Lies::Folder(path) => path.to_string_lossy().into_owned(),
            // The patterns, and not the names that they find: those may tell what is in a file.
            Lies::Files(_) => pipeline.declared.sources[name].0.join(", "),
        };
        let brackets = if cell.is_empty() { String::new() } else { format!("[{}]", cell_name(cell)) };
        let name_with_cell = format!("source.{name}{brackets}");
        Outside { name: name_with_cell, path, files: self.hashed(name, cell).files }
    }

    fn hashed(&self, name: &str, cell: &Cell) -> Hashed {
        let hashed = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        *hashed.get(&(name.to_owned(), cell.clone())).expect("every source of the plan was hashed")
    }

    /// Returns an error if a source is not what it was when it was hashed.
    pub(super) fn check(
        &self,
        pipeline: &Pipeline,
        name: &str,
        cell: &Cell,
        memo: &Memo,
    ) -> Result<(), String> {
        let now = hash(pipeline, name, cell, memo).map_err(|why| format!("source.{name}: {why}"))?;
        let then = self.hashed(name, cell);
        if now.key == then.key && now.stamps == then.stamps {
            return Ok(());
        }
        Err(format!("source.{name} changed while it was read; run again"))
    }

    /// Returns the path under which a command or a kind reads a source: its own, or a folder of links.
    pub(super) fn path(
        &self,
        pipeline: &Pipeline,
        name: &str,
        cell: &Cell,
        store: &Store,
    ) -> Result<PathBuf, Failure> {
        let files = match lies(pipeline, name, cell) {
            Lies::File(path) | Lies::Folder(path) => return Ok(path.clone()),
            Lies::Files(files) => files,
        };
        let mut laid_out = self.laid_out.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (name.to_owned(), cell.clone());
        if let Some(folder) = laid_out.get(&at) {
            return Ok(folder.clone());
        }
        let targets = files.iter().map(|(inside, path)| (inside, pipeline.folder.join(path)));
        let targets: Vec<(&String, PathBuf)> = targets.collect();
        let folder = own_folder(&targets, store)?;
        for (inside, target) in targets {
            let link = folder.join(inside);
            fs::create_dir_all(link.parent().unwrap_or(&folder))?;
            symlink(target, link)?;
        }
        laid_out.insert(at, folder.clone());
        Ok(folder)
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        // The names of the files may tell what is in them: they do not stay in the cache.
        for folder in self.laid_out.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
            // What stays behind is swept from the staging folder later.
            let _swept_later = fs::remove_dir_all(folder);
        }
    }
}

/// Makes the folder for links to these files: of the same name in every run, so that a command which prints it prints
/// the same, unless another run has one of that name now.
fn own_folder(targets: &[(&String, PathBuf)], store: &Store) -> std::io::Result<PathBuf> {
    let staging = store.root().join("staging");
    let folder = staging.join(format!("source.{}", Digest::of(format!("{targets:?}").as_bytes()).short()));
    match fs::create_dir(&folder) {
        Ok(()) => Ok(folder),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(tempfile::tempdir_in(staging)?.keep())
        }
        Err(error) => Err(error),
    }
}

fn lies<'a>(pipeline: &'a Pipeline, name: &str, cell: &Cell) -> &'a Lies {
    &pipeline.sources[name].cells[cell]
}

/// Hashes a source.
///
/// # Errors
/// Which file of it cannot be read, why, and what can be done.
fn hash(pipeline: &Pipeline, source: &str, cell: &Cell, memo: &Memo) -> Result<Hashed, String> {
    let folder = &pipeline.folder;
    let read = |path: &Path| {
        ask_same_anew(&folder.join(path));
        let metadata = look(path, folder)?;
        if !metadata.is_file() {
            return Err(format!("`{}` is neither a file nor a folder: {LEAVE_OUT}", path.display()));
        }
        let digest = memo.digest_by(&folder.join(path), &metadata, mapped::digest);
        let digest = digest.map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                format!("`{}` was cut short while it was read; run again", path.display())
            }
            _ => unreadable(path, &error),
        });
        Ok((digest?, metadata))
    };
    let files: Vec<(String, PathBuf)> = match lies(pipeline, source, cell) {
        Lies::File(path) => {
            let (digest, metadata) = read(path)?;
            let form = if is_executable(&metadata) { Form::Executable } else { Form::File };
            let stamps = Digest::of(Stamp::of(&metadata).of_bytes().to_string().as_bytes());
            return Ok(Hashed { key: ArtifactKey { form, digest }, files: 1, stamps });
        }
        Lies::Folder(base) => {
            let inside = |path: PathBuf| {
                let name = path.strip_prefix(base).unwrap_or(&path).to_str().map(str::to_owned);
                let not_text = || format!("{} has a name that is not UTF-8; rename it", path.display());
                name.ok_or_else(not_text).map(|name| (name, path.clone()))
            };
            walk(base, folder)?.files.into_iter().map(inside).collect::<Result<_, _>>()?
        }
        Lies::Files(files) => files.iter().map(|(name, path)| (name.clone(), path.clone())).collect(),
    };
    let node = |(name, path): (String, PathBuf)| {
        let (digest, metadata) = read(&path)?;
        let executable = is_executable(&metadata);
        Ok((Stamp::of(&metadata).of_bytes(), (name, Node::File { digest, size: metadata.len(), executable })))
    };
    let found: Result<Vec<_>, String> = files.into_par_iter().map(node).collect();
    let mut found = found?;
    found.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0));
    let stamps: String = found.iter().map(|(stamp, _)| format!("{stamp}\n")).collect();
    let tree = Tree { nodes: found.into_iter().map(|(_, node)| node).collect() };
    let key = ArtifactKey { form: Form::Folder, digest: Digest::of(&tree.encode()) };
    Ok(Hashed { key, files: tree.nodes.len(), stamps: Digest::of(stamps.as_bytes()) })
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}
