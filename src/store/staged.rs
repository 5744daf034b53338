use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// Makes a file that is written here and then renamed to where it belongs.
///
/// Whoever may read other files of this user may read it: a cache can be shared, a temporary file cannot.
pub(super) fn staged(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
}
