use std::io;
use std::path::Path;

use fs_err as fs;

use super::staged::put;
use super::way::make_way;

/// The layout of a cache that this program knows, as its file says it.
const KNOWN: &str = "osteon cache 1\n";

/// The file of a cache that tells its layout.
pub(super) const FILE: &str = "FORMAT";

/// What a cache says of its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// That this program knows it.
    Known,
    /// Nothing that a program of any version would have written.
    Damaged,
    /// Nothing: there may be no cache.
    Untold,
}

impl Layout {
    /// Returns what the cache at `root` says of its layout.
    ///
    /// # Errors
    /// If it is one that another version of this program wrote: then nothing in it may be judged.
    pub(super) fn of(root: &Path) -> io::Result<Self> {
        let path = root.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Untold),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => return Ok(Self::Damaged),
            Err(error) => return Err(error),
        };
        if bytes == KNOWN.as_bytes() {
            return Ok(Self::Known);
        }
        let text = String::from_utf8_lossy(&bytes);
        if !is_of_another_version(&text) {
            return Ok(Self::Damaged);
        }
        Err(io::Error::other(format!(
            "{} says {:?}, and this program knows {:?}: use the program that wrote it, or another cache \
             (OSTEON_CACHE)",
            path.display(),
            text.trim(),
            KNOWN.trim()
        )))
    }

    /// Lets the cache at `root` say its layout, if it does not.
    ///
    /// # Errors
    /// If it is one that another version of this program wrote, or nothing can be written.
    pub(super) fn tell(root: &Path) -> io::Result<()> {
        if Self::of(root)? == Self::Known {
            return Ok(());
        }
        let path = root.join(FILE);
        make_way(&path)?;
        // By a rename: another run that begins now must not read half of it.
        put(&path, KNOWN.as_bytes())
    }
}

/// Returns whether a program of another version may have written this.
fn is_of_another_version(text: &str) -> bool {
    let number = text.strip_prefix("osteon cache ").and_then(|rest| rest.strip_suffix('\n'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused_and_what_is_damaged_is_written_anew() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(FILE);
        assert_eq!(Layout::of(root.path()).unwrap(), Layout::Untold);
        for damaged in ["", "osteon cache 1", "osteon cache \n", "osteon cache 1x\n", "\u{0}steon cache 1\n"]
        {
            fs::write(&file, damaged).unwrap();
            assert_eq!(Layout::of(root.path()).unwrap(), Layout::Damaged, "{damaged:?}");
            Layout::tell(root.path()).unwrap();
            assert_eq!(Layout::of(root.path()).unwrap(), Layout::Known, "{damaged:?}");
        }
        fs::write(&file, "osteon cache 27\n").unwrap();
        let error = Layout::tell(root.path()).unwrap_err().to_string();
        assert!(error.contains("says \"osteon cache 27\", and this program knows"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "osteon cache 27\n");
    }
}
