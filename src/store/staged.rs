use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::way::make_way;

/// Makes a file that is written here and then renamed to where it belongs.
///
/// Whoever may read other files of this user may read it: a cache can be shared, a temporary file cannot.
pub(super) fn staged(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Writes the bytes of a staged file, in one piece: it has no buffer.
///
/// # Errors
/// If there is no room, with the file: which disk is full is not for the reader to guess.
pub(super) fn fill(staged: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
    staged.write_all(bytes).map_err(|error| {
        let message = format!("failed to write to file `{}`: {error}", staged.path().display());
        io::Error::new(error.kind(), message)
    })
}

/// Writes a file beside where it belongs and renames it there.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut staged = staged(path.parent().unwrap_or(Path::new(".")))?;
    fill(&mut staged, bytes)?;
    make_way(path)?;
    staged.persist(path)?;
    Ok(())
}
