use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fs_err as fs;

/// Every right of an owner.
const OWN: u32 = 0o700;

/// Removes a folder of ours with all that a stage left in it, also where the stage took the right to from us.
///
/// Links are not followed; so no file outside of the folder is touched.
///
/// # Errors
/// If it is not there, is not ours, or somebody still writes into it.
pub fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            own_all(folder)?;
            fs::remove_dir_all(folder)
        }
        other => other,
    }
}

fn own_all(folder: &Path) -> io::Result<()> {
    own(folder, &fs::symlink_metadata(folder)?)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            own_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Takes back the right to list a folder and to take files out of it.
pub(super) fn own(folder: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    let mode = metadata.permissions().mode();
    if mode & OWN == OWN {
        return Ok(());
    }
    fs::set_permissions(folder, std::fs::Permissions::from_mode(mode | OWN))
}
