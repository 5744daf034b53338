use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use fs_err as fs;

use super::object::Store;
use super::shelf::Shelf;
use crate::key::Key;

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
    for (key, _) in Shelf::read(&root.join("records"), ".json")?.named {
        let Some(record) = store.record(&Key(key)) else { continue };
        let holding = holdings.by_work.entry(record.work()).or_default();
        holding.records += 1;
        holding.artifacts += record.outputs.len();
        holding.bytes += record.outputs.values().map(|artifact| artifact.size).sum::<u64>();
        holdings.records += 1;
    }
    for (_, path) in Shelf::read(&root.join("objects"), "")?.named {
        holdings.objects += 1;
        holdings.bytes += fs::symlink_metadata(path)?.len();
    }
    Ok(holdings)
}
