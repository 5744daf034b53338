use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Digest;
use fs_err as fs;
use rayon::prelude::*;

use super::object::Store;
use super::pin::pins;
use super::record::{Record, unseal};
use super::shelf::{Shelf, changed};
use super::uses::{Use, Uses};
use crate::key::{Form, Key, KeyWork};

/// Everything that a cache holds, with what is known of its use.
#[derive(Debug, Default)]
pub struct Inventory {
    /// By key.
    pub records: Vec<Entry>,
    /// The objects that each pin keeps, by its file.
    pub(super) pins: BTreeMap<PathBuf, BTreeSet<Digest>>,
    /// By digest.
    pub(super) objects: BTreeMap<Digest, Object>,
    pub(super) uses: Uses,
}

/// One record of a cache.
#[derive(Debug)]
pub struct Entry {
    /// What it is the record of.
    pub key: Key,
    /// What it says; none if it is damaged.
    pub record: Option<Record>,
    /// When a run used it last, or else when it was made.
    pub used: SystemTime,
    /// Whether a pin keeps it.
    pub pinned: bool,
    /// Bytes of its objects, as far as they are there; others may need the same ones.
    pub bytes: u64,
    /// The unit that used it last.
    pub id: Option<String>,
    pub(super) last: Option<Use>,
    pub(super) path: PathBuf,
    pub(super) written: SystemTime,
    pub(super) needs: BTreeSet<Digest>,
}

/// One object of a cache.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) written: SystemTime,
    is_file: bool,
}

impl Entry {
    /// Returns what people know it by: the unit that used it last, else its kind or command.
    pub fn name(&self) -> String {
        match (&self.id, &self.record) {
            (Some(id), Some(_)) => format!("'{id}'"),
            (Some(id), None) => format!("'{id}' (damaged)"),
            (None, Some(record)) => record.work(),
            (None, None) => "a damaged record".to_owned(),
        }
    }
}

impl Inventory {
    /// Reads what the cache at `root` holds, and what the runs in `own` and those of other projects used of it.
    ///
    /// # Errors
    /// If something cannot be read; a record that is damaged is no error.
    pub fn take(root: &Path, own: &Path) -> io::Result<Self> {
        let uses = Uses::read(root, own)?;
        let pins = pins(root)?;
        let pinned: BTreeSet<Key> = pins.iter().flat_map(|(_, pin)| pin.keys.values().copied()).collect();
        // Before the objects, so that a record that is written meanwhile is not found without them.
        let records = Shelf::read(&root.join("records"), ".json")?.named;
        let mut objects = BTreeMap::new();
        for (digest, path) in Shelf::read(&root.join("objects"), "")?.named {
            let metadata = fs::symlink_metadata(&path)?;
            let (size, written, is_file) = (metadata.len(), changed(&metadata), metadata.is_file());
            objects.insert(digest, Object { path, size, written, is_file });
        }
        let store = Store::look(root);
        let entry = |(digest, path): (Digest, PathBuf)| {
            let key = Key(digest);
            let metadata = fs::symlink_metadata(&path)?;
            let record = unseal(&fs::read(&path)?, &key);
            let needs =
                record.as_ref().map_or(Ok(BTreeSet::new()), |record| needs(&store, &objects, record))?;
            let last = uses.of(&key).cloned();
            let made = metadata.modified()?;
            Ok(Entry {
                key,
                used: last.as_ref().map_or(made, |last| last.when.max(made)),
                pinned: pinned.contains(&key),
                bytes: needs.iter().filter_map(|digest| objects.get(digest)).map(|object| object.size).sum(),
                id: last.as_ref().map(|last| last.id.clone()),
                written: changed(&metadata),
                record,
                last,
                path,
                needs,
            })
        };
        let records = records.into_par_iter().map(entry).collect::<io::Result<Vec<_>>>()?;
        let mut pinned = BTreeMap::new();
        for (path, pin) in pins {
            let mut needs = BTreeSet::new();
            for digest in pin.objects {
                needs.extend(needs_of(&store, &objects, digest, true)?);
            }
            pinned.insert(path, needs);
        }
        Ok(Self { records, pins: pinned, objects, uses })
    }

    /// Returns the bytes of the objects that some records need, each counted once.
    pub fn bytes_of<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> u64 {
        let needed: BTreeSet<&Digest> = entries.into_iter().flat_map(|entry| &entry.needs).collect();
        needed.into_iter().filter_map(|digest| self.objects.get(digest)).map(|object| object.size).sum()
    }

    /// Returns how many objects there are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Returns the bytes of all objects.
    pub fn bytes(&self) -> u64 {
        self.objects.values().map(|object| object.size).sum()
    }
}

impl Record {
    /// Returns the kind, or the beginning of the command.
    pub fn work(&self) -> String {
        match &self.manifest.work {
            KeyWork::Kind { name, .. } => name.clone(),
            KeyWork::Command { template, .. } => {
                let line = template.split_whitespace().collect::<Vec<_>>().join(" ");
                let short: String = line.chars().take(50).collect();
                if short == line { short } else { format!("{short}…") }
            }
        }
    }
}

/// Returns every object that a record needs to be read, whether it is there or not.
fn needs(store: &Store, objects: &BTreeMap<Digest, Object>, record: &Record) -> io::Result<BTreeSet<Digest>> {
    let mut digests: BTreeSet<Digest> = record.log.into_iter().collect();
    for artifact in record.outputs.values() {
        digests.extend(needs_of(store, objects, artifact.digest, artifact.form == Form::Folder)?);
    }
    Ok(digests)
}

/// Returns an object, and those that it names if it `may_be_tree`.
fn needs_of(
    store: &Store,
    objects: &BTreeMap<Digest, Object>,
    digest: Digest,
    may_be_tree: bool,
) -> io::Result<BTreeSet<Digest>> {
    let mut digests = BTreeSet::from([digest]);
    if may_be_tree && objects.get(&digest).is_some_and(|object| object.is_file) {
        match store.tree(&digest) {
            Ok(tree) => digests.extend(tree.blobs()),
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(digests)
}

/// Returns whether a tree object was read and is none; a disk that fails now says nothing of what lies on it.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData | io::ErrorKind::Other)
}
