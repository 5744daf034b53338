use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use contract::Digest;
use fs_err as fs;

/// A file changed twice within this time can keep its size and its times.
const RACY: Duration = Duration::from_secs(2);

/// Files larger than this are mapped and hashed by all threads.
const LARGE: u64 = 256 * 1024;

/// The digests of files by path, trusted while size, times and inode are what they were.
#[derive(Debug, Default)]
pub struct Memo {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_path: BTreeMap<PathBuf, (Stamp, Digest)>,
    changed: bool,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: i128,
    changed: i128,
}

impl Stamp {
    /// Returns the stamp in `metadata`.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Returns the size of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn is_racy(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let newest = self.modified.max(self.changed);
        newest + i128::try_from(RACY.as_nanos()).unwrap_or(0) > i128::try_from(now.as_nanos()).unwrap_or(0)
    }
}

impl Memo {
    /// Reads what an earlier run wrote; a memo that cannot be read is empty.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let by_path = text.lines().filter_map(parse).collect();
        Self { entries: Mutex::new(Entries { by_path, changed: false }) }
    }

    /// Writes the memo, if it learned something.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.changed {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut text = String::new();
        for (path, (stamp, digest)) in &entries.by_path {
            let Some(path) = path.to_str().filter(|path| !path.contains('\n')) else { continue };
            let Stamp { device, inode, size, modified, changed } = stamp;
            text.push_str(&format!("{digest} {device} {inode} {size} {modified} {changed} {path}\n"));
        }
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        entries.changed = false;
        Ok(())
    }

    /// Returns the digest of a file, from its bytes unless the file is unchanged.
    pub fn digest(&self, path: &Path) -> io::Result<(Digest, Stamp)> {
        let stamp = Stamp::of(&fs::metadata(path)?);
        if let Some(digest) = self.known(path, &stamp) {
            return Ok((digest, stamp));
        }
        let digest = hash(path, stamp.size)?;
        // A file that grows while it is read has no digest worth remembering.
        if Stamp::of(&fs::metadata(path)?) == stamp && !stamp.is_racy() {
            self.learn(path, stamp, digest);
        }
        Ok((digest, stamp))
    }

    /// Returns the digest that a file with this stamp had.
    pub fn known(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_path.get(path).filter(|(known, _)| known == stamp).map(|(_, digest)| *digest)
    }

    /// Returns the files whose digests it remembers.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_path.keys().cloned().collect()
    }

    /// Forgets the digest of a file.
    pub(super) fn forget(&self, path: &Path) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.changed |= entries.by_path.remove(path).is_some();
    }

    /// Remembers the digest of a file that nobody else writes.
    pub fn learn(&self, path: &Path, stamp: Stamp, digest: Digest) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_path.insert(path.to_owned(), (stamp, digest));
        entries.changed = true;
    }
}

/// Returns the digest of the bytes of a file.
pub fn hash(path: &Path, size: u64) -> io::Result<Digest> {
    if size <= LARGE {
        return Ok(Digest::of(&fs::read(path)?));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap_rayon(path).map_err(|error| {
        io::Error::new(error.kind(), format!("failed to read file `{}`: {error}", path.display()))
    })?;
    Ok(hasher.finalize().into())
}

fn parse(line: &str) -> Option<(PathBuf, (Stamp, Digest))> {
    let mut words = line.splitn(7, ' ');
    let digest = words.next()?.parse().ok()?;
    let stamp = Stamp {
        device: words.next()?.parse().ok()?,
        inode: words.next()?.parse().ok()?,
        size: words.next()?.parse().ok()?,
        modified: words.next()?.parse().ok()?,
        changed: words.next()?.parse().ok()?,
    };
    Some((PathBuf::from(words.next()?), (stamp, digest)))
}
