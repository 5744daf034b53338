use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use contract::Digest;
use fs_err as fs;

use super::clear::clear;
use super::staged::{fill, staged};

/// What lies in a folder of the cache whose entries are named by digests, divided after two digits.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// What is named as it should be, in the order of the names.
    pub(super) named: Vec<(Digest, PathBuf)>,
    /// The rest, each with what is wrong.
    pub(super) strays: Vec<(PathBuf, &'static str)>,
}

impl Shelf {
    /// Lists `folder`, whose names end in `ending`; one that is not there is empty.
    pub(super) fn read(folder: &Path, ending: &str) -> io::Result<Self> {
        let mut shelf = Self::default();
        // Objects may lie on another disk; what else lies there is somebody's.
        let is_linked = folder.is_symlink();
        for first in entries(folder)? {
            if first.is_symlink() || !first.is_dir() {
                shelf.strays.push((first, "it is no folder of the cache"));
                continue;
            }
            for path in entries(&first)? {
                let digits = (name(&first), name(&path));
                let rest = digits.1.strip_suffix(ending).filter(|_| digits.0.len() == 2);
                match rest.and_then(|rest| format!("{}{rest}", digits.0).parse().ok()) {
                    Some(digest) => shelf.named.push((digest, path)),
                    None => shelf.strays.push((path, "its name is no digest")),
                }
            }
        }
        if is_linked {
            shelf.strays.clear();
        }
        Ok(shelf)
    }
}

/// Lists a folder by name, without what is hidden; one that is not there is empty.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry?.path();
        // Such as `.nfs…`, by which a file that is deleted while it is read goes on.
        if !name(&path).starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns when a file was last written or put where it is: a time that nobody can set.
pub(super) fn changed(metadata: &std::fs::Metadata) -> SystemTime {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}

/// Returns the bytes of a file, or of all files below a folder, and when the newest of them was written.
///
/// What a stage made that nobody can look at weighs nothing: a folder without rights, or one too deep for a path.
pub(super) fn weigh(path: &Path) -> io::Result<(u64, SystemTime)> {
    let metadata = fs::symlink_metadata(path)?;
    let mut total = (0, changed(&metadata));
    let mut open = vec![(path.to_owned(), metadata)];
    while let Some((here, metadata)) = open.pop() {
        let size = if metadata.is_file() { metadata.len() } else { 0 };
        total = (total.0 + size, total.1.max(changed(&metadata)));
        if metadata.is_dir() {
            let entries = fs::read_dir(here).into_iter().flatten().flatten();
            open.extend(entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))));
        }
    }
    Ok(total)
}

/// Writes a small file of the cache by a rename, readable for whoever shares the cache.
pub(super) fn write(root: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = staged(&root.join("staging"))?;
    fill(&mut file, bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Removes whatever lies at `path`, links not followed; what is gone already is no failure.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let removed = if is_folder { clear(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
