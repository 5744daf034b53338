use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::Digest;
use fs_err as fs;
use tempfile::TempDir;

use super::artifact::Artifact;
use super::discard::Discarded;
use super::hold::beside_runs;
use super::index::Index;
use super::layout::Layout;
use super::lock;
use super::mark::mark;
use super::memo::{self, Memo, Stamp};
use super::shelf::remove;
use super::staged::staged;
use super::way::make_way;
use crate::key::{Form, Key};

/// How long something that was not renamed may be of a run that begins.
const YOUNG: Duration = Duration::from_hours(1);

/// Which use is made of the cache (`--cache`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Access {
    /// Read and written.
    Rw,
    /// Read; what is made is kept for this run only.
    Ro,
    /// Neither: everything is made anew, for this run only.
    Off,
}

/// The cache, or a layer of this run alone above it.
#[derive(Debug)]
pub struct Store {
    /// Where new things are written.
    root: PathBuf,
    /// Where other things are read.
    below: Option<PathBuf>,
    index: Index,
    discarded: Discarded,
    #[expect(dead_code, reason = "held so that the folder lives as long as the store")]
    own: Option<TempDir>,
    /// Shared by all runs on one cache; a sweep needs it for itself.
    #[expect(dead_code, reason = "held so that no sweep begins")]
    in_use: Option<File>,
}

impl Store {
    /// Opens the cache in the folder `root`, which is made if it is not there.
    pub fn open(root: &Path, access: Access) -> io::Result<Self> {
        if access == Access::Rw {
            let store = Self::look(root);
            let in_use = store.prepare().and_then(|()| store.use_it());
            let in_use = Some(in_use.map_err(|error| with_way_out(&error))?);
            return Ok(Self { in_use, ..store });
        }
        let own = tempfile::tempdir()?;
        let below = (access == Access::Ro).then(|| root.to_owned());
        let index = if below.is_some() { Index::read(&root.join("index")) } else { Index::default() };
        let in_use = if below.is_some() { beside_runs(root)? } else { None };
        let root = own.path().to_owned();
        let discarded = Discarded::new(root.join("staging"));
        let store = Self { root, below, index, discarded, own: Some(own), in_use };
        store.prepare()?;
        Ok(store)
    }

    /// Opens the cache without making or changing anything.
    pub fn look(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            below: None,
            index: Index::read(&root.join("index")),
            discarded: Discarded::new(root.join("staging")),
            own: None,
            in_use: None,
        }
    }

    fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        mark(&self.root)?;
        for folder in ["objects", "records", "trees", "scratch", "staging", "locks", "pins", "projects"] {
            fs::create_dir_all(self.root.join(folder))?;
        }
        Layout::tell(&self.root)
    }

    /// Takes part in the use of the cache; whoever is alone sweeps what killed runs left behind.
    fn use_it(&self) -> io::Result<File> {
        let path = self.root.join("locks").join("store");
        let file = lock::open(&path)?;
        if file.try_lock().is_ok() {
            let staging = self.root.join("staging");
            // What a link leads to is somebody's.
            let swept = if staging.is_symlink() { None } else { Some(fs::read_dir(&staging)?) };
            for entry in swept.into_iter().flatten() {
                let path = entry?.path();
                // What an orphaned command still writes to stays for the next sweep.
                let _swept_later = remove(&path);
            }
            self.sweep_unnamed()?;
            file.unlock()?;
        }
        file.lock_shared().map_err(|error| lock::named(&error, &path))?;
        Ok(file)
    }

    /// Removes what was written into the cache itself and never renamed; what is young may be of a run that begins.
    fn sweep_unnamed(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let age = || entry.metadata()?.modified()?.elapsed().map_err(io::Error::other);
            let is_unnamed = entry.file_name().as_encoded_bytes().starts_with(b".tmp");
            if is_unnamed && age().is_ok_and(|age| age > YOUNG) {
                let _swept_later = remove(&entry.path());
            }
        }
        Ok(())
    }

    /// Returns the folder that new things are written to.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the digests of files that are known.
    pub fn memo(&self) -> &Memo {
        self.index.memo()
    }

    /// Returns what is known of files and records without opening them.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Writes the index without what a sweep removed.
    pub(super) fn forget_what_is_gone(&self) -> io::Result<()> {
        let record = |key: &Key| self.root.join(split("records", &key.0, ".json"));
        self.index.forget_what_is_gone(&self.root, record);
        self.keep_index()
    }

    /// Writes down what was learned of files and records, for the next run.
    pub fn keep_index(&self) -> io::Result<()> {
        self.index.write(&self.root.join("index"))
    }

    /// Returns where a file of the cache lies, or would be written.
    pub(super) fn at(&self, relative: &Path) -> PathBuf {
        let own = self.root.join(relative);
        match &self.below {
            Some(below) if !own.exists() => {
                let lower = below.join(relative);
                if lower.exists() { lower } else { own }
            }
            _ => own,
        }
    }

    /// Returns where an object lies, or would lie.
    pub fn object(&self, digest: &Digest) -> PathBuf {
        self.at(&split("objects", digest, ""))
    }

    /// Returns the folder for what an attempt may leave for the next.
    pub fn scratch(&self, key: &Key) -> PathBuf {
        self.root.join("scratch").join(key.to_string())
    }

    /// Returns the file of which a byte is locked for each key that is being made.
    pub fn locks(&self) -> PathBuf {
        self.root.join("locks").join("keys")
    }

    /// Returns whether an object is there and equals its name; its bytes are read only if it changed.
    pub fn is_intact(&self, digest: &Digest) -> bool {
        let path = self.object(digest);
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { return false };
        let stamp = Stamp::of(&metadata);
        if !metadata.is_file() {
            return false;
        }
        if let Some(known) = self.memo().known(&path, &stamp) {
            return known == *digest;
        }
        let intact = memo::hash(&path, metadata.len()).is_ok_and(|found| found == *digest);
        if intact {
            self.memo().learn(&path, stamp, *digest);
        }
        intact
    }

    /// Returns whether all that an artifact consists of is there and intact.
    pub fn is_whole(&self, artifact: &Artifact) -> bool {
        self.is_intact(&artifact.digest)
            && (artifact.form != Form::Folder
                || self
                    .tree(&artifact.digest)
                    .is_ok_and(|tree| tree.blobs().all(|blob| self.is_intact(blob))))
    }

    /// Takes a file that an attempt wrote; it is gone from where it was.
    ///
    /// Whoever has it open for writing can still write, also later: then its stamp is another, and no run believes it.
    ///
    /// # Errors
    /// If it cannot be read, or was written to meanwhile.
    pub(super) fn take(&self, file: &Path, metadata: &std::fs::Metadata) -> io::Result<Digest> {
        if metadata.nlink() > 1 {
            return self.take_copy(file, metadata);
        }
        // First, so that nobody opens it for writing any more, and that we can read it.
        fs::set_permissions(file, std::fs::Permissions::from_mode(0o444))?;
        let digest = memo::hash(file, metadata.len())?;
        let object = self.root.join(split("objects", &digest, ""));
        if self.is_intact(&digest) {
            self.discard(file)?;
            return Ok(digest);
        }
        self.rename(file, &object)?;
        self.settle(file, &digest, &Stamp::of(metadata))?;
        Ok(digest)
    }

    /// Takes a copy of a file that has another name: that is somebody's, who may write to it.
    fn take_copy(&self, file: &Path, metadata: &std::fs::Metadata) -> io::Result<Digest> {
        let copy = staged(&self.root.join("staging"))?.into_temp_path();
        let rights = metadata.permissions();
        if rights.mode() & 0o400 == 0 {
            fs::set_permissions(file, std::fs::Permissions::from_mode(rights.mode() | 0o400))?;
            let copied = fs::copy(file, &copy);
            fs::set_permissions(file, rights)?;
            copied?;
        } else {
            fs::copy(file, &copy)?;
        }
        if !Stamp::of(&fs::metadata(file)?).is_of_same_bytes(&Stamp::of(metadata)) {
            return Err(written_to(file));
        }
        let digest = self.take(&copy, &fs::metadata(&copy)?)?;
        self.discard(file)?;
        Ok(digest)
    }

    /// Looks whether what lies at an object's place is the file that was put there, as it was when it had this stamp.
    fn settle(&self, file: &Path, digest: &Digest, before: &Stamp) -> io::Result<()> {
        let object = self.root.join(split("objects", digest, ""));
        let stamp = Stamp::of(&fs::metadata(&object)?);
        if stamp.is_of_same_bytes(before) {
            self.memo().learn(&object, stamp, *digest);
            return Ok(());
        }
        // Another stage made the same bytes, and put them there meanwhile.
        if !stamp.is_of_same_file(before) && self.is_intact(digest) {
            return Ok(());
        }
        fs::remove_file(&object)?;
        Err(written_to(file))
    }

    /// Removes a file, a link or a folder, which may be on another disk; it is gone from where it was.
    ///
    /// # Errors
    /// If it is not there, or cannot be removed.
    pub fn discard(&self, path: &Path) -> io::Result<()> {
        self.discarded.put(path)
    }

    /// Puts bytes into the cache.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let file = staged(&self.root.join("staging"))?;
        fs::write(file.path(), bytes)?;
        let path = file.into_temp_path().keep().map_err(|error| error.error)?;
        self.take(&path, &fs::metadata(&path)?)
    }

    /// Reads an object.
    ///
    /// # Errors
    /// If it is not there, or its bytes are not those of its name.
    pub fn read(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let path = self.object(digest);
        let bytes = fs::read(&path)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        let message =
            format!("the object `{}` is damaged: its bytes are not those of its name", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }

    /// Renames into a folder that may have to be made first.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(to.parent().unwrap_or(&self.root))?;
                fs::rename(from, to)
            }
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                make_way(to)?;
                fs::rename(from, to)
            }
            other => other,
        }
    }
}

fn written_to(file: &Path) -> io::Error {
    let why = "was written to while it was taken into the cache: a command ends when all that it started has ended \
               (wait)";
    io::Error::other(format!("`{}` {why}", file.display()))
}

/// Says what can be done about a cache that must not be written to.
fn with_way_out(error: &io::Error) -> io::Error {
    let way_out = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; --cache ro only reads the cache, OSTEON_CACHE names another"
        }
        _ => "",
    };
    io::Error::new(error.kind(), format!("{error}{way_out}"))
}

/// Returns the path of something that is named by a digest: two digits, then the others.
pub(super) fn split(folder: &str, digest: &Digest, ending: &str) -> PathBuf {
    let name = digest.to_string();
    Path::new(folder).join(&name[..2]).join(format!("{}{ending}", &name[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_put_in_the_place_of_the_same_bytes_is_as_good_and_what_is_damaged_is_not() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Access::Rw).unwrap();
        let [ours, theirs] = ["ours", "theirs"].map(|name| root.path().join(name));
        fs::write(&ours, "same").unwrap();
        let stamp = Stamp::of(&fs::metadata(&ours).unwrap());
        let digest = store.take(&ours, &fs::metadata(&ours).unwrap()).unwrap();
        for (bytes, holds) in [("same", true), ("other", false)] {
            fs::write(&theirs, bytes).unwrap();
            fs::rename(&theirs, store.object(&digest)).unwrap();
            assert_eq!(store.settle(&ours, &digest, &stamp).is_ok(), holds, "{bytes}");
        }
    }

    #[test]
    fn what_is_written_to_while_it_is_taken_is_not_kept() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Access::Rw).unwrap();
        let file = root.path().join("output");
        fs::write(&file, "first").unwrap();
        let metadata = fs::metadata(&file).unwrap();
        fs::write(&file, "first and more").unwrap();
        let error = store.take(&file, &metadata).unwrap_err().to_string();
        assert!(error.contains("was written to while it was taken into the cache"), "{error}");
        assert!(!store.object(&Digest::of(b"first and more")).exists());
    }
}
