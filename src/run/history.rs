use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::PathBuf;

use fs_err as fs;

use crate::key::Key;
use crate::store::make_way;

/// The ending of the file that tells which units failed.
const FAILED: &str = "failed";

/// The key that each unit of one profile used last, a file of lines that is only ever appended to; and beside it, which
/// units failed when they ran last.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    keys: BTreeMap<String, Key>,
    failed: BTreeSet<String>,
}

impl History {
    /// Reads the history at `path`; a line that was cut off is skipped.
    pub(super) fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let parse = |line: &str| {
            let (key, id) = line.split_once(' ')?;
            Some((id.to_owned(), Key(key.parse().ok()?)))
        };
        let failed = fs::read_to_string(path.with_extension(FAILED)).unwrap_or_default();
        let failed = failed.lines().map(str::to_owned).collect();
        Self { keys: text.lines().filter_map(parse).collect(), path, failed }
    }

    /// Returns whether the unit called `id` failed when it ran last.
    pub(super) fn has_failed(&self, id: &str) -> bool {
        self.failed.contains(id)
    }

    /// Notes which units were done, and which failed.
    pub(super) fn note_failures<'a>(
        &mut self,
        done: impl IntoIterator<Item = &'a String>,
        failed: impl IntoIterator<Item = String>,
    ) -> io::Result<()> {
        let before = self.failed.clone();
        if !before.is_empty() {
            let done: BTreeSet<&String> = done.into_iter().collect();
            self.failed.retain(|id| !done.contains(id));
        }
        self.failed.extend(failed);
        if self.failed == before {
            return Ok(());
        }
        let lines: String = self.failed.iter().map(|id| format!("{id}\n")).collect();
        let path = self.path.with_extension(FAILED);
        make_way(&path)?;
        fs::write(path, lines)
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
