use std::io;
use std::path::{Component, Path, PathBuf};

use contract::Digest;
use fs_err as fs;

use super::Report;
use crate::store::shelf::{entries, name};

impl Report {
    /// Looks where the links of `latest`, and of every other profile, lead to.
    pub(super) fn links(&mut self, home: &Path, root: &Path) -> io::Result<()> {
        for folder in entries(home)? {
            let is_latest = name(&folder) == "latest" || name(&folder).starts_with("latest@");
            if is_latest && !folder.is_symlink() && folder.is_dir() {
                self.links_in(&folder, &folder, root)?;
            }
        }
        Ok(())
    }

    fn links_in(&mut self, latest: &Path, folder: &Path, root: &Path) -> io::Result<()> {
        for path in entries(folder)? {
            let metadata = fs::symlink_metadata(&path)?;
            let what = || format!("`{}`", path.strip_prefix(latest).unwrap_or(&path).display());
            if metadata.is_dir() {
                self.links_in(latest, &path, root)?;
            } else if !metadata.is_symlink() {
                self.damage(&path, &what(), "it is no link to an artifact");
            } else {
                self.links += 1;
                let target = fs::read_link(&path)?;
                if !is_artifact(&plain(&folder.join(&target)), &plain(root)) {
                    let why =
                        format!("it leads to `{}`, which is no artifact of this cache", target.display());
                    self.damage(&path, &what(), &why);
                }
            }
        }
        Ok(())
    }
}

/// Returns whether a path is that of an object or of a folder that is laid out, whether it is there or not.
fn is_artifact(path: &Path, root: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(root) else { return false };
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let [shelf, first, rest] = parts.as_slice() else { return false };
    ["objects", "trees"].contains(&shelf.as_str())
        && first.len() == 2
        && format!("{first}{rest}").parse::<Digest>().is_ok()
}

/// Returns a path without the steps that it goes back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_and_trees_are_artifacts() {
        let root = Path::new("/p/cache");
        let digits = Digest::of(b"").to_string();
        let at = |shelf: &str| format!("/p/cache/latest/a/../../{shelf}/{}/{}", &digits[..2], &digits[2..]);
        assert!(is_artifact(&plain(Path::new(&at("objects"))), root));
        assert!(is_artifact(&plain(Path::new(&at("trees"))), root));
        for path in [at("records"), at("../objects"), at("objects") + "/x", "/etc/passwd".to_owned()] {
            assert!(!is_artifact(&plain(Path::new(&path)), root), "{path}");
        }
    }
}
