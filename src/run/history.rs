use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use fs_err as fs;

use crate::key::Key;
use crate::store::make_way;

/// The key that each unit of one profile used last; a file of lines that is only ever appended to.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    keys: BTreeMap<String, Key>,
}

impl History {
    /// Reads the history at `path`; a line that was cut off is skipped.
    pub(super) fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let parse = |line: &str| {
            let (key, id) = line.split_once(' ')?;
            Some((id.to_owned(), Key(key.parse().ok()?)))
        };
        Self { path, keys: text.lines().filter_map(parse).collect() }
    }

    /// Returns the key that the unit called `id` used last.
    pub fn last(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// Returns every unit that it knows, with the key that it used last.
    pub fn all(&self) -> impl Iterator<Item = (&str, Key)> {
        self.keys.iter().map(|(id, key)| (id.as_str(), *key))
    }

    /// Notes that these units used these keys.
    pub(super) fn note(&mut self, used: impl IntoIterator<Item = (String, Key)>) -> io::Result<()> {
        let mut lines = String::new();
        for (id, key) in used {
            if self.keys.get(&id) != Some(&key) {
                lines.push_str(&format!("{key} {id}\n"));
                self.keys.insert(id, key);
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        make_way(&self.path)?;
        fs::OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(lines.as_bytes())
    }
}
