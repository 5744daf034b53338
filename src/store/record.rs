use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use contract::Digest;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::memo::Stamp;
use super::object::{Store, split};
use super::staged::{fill, staged};
use crate::fs::ask_anew;
use crate::key::{Key, KeyManifest, encode};

/// What one stage run made, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Everything that defines the stage run.
    pub manifest: KeyManifest,
    /// What it made, by port.
    pub outputs: BTreeMap<String, Artifact>,
    /// What it printed, if it printed anything.
    pub log: Option<Digest>,
    /// How long it took.
    pub seconds: f64,
    /// On which machine.
    pub host: String,
    /// On which model of processor: bytes may differ between models.
    pub processor: String,
    /// By which version of osteon.
    pub osteon: String,
    /// The files from outside that it read, by port, in the order of the key's cells: no key names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Vec<Outside>>,
}

/// Where a source lay that a stage run read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outside {
    /// The source, with its cell if it has one, as in `source.networks[network=alexnet]`.
    pub name: String,
    /// Its path as the manifest gave it; a glob or a list as it was declared.
    pub path: String,
    /// How many files it was.
    pub files: usize,
}

/// What a run needs of a record that it does not look into.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What was made, by port.
    pub outputs: BTreeMap<String, Artifact>,
    /// How long it took.
    pub seconds: f64,
}

impl Record {
    /// Returns what a run needs of it.
    pub fn summary(&self) -> Summary {
        Summary { outputs: self.outputs.clone(), seconds: self.seconds }
    }
}

/// A record as it is written, with the digest of what it says.
#[derive(Serialize, Deserialize)]
struct Sealed {
    seal: Digest,
    record: Record,
}

fn seal(record: &Record) -> Digest {
    let json = serde_json::to_value(record).expect("a record is JSON");
    Digest::of(&encode(&json))
}

/// Reads the record of a key; one that is damaged or of another key is none.
pub(super) fn unseal(bytes: &[u8], key: &Key) -> Option<Record> {
    let sealed: Sealed = serde_json::from_slice(bytes).ok()?;
    let record = sealed.record;
    let complete = record.manifest.outputs.keys().eq(record.outputs.keys());
    (complete && sealed.seal == seal(&record) && record.manifest.key() == *key).then_some(record)
}

impl Store {
    /// Returns the record of a key; one that is damaged or of another key is none.
    pub fn record(&self, key: &Key) -> Option<Record> {
        unseal(&fs::read(self.at(&split("records", &key.0, ".json"))).ok()?, key)
    }

    /// Lets the next look for the record of a key see what another machine has written.
    pub fn look_anew(&self, key: &Key) {
        let path = self.root().join(split("records", &key.0, ".json"));
        path.parent().into_iter().for_each(ask_anew);
    }

    /// Returns what a run needs of the record of a key, from the index if its file is unchanged.
    pub fn summary(&self, key: &Key) -> Option<Summary> {
        let (_, stamp) = self.stamped(key)?;
        self.index().record(key, &stamp).or_else(|| {
            let summary = self.record(key)?.summary();
            self.index().learn(*key, stamp, summary.clone());
            Some(summary)
        })
    }

    /// Returns where the record of a key lies and what it says, if that is known of the file that is there now.
    pub fn known_record(&self, key: &Key) -> Option<(PathBuf, Summary)> {
        let (path, stamp) = self.stamped(key)?;
        Some((path, self.index().record(key, &stamp)?))
    }

    /// Returns where the record of a key lies, with the stamp of its file.
    fn stamped(&self, key: &Key) -> Option<(PathBuf, Stamp)> {
        let path = self.at(&split("records", &key.0, ".json"));
        let stamp = Stamp::of(&std::fs::symlink_metadata(&path).ok()?);
        Some((path, stamp))
    }

    /// Writes the record of a key, after its objects.
    pub fn publish(&self, key: &Key, record: &Record) -> io::Result<()> {
        let path = self.root().join(split("records", &key.0, ".json"));
        let sealed = Sealed { seal: seal(record), record: record.clone() };
        let mut file = staged(&self.root().join("staging"))?;
        let mut text = serde_json::to_vec(&sealed)?;
        text.push(b'\n');
        fill(&mut file, &text)?;
        let staged = file.into_temp_path();
        self.rename(&staged, &path)?;
        // The file is no longer where it would be deleted.
        let _moved = staged.keep();
        self.index().learn(*key, Stamp::of(&fs::symlink_metadata(path)?), record.summary());
        Ok(())
    }

    /// Returns whether all that a record's outputs consist of is there and intact.
    pub fn has_outputs(&self, summary: &Summary) -> bool {
        summary.outputs.values().all(|artifact| self.is_whole(artifact))
    }
}
