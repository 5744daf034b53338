use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::support::eventually;

/// What can happen to a file.
#[derive(Clone, Copy, Debug)]
pub enum Harm {
    Flip,
    Truncate,
    Extend,
    Empty,
    Delete,
    Folder,
    Dangling,
    Link,
    Swap,
}

impl Harm {
    const ALL: [Self; 9] = [
        Self::Flip,
        Self::Truncate,
        Self::Extend,
        Self::Empty,
        Self::Delete,
        Self::Folder,
        Self::Dangling,
        Self::Link,
        Self::Swap,
    ];

    /// Returns one of them.
    pub fn any(rng: &mut Rng) -> Self {
        Self::ALL[rng.usize(..Self::ALL.len())]
    }

    /// Does it to `path`; `other` is a file of the same sort.
    pub fn strike(self, rng: &mut Rng, path: &Path, other: &Path) {
        match self {
            Self::Flip => change(path, |bytes| {
                if !bytes.is_empty() {
                    let at = rng.usize(..bytes.len());
                    bytes[at] ^= 1 << rng.u8(..8);
                }
            }),
            Self::Truncate => change(path, |bytes| bytes.truncate(rng.usize(..=bytes.len()))),
            Self::Extend => change(path, |bytes| bytes.extend((0..rng.usize(1..100)).map(|_| rng.u8(..)))),
            Self::Empty => change(path, Vec::clear),
            Self::Folder => {
                remove(path);
                fs::create_dir(path).expect("its place is free");
                fs::write(path.join("file"), "in the way").expect("a new folder is empty");
            }
            Self::Dangling => {
                remove(path);
                symlink("nowhere", path).expect("its place is free");
            }
            Self::Link if path != other => {
                remove(path);
                symlink(other, path).expect("its place is free");
            }
            Self::Swap if path != other => {
                let aside = PathBuf::from(format!("{}.aside", path.display()));
                fs::rename(path, &aside).expect("it is there");
                fs::rename(other, path).expect("it is there");
                fs::rename(aside, other).expect("it is there");
            }
            Self::Delete | Self::Link | Self::Swap => remove(path),
        }
    }
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("it is a file of ours");
}

/// Changes the bytes of a file and puts its time of modification back, as a dying disk would.
fn change(path: &Path, harm: impl FnOnce(&mut Vec<u8>)) {
    // What a link of `latest` leads to is harmed under its own name.
    if path.is_symlink() {
        return remove(path);
    }
    let before = fs::metadata(path).expect("it is there");
    let mut bytes = fs::read(path).expect("it is a file of ours");
    harm(&mut bytes);
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    fs::write(path, bytes).expect("it is ours");
    fs::set_permissions(path, before.permissions()).expect("it is ours");
    let file = fs::File::open(path).expect("it is ours");
    let changed = |metadata: &fs::Metadata| (metadata.ctime(), metadata.ctime_nsec());
    // The clock of the file system ticks every few milliseconds: what happens within one tick leaves no trace.
    eventually("the clock of the file system ticks", || {
        file.set_modified(before.modified().expect("files have times")).expect("it is ours");
        changed(&fs::metadata(path).expect("it is there")) != changed(&before)
    });
}
