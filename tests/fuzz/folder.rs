use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// Returns a folder for files that are written thousands of times: in memory, where there is such a place.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
}

/// Writes a file, and the folders that it lies in.
pub fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders can be made");
    fs::write(path, bytes).expect("a temporary folder can be written to");
}
