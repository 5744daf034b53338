//! What the cache holds, and what of it no recent run used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use contract::Digest;
use fs_err as fs;

use super::lock;
use super::object::Store;
use super::record::Record;
use crate::event::Event;
use crate::key::{Form, Key, KeyWork};

/// What the records of one sort of work hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holding {
    /// How many records.
    pub records: usize,
    /// How many artifacts, a folder counted once.
    pub artifacts: usize,
    /// Bytes of the artifacts, before equal ones are stored once.
    pub bytes: u64,
}

/// What a cache holds.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// By kind or command.
    pub by_work: BTreeMap<String, Holding>,
    /// How many records.
    pub records: usize,
    /// How many objects.
    pub objects: usize,
    /// Bytes of the objects.
    pub bytes: u64,
}

/// Counts what a cache holds.
pub fn holdings(root: &Path) -> io::Result<Holdings> {
    let store = Store::look(root);
    let mut holdings = Holdings::default();
    for (key, _) in named(&root.join("records"))? {
        let Some(record) = store.record(&Key(key)) else { continue };
        let holding = holdings.by_work.entry(work(&record)).or_default();
        holding.records += 1;
        holding.artifacts += record.outputs.len();
        holding.bytes += record.outputs.values().map(|artifact| artifact.size).sum::<u64>();
        holdings.records += 1;
    }
    for (_, path) in named(&root.join("objects"))? {
        holdings.objects += 1;
        holdings.bytes += fs::metadata(path)?.len();
    }
    Ok(holdings)
}

/// What a sweep removed, or would.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// What was removed, by name.
    pub names: Vec<String>,
    /// How many records.
    pub records: usize,
    /// How many objects.
    pub objects: usize,
    /// Bytes of the objects.
    pub bytes: u64,
    /// How many records are kept.
    pub kept: usize,
}

/// Removes the records that none of the last `count` runs used, and the objects that no other record names.
///
/// # Errors
/// If a run uses the cache now, or a file cannot be read or removed.
pub fn keep_runs(root: &Path, runs: &Path, count: usize, dry_run: bool) -> io::Result<Swept> {
    let mut swept = Swept::default();
    if !root.join("locks").exists() {
        return Ok(swept);
    }
    let _nobody_runs = exclusive(root)?;
    let mut used = BTreeSet::new();
    for runs in projects(root)?.iter().map(PathBuf::as_path).chain([runs]) {
        used.extend(keys_of(runs, count)?);
    }
    let store = Store::look(root);
    let mut reachable: BTreeSet<Digest> = BTreeSet::new();
    let mut doomed: Vec<PathBuf> = Vec::new();
    for (key, path) in named(&root.join("records"))? {
        let record = store.record(&Key(key));
        match record {
            Some(record) if used.contains(&Key(key)) => {
                swept.kept += 1;
                reachable.extend(reaches(&store, &record));
            }
            record => {
                let what = record.as_ref().map_or("a damaged record".to_owned(), work);
                swept.names.push(format!("{what}  {}", key.short()));
                swept.records += 1;
                doomed.push(path);
            }
        }
    }
    for (digest, path) in named(&root.join("objects"))? {
        if !reachable.contains(&digest) {
            swept.objects += 1;
            swept.bytes += fs::metadata(&path)?.len();
            doomed.push(path);
        }
    }
    if !dry_run {
        // Records lie before objects in the list: what is left of an interrupted sweep is no record without bytes.
        doomed.iter().try_for_each(fs::remove_file)?;
        for (digest, path) in named(&root.join("trees"))? {
            if !reachable.contains(&digest) {
                fs::remove_dir_all(path)?;
            }
        }
        for run in runs_of(runs)?.into_iter().rev().skip(count) {
            fs::remove_dir_all(run)?;
        }
    }
    Ok(swept)
}

/// Notes in a cache that a project uses it, by the folder of its runs: a sweep keeps what any project used.
pub fn note_project(root: &Path, runs: &Path) -> io::Result<()> {
    let note = root.join("projects").join(Digest::of(runs.as_os_str().as_encoded_bytes()).short());
    if note.exists() { Ok(()) } else { fs::write(note, runs.as_os_str().as_encoded_bytes()) }
}

/// Returns the folders of runs of all projects that use a cache.
fn projects(root: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = root.join("projects");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for note in fs::read_dir(folder)? {
        let path = std::ffi::OsString::from_vec(fs::read(note?.path())?);
        found.push(PathBuf::from(path));
    }
    found.sort();
    Ok(found)
}

fn exclusive(root: &Path) -> io::Result<File> {
    let path = root.join("locks").join("store");
    let file = lock::open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(io::Error::other(format!(
            "a run uses the cache {}: try again when it is over",
            root.display()
        ))),
    }
}

fn work(record: &Record) -> String {
    match &record.manifest.work {
        KeyWork::Kind { name, .. } => name.clone(),
        KeyWork::Command { template, .. } => {
            let short: String = template.chars().take(50).collect();
            if short == *template { short } else { format!("{short}…") }
        }
    }
}

/// Returns every object that a record needs.
fn reaches(store: &Store, record: &Record) -> Vec<Digest> {
    let mut digests: Vec<Digest> = record.log.into_iter().collect();
    for artifact in record.outputs.values() {
        digests.push(artifact.digest);
        if artifact.form == Form::Folder
            && let Ok(tree) = store.tree(&artifact.digest)
        {
            digests.extend(tree.blobs());
        }
    }
    digests
}

/// Returns what lies in a folder under names that are digests, divided after two digits.
fn named(folder: &Path) -> io::Result<Vec<(Digest, PathBuf)>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for first in fs::read_dir(folder)? {
        let first = first?.path();
        if !first.is_dir() {
            continue;
        }
        for rest in fs::read_dir(&first)? {
            let path = rest?.path();
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let digest = format!("{}{}", name(&first), name(&path).trim_end_matches(".json"));
            found.extend(digest.parse().ok().map(|digest| (digest, path)));
        }
    }
    found.sort();
    Ok(found)
}

fn runs_of(runs: &Path) -> io::Result<Vec<PathBuf>> {
    if !runs.exists() {
        return Ok(Vec::new());
    }
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(runs)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Returns the keys that the last runs used.
fn keys_of(runs: &Path, count: usize) -> io::Result<BTreeSet<Key>> {
    let mut keys = BTreeSet::new();
    for run in runs_of(runs)?.iter().rev().take(count) {
        let events = fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
        for line in events.lines() {
            if let Ok(Event::StageFinished { key: Some(key), .. }) = serde_json::from_str(line) {
                keys.insert(Key(key));
            }
        }
    }
    Ok(keys)
}
