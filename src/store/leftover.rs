use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::shelf::{entries, name, weigh};
use super::uses::Uses;
use crate::key::Key;

/// A folder that an attempt left behind: a checkpoint for the next one, or what a killed run was writing.
#[derive(Debug)]
pub(super) struct Leftover {
    pub(super) path: PathBuf,
    /// What it was made for; none of what lies in `staging`.
    pub(super) key: Option<Key>,
    pub(super) bytes: u64,
    pub(super) written: SystemTime,
}

impl Leftover {
    /// Lists what attempts left behind in the cache at `root`, which no run uses now.
    pub(super) fn all(root: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for folder in ["scratch", "staging"] {
            let folder_of = root.join(folder);
            // What a link leads to is somebody's.
            if folder_of.is_symlink() {
                continue;
            }
            for path in entries(&folder_of)? {
                let key = if folder == "scratch" { name(&path).parse().ok().map(Key) } else { None };
                let (bytes, written) = weigh(&path)?;
                found.push(Self { path, key, bytes, written });
            }
        }
        Ok(found)
    }

    /// Returns what people know it by.
    pub(super) fn name(&self, uses: &Uses) -> String {
        match (self.key, self.key.and_then(|key| uses.of(&key))) {
            (_, Some(last)) => format!("what an attempt of '{}' left", last.id),
            (Some(_), None) => "what an attempt left".to_owned(),
            (None, None) => "what a killed run left".to_owned(),
        }
    }
}
