//! What is asked of the file system in more than one place.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::FileType;

use crate::failure::Failure;

/// Returns the absolute folder that `path` lies in.
pub fn folder_of(path: &Path) -> Result<PathBuf, Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = fs::canonicalize(parent).map_err(|error| {
        if parent != Path::new(".") {
            let message = format!("error: there is no folder `{}`", parent.display());
            return match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Failure::usage(format!("{message}: -C and -f say where the manifest is"))
                }
                _ => error.into(),
            };
        }
        let message = "error: the folder that this was started in is gone; name the project's: osteon -C DIR";
        Failure::usage(message)
    })?;
    // Such as that of /dev/stdin.
    if found == Path::new("/dev") || found.starts_with("/proc") {
        let (path, found) = (path.display(), found.display());
        return Err(Failure::usage(format!(
            "error: `{path}` lies in `{found}`, where no project can lie: the cache is made beside the manifest"
        )));
    }
    Ok(found)
}

/// Reads a file of text; a pipe or a device may have no end, and is none.
///
/// # Errors
/// If it cannot be read, with the file.
pub fn read_text(path: &Path) -> io::Result<String> {
    ask_anew(path);
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::other(format!("`{}` is a pipe or a device, not a file", path.display())));
    }
    fs::read_to_string(path)
}

/// Lets the next look at `path`, or into it, see what other machines did: a client of NFS believes for up to a minute
/// what it saw last, which name stands for which file, and that a name was not there.
pub fn ask_anew(path: &Path) {
    path.parent().into_iter().chain([path]).for_each(ask_same_anew);
}

/// As [`ask_anew`], of a file or folder whose name stands for what it stood for.
pub fn ask_same_anew(path: &Path) {
    let _not_there_yet = kind_anew(path);
}

/// Asks anew what a path leads to, through links.
///
/// # Errors
/// If it leads nowhere, or nobody may know.
#[cfg(target_os = "linux")]
pub fn kind_anew(path: &Path) -> io::Result<FileType> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::STATX_FORCE_SYNC, StatxFlags::BASIC_STATS)?;
    Ok(FileType::from_raw_mode(found.stx_mode.into()))
}

/// Elsewhere nothing can be asked anew.
#[cfg(not(target_os = "linux"))]
pub fn kind_anew(path: &Path) -> io::Result<FileType> {
    Ok(FileType::from_raw_mode(rustix::fs::stat(path)?.st_mode))
}
