//! The fast index beside the records: what was learned of files and records, so that a run with nothing to do opens
//! neither. It can be deleted at any time without loss.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use contract::Digest;
use fs_err as fs;

use super::artifact::Artifact;
use super::memo::{Memo, Stamp};
use super::record::Summary;
use super::seal::{seal, unseal};
use super::staged::put;
use crate::key::{Form, Key};

/// Raised when the lines of the index change their meaning.
const HEAD: &str = "osteon index 4";

/// What is known of files and records.
#[derive(Debug, Default)]
pub struct Index {
    memo: Memo,
    records: Mutex<Records>,
    damaged: bool,
}

#[derive(Debug, Default)]
struct Records {
    by_key: BTreeMap<Key, (Stamp, Summary)>,
    changed: bool,
}

impl Index {
    /// Reads the index at `path`; one that is damaged is empty.
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_default();
        let root = path.parent().unwrap_or(path).to_owned();
        let Some(lines) = unseal(&bytes, HEAD) else {
            let memo = Memo::new(root, BTreeMap::new());
            return Self { memo, damaged: !bytes.is_empty(), ..Self::default() };
        };
        let mut files = BTreeMap::new();
        let mut records = Records::default();
        for line in lines.split(|byte| *byte == b'\n') {
            match line.first() {
                Some(b'f') => files.extend(file(line)),
                Some(b'r') => records.by_key.extend(record(line)),
                _ => {}
            }
        }
        Self { memo: Memo::new(root, files), records: Mutex::new(records), damaged: false }
    }

    /// Forgets the files below `root` and the records that are gone; `record` tells where a record lies.
    pub(super) fn forget_what_is_gone(&self, root: &Path, record: impl Fn(&Key) -> PathBuf) {
        for path in self.memo.paths() {
            if path.starts_with(root) && !path.exists() {
                self.memo.forget(&path);
            }
        }
        let mut records = self.lock();
        let before = records.by_key.len();
        records.by_key.retain(|key, _| record(key).exists());
        records.changed |= records.by_key.len() < before;
    }

    /// Returns whether there was something to read that is not what was written.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Returns the digests of files that are known.
    pub fn memo(&self) -> &Memo {
        &self.memo
    }

    /// Writes the index, if it learned something.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut records = self.lock();
        if !records.changed && !self.memo.has_changed() {
            return Ok(());
        }
        let mut text: Vec<u8> = format!("{HEAD}\n").into_bytes();
        for (key, (stamp, Summary { outputs, seconds })) in &records.by_key {
            text.extend(format!("r {key} {stamp} {seconds}").bytes());
            for (port, Artifact { form, digest, size }) in outputs {
                text.extend(format!(" {port} {} {digest} {size}", form.name()).bytes());
            }
            text.push(b'\n');
        }
        self.memo.for_each(|path, stamp, digest| {
            if !path.as_bytes().contains(&b'\n') {
                text.extend(format!("f {digest} {stamp} ").bytes());
                text.extend(path.as_bytes());
                text.push(b'\n');
            }
        });
        put(path, &seal(text))?;
        records.changed = false;
        Ok(())
    }

    /// Returns what is known of the record of a key, if its file still has this stamp.
    pub(super) fn record(&self, key: &Key, stamp: &Stamp) -> Option<Summary> {
        let records = self.lock();
        records.by_key.get(key).filter(|(known, _)| known == stamp).map(|(_, summary)| summary.clone())
    }

    /// Remembers what the record of a key says, whose file has this stamp.
    pub(super) fn learn(&self, key: Key, stamp: Stamp, summary: Summary) {
        let mut records = self.lock();
        records.by_key.insert(key, (stamp, summary));
        records.changed = true;
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record(line: &[u8]) -> Option<(Key, (Stamp, Summary))> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ').skip(1);
    let key = Key(words.next()?.parse().ok()?);
    let stamp = Stamp::parse(&mut words)?;
    let seconds = words.next()?.parse().ok()?;
    let mut outputs = BTreeMap::new();
    while let Some(port) = words.next() {
        let form = Form::named(words.next()?)?;
        let digest = words.next()?.parse().ok()?;
        outputs.insert(port.to_owned(), Artifact { form, digest, size: words.next()?.parse().ok()? });
    }
    Some((key, (stamp, Summary { outputs, seconds })))
}

fn file(line: &[u8]) -> Option<(OsString, (Stamp, Digest))> {
    let mut words = line.splitn(7, |byte| *byte == b' ').skip(1);
    let mut word = || std::str::from_utf8(words.next()?).ok();
    let digest = word()?.parse().ok()?;
    let stamp = Stamp::parse(&mut std::iter::from_fn(&mut word).take(4))?;
    Some((OsStr::from_bytes(words.next()?).to_owned(), (stamp, digest)))
}
