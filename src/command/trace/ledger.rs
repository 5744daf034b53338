use std::collections::BTreeMap;
use std::io;
use std::time::SystemTime;

use contract::Digest;

use crate::key::{ArtifactKey, Key};
use crate::run::{History, Project, past_runs};
use crate::store::{Record, Store};

/// What the cache knows of how its artifacts came about.
pub(super) struct Ledger {
    records: BTreeMap<Key, Entry>,
    /// The records that made some bytes, with the port.
    makers: BTreeMap<Digest, Vec<(Key, String)>>,
    /// What the units were called that used a key: in this profile now first, then the last run's first.
    names: BTreeMap<Key, Vec<String>>,
    /// The run that made what a key stands for, the last one if there were several.
    runs: BTreeMap<Key, String>,
}

/// A record, with when it was written.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) written: SystemTime,
}

impl Ledger {
    /// Reads all records, and what the runs of this project told.
    pub(super) fn read(project: &Project, store: &Store, history: &History) -> io::Result<Self> {
        let mut ledger = Self {
            records: BTreeMap::new(),
            makers: BTreeMap::new(),
            names: BTreeMap::new(),
            runs: BTreeMap::new(),
        };
        for (key, record, written) in store.records()? {
            for (port, artifact) in &record.outputs {
                ledger.makers.entry(artifact.digest).or_default().push((key, port.clone()));
            }
            ledger.records.insert(key, Entry { record, written });
        }
        history.all().for_each(|(id, key)| ledger.name(key, id));
        for run in past_runs(&project.runs())?.iter().rev() {
            for (id, ended) in &run.units {
                ledger.name(ended.key, id);
                if ended.executed {
                    ledger.runs.entry(ended.key).or_insert_with(|| run.name.clone());
                }
            }
        }
        Ok(ledger)
    }

    fn name(&mut self, key: Key, id: &str) {
        let names = self.names.entry(key).or_default();
        if !names.iter().any(|name| name == id) {
            names.push(id.to_owned());
        }
    }

    /// Returns the record of a key.
    pub(super) fn record(&self, key: Key) -> Option<&Entry> {
        self.records.get(&key)
    }

    /// Returns the run that made what a key stands for.
    pub(super) fn run(&self, key: Key) -> Option<&str> {
        self.runs.get(&key).map(String::as_str)
    }

    /// Returns what people call a key: `wanted` if some run called it so.
    pub(super) fn called(&self, key: Key, wanted: Option<&str>) -> String {
        let names = self.names.get(&key).map_or(&[][..], Vec::as_slice);
        let known = wanted.filter(|wanted| names.iter().any(|name| name == wanted));
        let name = known.map(str::to_owned).or_else(|| names.first().cloned());
        name.or_else(|| Some(self.record(key)?.record.work())).unwrap_or_else(|| key.0.short())
    }

    /// Returns the record that made an artifact which `reader` read, with its port, and how many others made the same
    /// bytes: the one that was called `wanted`, else the last that was written before the reader, else the last.
    pub(super) fn maker(
        &self,
        artifact: &ArtifactKey,
        reader: Key,
        wanted: Option<&str>,
    ) -> Option<(Key, &str, usize)> {
        let made = self.makers.get(&artifact.digest)?.iter().filter(|(key, port)| {
            let output = self.records.get(key).and_then(|entry| entry.record.outputs.get(port));
            *key != reader && output.is_some_and(|output| output.form == artifact.form)
        });
        let made: Vec<&(Key, String)> = made.collect();
        let read = self.records.get(&reader).map(|entry| entry.written);
        let likely = |(key, _): &&&(Key, String)| {
            let named = wanted.is_some_and(|wanted| {
                self.names.get(key).is_some_and(|names| names.iter().any(|name| name == wanted))
            });
            let written = self.records.get(key).map(|entry| entry.written);
            (named, self.names.contains_key(key), written <= read, written)
        };
        let (key, port) = made.iter().max_by_key(likely)?;
        let others = made.iter().filter(|(other, _)| other != key).count();
        Some((*key, port, others))
    }
}
