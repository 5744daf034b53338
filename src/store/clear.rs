use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// Every right of an owner.
const OWN: u32 = 0o700;

/// Removes a folder of ours with all that a stage left in it, also where the stage took the right to from us.
///
/// Links are not followed; so no file outside of the folder is touched. Folders in folders are moved up before they are
/// looked into: however deep they lie, no path is too long and nothing waits on a stack.
///
/// # Errors
/// If it is not there, is not ours, or somebody still writes into it.
pub fn clear(folder: &Path) -> io::Result<()> {
    let mut open = empty(folder)?;
    let mut free =
        (0_u64..).map(|number| folder.join(format!(".left.{number}"))).filter(|path| !is_taken(path));
    while let Some(here) = open.pop() {
        for inner in empty(&here)? {
            // Who moves a folder writes to it.
            own(&inner, &fs::symlink_metadata(&inner)?)?;
            let up = free.next().unwrap_or_else(|| inner.clone());
            fs::rename(inner, &up)?;
            open.push(up);
        }
        fs::remove_dir(here)?;
    }
    fs::remove_dir(folder)
}

/// Removes what lies in a folder, other than the folders in it, which are returned.
fn empty(folder: &Path) -> io::Result<Vec<PathBuf>> {
    own(folder, &fs::symlink_metadata(folder)?)?;
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(folders)
}

fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Takes back the right to list a folder and to take files out of it.
pub(super) fn own(folder: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    let mode = metadata.permissions().mode();
    if mode & OWN == OWN {
        return Ok(());
    }
    fs::set_permissions(folder, std::fs::Permissions::from_mode(mode | OWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_however_deep_are_cleared_and_what_links_lead_to_stays() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "x").unwrap();
        let folder = outside.path().join("folder");
        // No path leads to the deepest: they are built from below.
        let (inner, above) = (outside.path().join("inner"), outside.path().join("above"));
        fs::create_dir(&inner).unwrap();
        for depth in 0..5000 {
            fs::create_dir(&above).unwrap();
            fs::write(above.join("file"), "x").unwrap();
            if depth % 1000 == 0 {
                fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o500)).unwrap();
                std::os::unix::fs::symlink(outside.path(), above.join(".left.0")).unwrap();
                own(&inner, &fs::symlink_metadata(&inner).unwrap()).unwrap();
            }
            fs::rename(&inner, above.join("d")).unwrap();
            fs::rename(&above, &inner).unwrap();
        }
        fs::rename(&inner, &folder).unwrap();
        clear(&folder).unwrap();
        assert!(!folder.exists());
        assert_eq!(fs::read_to_string(outside.path().join("file")).unwrap(), "x");
        assert!(clear(&folder).is_err(), "what is not there cannot be removed");
    }
}
