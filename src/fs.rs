//! What is asked of the file system in more than one place.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::failure::Failure;

/// Returns the absolute folder that `path` lies in.
pub fn folder_of(path: &Path) -> Result<PathBuf, Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(fs::canonicalize(parent)?)
}

/// Reads a file of text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    Ok(fs::read_to_string(path)?)
}
