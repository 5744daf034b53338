use std::fmt;

use serde::{Deserialize, Serialize};

/// Digits of a fingerprint.
const DIGITS: usize = 16;

/// What tells the value of a declared variable from every other one, and is no way to it: the first digits of a digest
/// that names no object. A value that can be guessed can be tried, as with any digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of a value.
    pub fn of(value: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("osteon 2026 environment v1");
        hasher.update(value);
        Self(hasher.finalize().to_hex()[..DIGITS].to_owned())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
