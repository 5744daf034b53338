use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};
use contract::Digest;
use fs_err as fs;

/// A file changed twice within this time can keep its size and its times, where these are whole milliseconds or coarser.
const COARSE: Duration = Duration::from_secs(2);

/// The same where they are finer: some ticks of the kernel's clock, and what the clock of a file server may be off.
const FINE: Duration = Duration::from_millis(500);

/// Bytes that a thread reads and hashes at once, while they are in its cache; larger files are hashed by all threads.
const LEAF: u64 = 256 << 10;

thread_local! {
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The digests of files by path, trusted while size, times and inode are what they were.
///
/// Paths below `root`, the cache, are kept as they are. Others are those of sources, whose names may tell what is in
/// them, such as the name of a patient: of these the digest of the path is kept.
#[derive(Debug, Default)]
pub struct Memo {
    root: PathBuf,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_name: BTreeMap<OsString, (Stamp, Digest)>,
    changed: bool,
}

/// What changes when a file does. The number of its device is no part of it: a disk has another after each start of the
/// machine, and on each of several that share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
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
            inode: metadata.ino(),
            size: metadata.len(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Reads what its `Display` wrote.
    pub(super) fn parse<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(Self {
            inode: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            modified: words.next()?.parse().ok()?,
            changed: words.next()?.parse().ok()?,
        })
    }

    /// Returns the size of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Returns whether the file was last changed so long before `time` that a change since would show.
    pub fn is_before(&self, time: SystemTime) -> bool {
        let is_fine = |time: i128| time % 1_000_000 != 0;
        let racy = if is_fine(self.modified) && is_fine(self.changed) { FINE } else { COARSE };
        let time = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(racy);
        self.modified.max(self.changed) <= i128::try_from(time.as_nanos()).unwrap_or(0)
    }

    /// Returns what a write to the file changes, and a further name or other rights do not.
    #[must_use]
    pub fn of_bytes(self) -> Self {
        Self { changed: 0, ..self }
    }

    /// Returns whether a file that had the one stamp and has the other was not written to between, but perhaps renamed.
    pub(super) fn is_of_same_bytes(&self, other: &Self) -> bool {
        self.of_bytes() == other.of_bytes()
    }

    /// Returns whether both are of one file of one disk, whatever was written to it.
    pub(super) fn is_of_same_file(&self, other: &Self) -> bool {
        self.inode == other.inode
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inode, size, modified, changed } = self;
        write!(f, "{inode} {size} {modified} {changed}")
    }
}

impl Memo {
    /// Begins with what an earlier run knew, in the cache at `root`.
    pub(super) fn new(root: PathBuf, by_name: BTreeMap<OsString, (Stamp, Digest)>) -> Self {
        Self { root, entries: Mutex::new(Entries { by_name, changed: false }) }
    }

    /// Returns under which name the digest of a file is kept.
    fn name(&self, path: &Path) -> OsString {
        if path.starts_with(&self.root) {
            path.as_os_str().to_owned()
        } else {
            Digest::of(path.as_os_str().as_bytes()).to_string().into()
        }
    }

    /// Returns whether it learned something since it began.
    pub(super) fn has_changed(&self) -> bool {
        self.lock().changed
    }

    /// Shows the name of each file with its stamp and digest.
    pub(super) fn for_each(&self, mut show: impl FnMut(&OsString, &Stamp, &Digest)) {
        self.lock().by_name.iter().for_each(|(name, (stamp, digest))| show(name, stamp, digest));
    }

    /// Returns the digest of a file, from its bytes unless the file is unchanged.
    pub fn digest(&self, path: &Path) -> io::Result<Digest> {
        self.digest_of(path, &fs::metadata(path)?)
    }

    /// Returns the digest of the file that `metadata` is of.
    pub fn digest_of(&self, path: &Path, metadata: &std::fs::Metadata) -> io::Result<Digest> {
        self.digest_by(path, metadata, hash)
    }

    /// Returns the digest of the file that `metadata` is of, as `hash` finds it for a path and a size.
    pub fn digest_by(
        &self,
        path: &Path,
        metadata: &std::fs::Metadata,
        hash: impl FnOnce(&Path, u64) -> io::Result<Digest>,
    ) -> io::Result<Digest> {
        let stamp = Stamp::of(metadata);
        if let Some(digest) = self.known(path, &stamp) {
            return Ok(digest);
        }
        let digest = hash(path, stamp.size)?;
        // A file that grows while it is read has no digest worth remembering.
        if Stamp::of(&fs::metadata(path)?) == stamp && stamp.is_before(SystemTime::now()) {
            self.learn(path, stamp, digest);
        }
        Ok(digest)
    }

    /// Returns the digest that a file with this stamp had.
    pub fn known(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let entries = self.lock();
        entries.by_name.get(&self.name(path)).filter(|(known, _)| known == stamp).map(|(_, digest)| *digest)
    }

    /// Returns the files below the root whose digests it remembers.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.lock().by_name.keys().map(PathBuf::from).filter(|path| path.starts_with(&self.root)).collect()
    }

    /// Forgets the digest of a file.
    pub(super) fn forget(&self, path: &Path) {
        let mut entries = self.lock();
        entries.changed |= entries.by_name.remove(&self.name(path)).is_some();
    }

    /// Remembers the digest of a file that nobody else writes.
    pub fn learn(&self, path: &Path, stamp: Stamp, digest: Digest) {
        let mut entries = self.lock();
        entries.by_name.insert(self.name(path), (stamp, digest));
        entries.changed = true;
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the digest of the first `size` bytes of a file, which was so large when it was last looked at.
///
/// It is read and not mapped: where somebody cuts a mapped file short, its reader is killed.
///
/// # Errors
/// If it cannot be read, or was cut short.
pub fn hash(path: &Path, size: u64) -> io::Result<Digest> {
    if size <= LEAF {
        return Ok(Digest::of(&fs::read(path)?));
    }
    let file = fs::File::open(path)?.into_file();
    let (left, right) = halves(&file, 0, size);
    let (left, right) = left.and_then(|left| Ok((left, right?))).map_err(|error| {
        io::Error::new(error.kind(), format!("failed to read file `{}`: {error}", path.display()))
    })?;
    Ok(merge_subtrees_root(&left, &right, Mode::Hash).into())
}

/// Returns what stands in the tree of BLAKE3 for `size` bytes from `offset`, of both halves.
fn halves(file: &File, offset: u64, size: u64) -> (io::Result<ChainingValue>, io::Result<ChainingValue>) {
    let left = left_subtree_len(size);
    rayon::join(|| subtree(file, offset, left), || subtree(file, offset + left, size - left))
}

fn subtree(file: &File, offset: u64, size: u64) -> io::Result<ChainingValue> {
    if size > LEAF {
        let (left, right) = halves(file, offset, size);
        return Ok(merge_subtrees_non_root(&left?, &right?, Mode::Hash));
    }
    BYTES.with_borrow_mut(|bytes| {
        bytes.resize(usize::try_from(size).unwrap_or(usize::MAX), 0);
        file.read_exact_at(bytes, offset)?;
        Ok(blake3::Hasher::new().set_input_offset(offset).update(bytes).finalize_non_root())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_size_has_the_digest_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let leaf = usize::try_from(LEAF).unwrap();
        for size in
            [0, 1, leaf, leaf + 1, 2 * leaf - 1, 2 * leaf, 2 * leaf + 1, 3 * leaf + 1025, 13 * leaf + 7]
        {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            fs::write(&path, &bytes).unwrap();
            assert_eq!(hash(&path, size as u64).unwrap(), Digest::of(&bytes), "{size}");
        }
    }

    #[test]
    fn a_file_that_is_cut_short_while_it_is_read_kills_nobody() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let size = 32 << 20;
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    file.as_file().set_len(size).unwrap();
                    file.as_file().set_len(0).unwrap();
                }
            });
            (0..50).for_each(|_| drop(hash(file.path(), size)));
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }
}
