use contract::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{ArtifactKey, Form};

/// What an output port holds, as a record remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// What it is.
    pub form: Form,
    /// The digest of its bytes; of a folder, of its tree object.
    pub digest: Digest,
    /// Its bytes; of a folder, those of all its files.
    pub size: u64,
}

impl Artifact {
    /// Returns what identifies it in a key.
    pub fn key(&self) -> ArtifactKey {
        ArtifactKey { form: self.form, digest: self.digest }
    }
}
