use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Digest;
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::clear::{clear, own};
use super::inside;
use super::object::{Store, split};
use crate::fs::ask_anew;
use crate::key::Form;

/// A folder: its files and links by path, sorted. Empty folders are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    /// What lies in it; `/` divides the parts of a path.
    pub nodes: Vec<(String, Node)>,
}

/// One folder that was laid out for a tree object, and none that was laid out in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    device: u64,
    inode: u64,
    /// The number of an inode may be used again.
    born: Option<SystemTime>,
}

/// What lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// A file.
    File {
        /// The digest of its bytes.
        digest: Digest,
        /// Its bytes.
        size: u64,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A link to another path in the folder.
    Link(String),
}

impl Tree {
    /// Returns the bytes of the tree object.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a list of strings and numbers is JSON")
    }

    /// Reads a tree object; a path or a link that would climb out of the folder is an error.
    pub fn decode(bytes: &[u8]) -> io::Result<Self> {
        let tree: Self = serde_json::from_slice(bytes).map_err(io::Error::other)?;
        if let Some(path) = inside::leaving(&tree.nodes) {
            return Err(io::Error::other(format!("a tree object names {path:?}, outside its folder")));
        }
        if !tree.nodes.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(io::Error::other("a tree object is not sorted, or names a path twice"));
        }
        Ok(tree)
    }

    /// Returns the digests of its files.
    pub fn blobs(&self) -> impl Iterator<Item = &Digest> {
        self.nodes.iter().filter_map(|(_, node)| match node {
            Node::File { digest, .. } => Some(digest),
            Node::Link(_) => None,
        })
    }

    /// Returns the bytes of all its files.
    pub fn size(&self) -> u64 {
        let size = |node: &Node| match node {
            Node::File { size, .. } => *size,
            Node::Link(_) => 0,
        };
        self.nodes.iter().map(|(_, node)| size(node)).fold(0, u64::saturating_add)
    }
}

impl Store {
    /// Takes what an attempt wrote at `path`: a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// If it is neither, or something in it cannot be kept.
    pub fn adopt(&self, path: &Path) -> io::Result<Artifact> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_file() {
            let form = if metadata.permissions().mode() & 0o111 == 0 { Form::File } else { Form::Executable };
            return Ok(Artifact { form, digest: self.take(path, &metadata)?, size: metadata.len() });
        }
        if !metadata.is_dir() {
            return Err(refuse(path, "is neither a file nor a folder"));
        }
        let mut tree = Tree::default();
        self.adopt_folder(path, &mut tree)?;
        tree.nodes.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(link) = inside::leaving(&tree.nodes) {
            return Err(refuse(&path.join(link), "is a link that points outside its folder"));
        }
        Ok(Artifact { form: Form::Folder, digest: self.put(&tree.encode())?, size: tree.size() })
    }

    fn adopt_folder(&self, root: &Path, tree: &mut Tree) -> io::Result<()> {
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            own(&folder, &fs::symlink_metadata(&folder)?)?;
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let inside = path.strip_prefix(root).unwrap_or(&path);
                let name =
                    inside.to_str().ok_or_else(|| refuse(&path, "has a name that is not UTF-8"))?.to_owned();
                let metadata = fs::symlink_metadata(&path)?;
                if metadata.is_dir() {
                    open.push(path);
                } else if metadata.is_file() {
                    let executable = metadata.permissions().mode() & 0o111 != 0;
                    let digest = self.take(&path, &metadata)?;
                    tree.nodes.push((name, Node::File { digest, size: metadata.len(), executable }));
                } else if metadata.is_symlink() {
                    let target = fs::read_link(&path)?;
                    let text =
                        target.to_str().ok_or_else(|| refuse(&path, "points to a name that is not UTF-8"))?;
                    tree.nodes.push((name, Node::Link(text.to_owned())));
                } else {
                    return Err(refuse(&path, "is neither a file, a folder nor a link"));
                }
            }
        }
        Ok(())
    }

    /// Reads a tree object.
    pub fn tree(&self, digest: &Digest) -> io::Result<Tree> {
        Tree::decode(&self.read(digest)?)
    }

    /// Returns the folder that a tree object stands for, laid out as links.
    pub fn lay_out(&self, digest: &Digest) -> io::Result<PathBuf> {
        let folder = self.root().join(split("trees", digest, ""));
        let tree = self.tree(digest)?;
        if folder.exists() {
            if self.is_as_laid_out(&folder, &tree) {
                return Ok(folder);
            }
            // Somebody wrote into it. Moved away first: nobody finds half of it.
            let aside = tempfile::tempdir_in(self.root().join("staging"))?;
            match fs::rename(&folder, aside.path().join("changed")) {
                // Another stage found it so, too.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved?,
            }
        }
        let staged = tempfile::tempdir_in(self.root().join("staging"))?;
        for (path, node) in &tree.nodes {
            let at = staged.path().join(path);
            fs::create_dir_all(at.parent().unwrap_or(staged.path()))?;
            match node {
                Node::File { digest, executable, .. } => {
                    self.link(digest, *executable, &at, &folder.join(path))?;
                }
                Node::Link(target) => symlink(target, &at)?,
            }
        }
        fs::set_permissions(staged.path(), std::fs::Permissions::from_mode(0o755))?;
        let staged = staged.keep();
        match self.rename(&staged, &folder) {
            // Another stage laid it out meanwhile, perhaps on another machine.
            Err(_) if is_there_now(&folder) => clear(&staged)?,
            other => other?,
        }
        Ok(folder)
    }

    /// Returns which of all folders that were ever laid out for a tree object lies there now.
    ///
    /// # Errors
    /// If none does.
    pub fn laid(&self, digest: &Digest) -> io::Result<Laid> {
        let metadata = fs::metadata(self.root().join(split("trees", digest, "")))?;
        Ok(Laid { device: metadata.dev(), inode: metadata.ino(), born: metadata.created().ok() })
    }

    /// Returns whether an artifact is what a stage was given: its bytes, and of a folder also the links to them.
    ///
    /// `laid` is the folder that it was given: one that was written to may have been laid out again for somebody else.
    pub fn is_as_given(&self, artifact: &Artifact, laid: Option<&Laid>) -> bool {
        let links_hold = || {
            let folder = self.root().join(split("trees", &artifact.digest, ""));
            self.tree(&artifact.digest).is_ok_and(|tree| self.is_as_laid_out(&folder, &tree))
                && self.laid(&artifact.digest).ok().as_ref() == laid
        };
        self.is_whole(artifact) && (artifact.form != Form::Folder || links_hold())
    }

    /// Returns whether a folder still consists of the links that [`Store::lay_out`] made, and of nothing else.
    pub(super) fn is_as_laid_out(&self, folder: &Path, tree: &Tree) -> bool {
        let Ok(mut found) = list(folder) else { return false };
        found.sort();
        let as_made = |(path, node): &(String, Node)| {
            let at = folder.join(path);
            match node {
                Node::File { digest, executable: true, .. } => {
                    !at.is_symlink() && self.memo().digest(&at).is_ok_and(|found| found == *digest)
                }
                Node::File { digest, .. } => {
                    let way = relative(&self.object(digest), &at, self.root());
                    fs::read_link(&at).is_ok_and(|target| target == way)
                }
                Node::Link(target) => fs::read_link(&at).is_ok_and(|found| found == Path::new(target)),
            }
        };
        found.iter().eq(tree.nodes.iter().map(|(path, _)| path)) && tree.nodes.iter().all(as_made)
    }

    /// Links `at` to an object, by the way from where it will finally lie; a program is a copy, since objects cannot
    /// be executed.
    pub fn link(&self, digest: &Digest, executable: bool, at: &Path, finally: &Path) -> io::Result<()> {
        let object = self.object(digest);
        if executable {
            fs::copy(&object, at)?;
            return fs::set_permissions(at, std::fs::Permissions::from_mode(0o555));
        }
        symlink(relative(&object, finally, self.root()), at)
    }
}

/// Lists what lies in a folder, other than folders, without following links.
fn list(root: &Path) -> io::Result<Vec<String>> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !path.is_symlink() && path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}

/// Most bytes of what a link holds.
const LONGEST_LINK: usize = 4095;

/// Returns the way from the link at `from` to `to` if both lie below `root` and a link can hold it, else `to` itself.
pub fn relative(to: &Path, from: &Path, root: &Path) -> PathBuf {
    // As bytes: this is asked for every output of every run, and comparing the parts of paths is slow.
    let root = root.as_os_str().as_bytes();
    let below = |path: &'_ Path| {
        path.as_os_str().as_bytes().strip_prefix(root)?.strip_prefix(b"/").map(<[u8]>::to_owned)
    };
    let (Some(down), Some(link)) = (below(to), below(from)) else { return to.to_owned() };
    let up = link.iter().filter(|byte| **byte == b'/').count();
    let mut way = b"../".repeat(up);
    way.extend(down);
    if way.len() > LONGEST_LINK {
        return to.to_owned();
    }
    PathBuf::from(OsString::from_vec(way))
}

fn is_there_now(path: &Path) -> bool {
    ask_anew(path);
    path.exists()
}

fn refuse(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("`{}` {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_object_that_climbs_out_is_refused() {
        for path in ["../x", "/x", "a/../../x", ""] {
            let tree = Tree { nodes: vec![(path.into(), Node::Link("y".into()))] };
            assert!(Tree::decode(&tree.encode()).is_err(), "{path}");
        }
    }

    #[test]
    fn the_way_between_two_files_of_the_cache_is_relative() {
        let root = Path::new("/c");
        let way = relative(Path::new("/c/objects/ab/x"), Path::new("/c/latest/s/f"), root);
        assert_eq!(way, Path::new("../../objects/ab/x"));
    }
}
