use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use contract::Digest;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::object::Store;
use super::shelf::{entries, name, write};
use crate::key::{Key, encode};

/// What somebody wants to be kept, and why it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// What was asked for.
    pub target: String,
    /// Under which profile.
    pub profile: Option<String>,
    /// With which variables set.
    pub settings: Vec<String>,
    /// The folder of the project, in a cache that projects share.
    pub project: Option<String>,
    /// The keys of the units, and of all that they were made from.
    pub keys: BTreeMap<String, Key>,
    /// What they had made: the record of a key may be replaced by one of other bytes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub objects: BTreeSet<Digest>,
}

/// A pin as it is written, with the digest of what it says.
#[derive(Serialize, Deserialize)]
struct Sealed {
    seal: Digest,
    pin: Pin,
}

impl Pin {
    fn seal(&self) -> Digest {
        Digest::of(&encode(&serde_json::to_value(self).expect("a pin is JSON")))
    }

    /// Reads a pin.
    ///
    /// # Errors
    /// If it cannot be read, or does not say what it was sealed with.
    pub fn read(path: &Path) -> io::Result<Self> {
        let refuse = |why: &str| {
            let message = format!("{why}: delete it, and pin again what it kept");
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let sealed: Sealed =
            serde_json::from_slice(&fs::read(path)?).map_err(|error| refuse(&error.to_string()))?;
        if sealed.seal == sealed.pin.seal() {
            Ok(sealed.pin)
        } else {
            Err(refuse("it does not say what it was sealed with"))
        }
    }
}

impl Store {
    /// Writes a pin; one that says the same is there once.
    pub fn pin(&self, pin: Pin) -> io::Result<()> {
        let seal = pin.seal();
        let path = self.root().join("pins").join(format!("{}.json", seal.short()));
        let text = serde_json::to_string_pretty(&Sealed { seal, pin }).expect("a pin is JSON");
        write(self.root(), &path, (text + "\n").as_bytes())
    }
}

/// Returns the files of all pins of a cache.
pub fn pin_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(&root.join("pins"))?.into_iter().filter(|path| name(path).ends_with(".json")).collect())
}

/// Returns the pins of a cache, each with its file.
///
/// # Errors
/// If one cannot be read: what it keeps is not known.
pub fn pins(root: &Path) -> io::Result<Vec<(PathBuf, Pin)>> {
    let read = |path: PathBuf| match Pin::read(&path) {
        Ok(pin) => Ok((path, pin)),
        Err(error) => Err(io::Error::new(error.kind(), format!("the pin `{}`: {error}", path.display()))),
    };
    pin_files(root)?.into_iter().map(read).collect()
}
