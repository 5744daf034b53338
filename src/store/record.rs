use std::collections::BTreeMap;
use std::io::{self, Write};

use contract::Digest;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::object::{Store, split};
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

    /// Writes the record of a key, after its objects.
    pub fn publish(&self, key: &Key, record: &Record) -> io::Result<()> {
        let path = self.root().join(split("records", &key.0, ".json"));
        let sealed = Sealed { seal: seal(record), record: record.clone() };
        let mut file = tempfile::NamedTempFile::new_in(self.root().join("staging"))?;
        serde_json::to_writer(&mut file, &sealed)?;
        file.write_all(b"\n")?;
        let staged = file.into_temp_path();
        self.rename(&staged, &path)?;
        // The file is no longer where it would be deleted.
        let _moved = staged.keep();
        Ok(())
    }

    /// Returns whether all that a record's outputs consist of is there and intact.
    pub fn has_outputs(&self, record: &Record) -> bool {
        record.outputs.values().all(|artifact| self.is_whole(artifact))
    }
}
