use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The only origin of randomness in a stage.
///
/// A stage forks it by name for each use, so that a new use never shifts the numbers of an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// Returns the seed for the use called `name`.
    #[must_use]
    pub fn fork(self, name: &str) -> Self {
        let mut first = [0; 8];
        first.copy_from_slice(&self.fork_bytes(name)[..8]);
        Self(u64::from_le_bytes(first))
    }

    /// Returns the 32 bytes that start a generator for the use called `name`.
    pub fn fork_bytes(self, name: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("osteon 2026 seed fork v1");
        hasher.update(&self.0.to_le_bytes());
        hasher.update(name.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_differ_by_name_and_by_seed_and_repeat() {
        assert_eq!(Seed(1).fork("noise"), Seed(1).fork("noise"));
        assert_ne!(Seed(1).fork("noise"), Seed(1).fork("shuffle"));
        assert_ne!(Seed(1).fork("noise"), Seed(2).fork("noise"));
    }
}
