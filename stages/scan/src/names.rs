use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use table::View;

/// What the scans of a folder are called by those who say something about them.
///
/// A scan is called by its path or by the name of its file, each with or without the ending, unless that calls another
/// scan too. What calls a scan more fully goes first: `a.dcm` is the file of that name, whatever else is `a.dcm`
/// without an ending. Files that are named by identifiers such as `1.2.840.5` and have no ending thus keep apart.
#[derive(Clone, Debug)]
pub struct Names {
    /// The position of the scan; none where a name calls several.
    scans: BTreeMap<PathBuf, Option<usize>>,
}

/// One of the images in a scan.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Position of the scan among all of them, from 0.
    pub scan: usize,
    /// The scan, relative to its folder.
    pub path: &'a Path,
    /// Number of the image in it, from 1.
    pub number: usize,
    /// Images in it.
    pub of: usize,
    /// View of the image.
    pub view: View,
}

impl Names {
    /// Returns the names of scans, whose paths are relative to their folder.
    pub fn of(scans: &[PathBuf]) -> Self {
        let mut known: BTreeMap<PathBuf, Option<usize>> = BTreeMap::new();
        for rank in 0..4 {
            let mut level: BTreeMap<PathBuf, Option<usize>> = BTreeMap::new();
            for (position, scan) in scans.iter().enumerate() {
                let scan = spellings(scan).swap_remove(rank);
                level.entry(scan).and_modify(|other| *other = None).or_insert(Some(position));
            }
            for (name, scan) in level {
                known.entry(name).or_insert(scan);
            }
        }
        Self { scans: known }
    }

    /// Returns what an image may be called.
    ///
    /// Of a scan with several images, number `k` is `<name>-<k>`, and of two `<name>-anterior` and `<name>-posterior`.
    pub fn of_image(&self, place: Place<'_>) -> Vec<PathBuf> {
        let endings = match place.of {
            1 => return self.of_scan(place),
            2 => vec![place.number.to_string(), place.view.to_string()],
            _ => vec![place.number.to_string()],
        };
        let names = self.of_scan(place).into_iter().flat_map(|name| {
            endings.iter().map(move |ending| {
                let mut name = name.clone().into_os_string();
                name.push(format!("-{ending}"));
                PathBuf::from(name)
            })
        });
        names.filter(|name| !self.scans.contains_key(name)).collect()
    }

    /// Returns what the scan of an image may be called.
    pub fn of_scan(&self, place: Place<'_>) -> Vec<PathBuf> {
        let spellings: BTreeSet<PathBuf> = spellings(place.path).into_iter().collect();
        spellings.into_iter().filter(|name| self.scans.get(name) == Some(&Some(place.scan))).collect()
    }

    /// Whether a name calls a scan, several of them, or one of the images in a scan.
    pub fn know(&self, name: &Path) -> bool {
        let scan = || {
            let (scan, image) = name.to_str()?.rsplit_once('-')?;
            let view = View::ALL.iter().any(|view| view.as_str() == image);
            (view || image.parse::<u32>().is_ok()).then_some(scan)
        };
        self.scans.contains_key(name) || scan().is_some_and(|scan| self.scans.contains_key(Path::new(scan)))
    }
}

/// Returns what a file may be called, the fullest first.
fn spellings(scan: &Path) -> Vec<PathBuf> {
    let file = Path::new(scan.file_name().unwrap_or_default());
    vec![scan.to_owned(), scan.with_extension(""), file.to_owned(), file.with_extension("")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scans: &[&str], scan: usize, number: usize, of: usize) -> Vec<String> {
        let paths: Vec<PathBuf> = scans.iter().map(PathBuf::from).collect();
        let place = Place { scan, path: &paths[scan], number, of, view: View::Posterior };
        Names::of(&paths).of_image(place).iter().map(|name| name.display().to_string()).collect()
    }

    #[test]
    fn a_scan_is_called_by_its_path_or_its_name_with_or_without_ending() {
        assert_eq!(names(&["x/a.dcm", "b.dcm"], 0, 1, 1), ["a", "a.dcm", "x/a", "x/a.dcm"]);
        assert_eq!(names(&["a", "x/a.dcm"], 0, 1, 1), ["a"]);
        assert_eq!(names(&["a", "x/a.dcm"], 1, 1, 1), ["a.dcm", "x/a", "x/a.dcm"]);
    }

    #[test]
    fn what_calls_two_scans_calls_neither() {
        assert_eq!(names(&["x/a.dcm", "y/a.dcm"], 1, 1, 1), ["y/a", "y/a.dcm"]);
        assert_eq!(names(&["1.2.840.5", "1.2.840.6"], 1, 1, 1), ["1.2.840.6"]);
    }

    #[test]
    fn of_several_images_each_has_a_number_and_of_two_a_view() {
        assert_eq!(names(&["a"], 0, 2, 2), ["a-2", "a-posterior"]);
        assert_eq!(names(&["a"], 0, 3, 3), ["a-3"]);
        assert_eq!(names(&["a", "a-2"], 0, 2, 2), ["a-posterior"]);
    }

    #[test]
    fn a_name_that_calls_nothing_is_known_to() {
        let names = Names::of(&["x/a.dcm", "y/a.dcm"].map(PathBuf::from));
        for known in ["a", "x/a", "x/a.dcm", "x/a-12", "x/a-anterior"] {
            assert!(names.know(Path::new(known)), "{known}");
        }
        for unknown in ["b", "x/b", "x/a-left", "a.dicom", "x"] {
            assert!(!names.know(Path::new(unknown)), "{unknown}");
        }
    }
}
