use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::eventually;

/// Returns the files below a folder, sorted; links are not followed.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(here) = open.pop() {
        let Ok(entries) = fs::read_dir(&here) else { continue };
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Flips one bit of a file and puts its time of modification back, as a dying disk or a clever editor would.
pub fn damage(path: &Path) {
    let before = fs::metadata(path).expect("the file is there");
    let modified = before.modified().expect("files have times");
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("it is our file");
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).expect("it is our file");
    let mut byte = [0];
    file.read_exact(&mut byte).expect("a file with at least one byte");
    file.seek(SeekFrom::Start(0)).expect("a file can be sought in");
    file.write_all(&[byte[0] ^ 1]).expect("it is our file");
    fs::set_permissions(path, before.permissions()).expect("it is our file");
    // The clock of the file system ticks every few milliseconds: what happens within one tick leaves no trace.
    let changed = |metadata: &fs::Metadata| (metadata.ctime(), metadata.ctime_nsec());
    eventually("the clock of the file system ticks", || {
        file.set_modified(modified).expect("it is our file");
        changed(&fs::metadata(path).expect("the file is there")) != changed(&before)
    });
}

/// Lets a file look as if it was written so many days ago.
pub fn age(path: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 86_400 + 60);
    let file = fs::OpenOptions::new().append(true).open(path).expect("it is our file");
    file.set_modified(then).expect("it is our file");
}

/// Takes all bytes from a read-only file.
pub fn truncate(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("it is our file");
    fs::write(path, "").expect("it is our file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("it is our file");
}

/// Returns the names in a folder, sorted.
pub fn cells_of(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("an entry can be read").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
