use std::fs;
use std::path::{Path, PathBuf};

use contract::Issue;

/// How deep folders may lie within folders; a link that leads back to its own folder ends here.
const DEPTH: usize = 32;

/// A folder, and all files in it at any depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder.
    pub root: PathBuf,
    /// The files, relative to it, in the order of the bytes of their paths: that of `find | LC_ALL=C sort`.
    pub files: Vec<PathBuf>,
}

impl Folder {
    /// Lists a folder; of a single file, the folder in which it lies with this file alone. Links are followed.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn open(path: &Path) -> Result<Self, Issue> {
        if let (true, Some(root), Some(name)) = (path.is_file(), path.parent(), path.file_name()) {
            return Ok(Self { root: root.to_owned(), files: vec![PathBuf::from(name)] });
        }
        let mut files = Vec::new();
        collect(path, Path::new(""), 0, &mut files)?;
        files.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
        Ok(Self { root: path.to_owned(), files })
    }
}

fn collect(root: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Issue> {
    let folder = root.join(below);
    // A folder may have the name of a patient.
    let refused = |error: std::io::Error| {
        Issue::new(format!("a folder {depth} levels below the input cannot be read: {}", error.kind()))
    };
    if depth > DEPTH {
        let help = "a link that leads back to a folder above it does this";
        return Err(Issue::new(format!("folders are nested more than {DEPTH} deep")).help(help));
    }
    for entry in fs::read_dir(&folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, depth + 1, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_at_any_depth_in_the_order_of_their_paths() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("b/c")).unwrap();
        for name in ["b/c/3", "b/2", "a", "b-1", "d"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        assert_eq!(
            Folder::open(root.path()).unwrap().files,
            ["a", "b-1", "b/2", "b/c/3", "d"].map(PathBuf::from)
        );
        let alone = Folder::open(&root.path().join("b/2")).unwrap();
        assert_eq!(alone, Folder { root: root.path().join("b"), files: vec![PathBuf::from("2")] });
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
        assert!(Folder::open(root.path()).is_err());
    }
}
