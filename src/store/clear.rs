use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// Folders in folders for which a function may call itself.
const DEEPEST: usize = 100;

/// Every right of an owner.
const OWN: u32 = 0o700;

/// Removes a folder of ours with all that a stage left in it, also where the stage took the right to from us.
///
/// Links are not followed; so no file outside of the folder is touched.
///
/// # Errors
/// If it is not there, is not ours, or somebody still writes into it.
pub fn clear(folder: &Path) -> io::Result<()> {
    if is_deep(folder) {
        flatten(folder)?;
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let owned = own_all(folder);
            // What could not be looked into may be deep.
            if is_deep(folder) {
                flatten(folder)?;
            } else {
                owned?;
            }
            fs::remove_dir_all(folder)
        }
        other => other,
    }
}

/// Returns whether folders lie so deep in a folder that no function should call itself for each.
fn is_deep(folder: &Path) -> bool {
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((here, depth)) = open.pop() {
        let found = folders(&here);
        // Long names lie too deep for a path before they are many.
        let is_out_of_reach =
            found.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidFilename);
        if depth > DEEPEST || is_out_of_reach {
            return true;
        }
        open.extend(found.into_iter().flatten().map(|inner| (inner, depth + 1)));
    }
    false
}

/// Moves all folders in a folder up into it: however deep they lie, no path is too long.
fn flatten(folder: &Path) -> io::Result<()> {
    let mut free =
        (0_u64..).map(|number| folder.join(format!(".left.{number}"))).filter(|path| !is_taken(path));
    own(folder, &fs::symlink_metadata(folder)?)?;
    let mut open = folders(folder)?;
    while let Some(here) = open.pop() {
        own(&here, &fs::symlink_metadata(&here)?)?;
        for inner in folders(&here)? {
            // Who moves a folder writes to it.
            own(&inner, &fs::symlink_metadata(&inner)?)?;
            let up = free.next().unwrap_or_else(|| inner.clone());
            fs::rename(inner, &up)?;
            open.push(up);
        }
    }
    Ok(())
}

/// Returns the folders in a folder; in a link there are none.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn own_all(folder: &Path) -> io::Result<()> {
    let mut open = vec![folder.to_owned()];
    while let Some(here) = open.pop() {
        own(&here, &fs::symlink_metadata(&here)?)?;
        open.extend(folders(&here)?);
    }
    Ok(())
}

/// Takes back the right to list a folder that a stage made and to take files out of it.
///
/// # Errors
/// If it is not ours.
pub fn own(folder: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
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
        // Of the longer name a path holds 16 only.
        clear_nested("d", 5000);
        clear_nested(&"d".repeat(250), 500);
    }

    fn clear_nested(name: &str, depth: usize) {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "x").unwrap();
        let folder = outside.path().join("folder");
        // No path leads to the deepest: they are built from below.
        let (inner, above) = (outside.path().join("inner"), outside.path().join("above"));
        fs::create_dir(&inner).unwrap();
        for depth in 0..depth {
            fs::create_dir(&above).unwrap();
            fs::write(above.join("file"), "x").unwrap();
            if depth % 1000 == 0 {
                std::os::unix::fs::symlink(outside.path(), above.join(".left.0")).unwrap();
            }
            fs::rename(&inner, above.join(name)).unwrap();
            let rights = if depth % 100 == 0 { 0o500 } else { 0o700 };
            fs::set_permissions(above.join(name), std::fs::Permissions::from_mode(rights)).unwrap();
            fs::rename(&above, &inner).unwrap();
        }
        fs::rename(&inner, &folder).unwrap();
        clear(&folder).unwrap();
        assert!(!folder.exists());
        assert_eq!(fs::read_to_string(outside.path().join("file")).unwrap(), "x");
        assert!(clear(&folder).is_err(), "what is not there cannot be removed");
    }

    #[test]
    fn of_a_link_the_link_alone_is_removed() {
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir_all(outside.path().join("folder/inner")).unwrap();
        fs::write(outside.path().join("folder/inner/file"), "x").unwrap();
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(outside.path().join("folder"), &link).unwrap();
        clear(&link).unwrap();
        assert!(!is_taken(&link));
        assert_eq!(fs::read_to_string(outside.path().join("folder/inner/file")).unwrap(), "x");
    }
}
