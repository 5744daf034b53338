use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{fs, io};

use contract::Issue;
use table::{Lesion, Shape, View};

use crate::labelme::{self, Annotation, Bounds, Disease, Finding};
use crate::vote::Reading;

/// The annotations of all readers: a folder for each, in it a LabelMe file for each image.
///
/// The file of an image has the path of its scan, with the ending `.json`; a scan whose name no other has may also
/// lie flat, whatever folder the scan is in. Of a scan with several images, number `k` is in `<name>-<k>.json`, from
/// 1, or, of two views, in `<name>-anterior.json` and `<name>-posterior.json`.
#[derive(Clone, Debug)]
pub struct Annotations {
    root: PathBuf,
    readers: Vec<String>,
    /// How many of them have to have read each image.
    needed: usize,
    /// Names that more than one scan has, without ending.
    shared_names: BTreeSet<OsString>,
}

/// One of the images in a scan.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The scan, relative to its folder.
    pub scan: &'a Path,
    /// Number of the image in it, from 1.
    pub number: usize,
    /// Images in it.
    pub of: usize,
    /// View of the image.
    pub view: View,
}

/// What one reader found in one image, and where: a lesion lacks only its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    /// What counts in the vote.
    pub reading: Reading,
    /// Every shape.
    pub lesions: Vec<Lesion>,
}

impl Annotations {
    /// Opens the folder of all readers.
    ///
    /// # Errors
    /// If it cannot be read, or has fewer than `needed` readers.
    pub fn open(root: &Path, needed: usize, scans: &[PathBuf]) -> Result<Self, Issue> {
        let readers =
            readers(root).map_err(|error| Issue::new(format!("it cannot be read: {error}")).file(root))?;
        if readers.len() < needed {
            let found = readers.len();
            let help = "each reader has a folder of their own; if there were fewer readers, say `readers`";
            let message = format!("there are annotations of {found} readers, and `readers` is {needed}");
            return Err(Issue::new(message).help(help).file(root));
        }
        let mut names: Vec<&OsStr> = scans.iter().filter_map(|scan| scan.file_stem()).collect();
        names.sort_unstable();
        let shared = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
        Ok(Self { root: root.to_owned(), readers, needed, shared_names: shared.collect() })
    }

    /// Returns what each reader marked in an image.
    ///
    /// # Errors
    /// If fewer than the needed number of readers have read the image, which is not the same as finding nothing; if
    /// a file is no annotation, has a label that names no disease, or is one of an image of another size.
    pub fn of(&self, place: Place<'_>, size: Shape) -> Result<Vec<Marks>, Issue> {
        let names = self.names(place);
        let mut marks = Vec::new();
        let mut missing = Vec::new();
        for reader in &self.readers {
            match names.iter().map(|name| self.root.join(reader).join(name)).find(|path| path.is_file()) {
                Some(path) => marks.push(Marks::read(&path, reader, size).map_err(|issue| issue.file(path))?),
                None => missing.push(reader.as_str()),
            }
        }
        if marks.len() >= self.needed {
            return Ok(marks);
        }
        let names: Vec<String> = names.iter().map(|name| name.display().to_string()).collect();
        let (names, missing) = (names.join(" or "), missing.join(", "));
        let message = format!("{} of {} readers annotated it", marks.len(), self.needed);
        let help = "who finds nothing leaves an annotation without shapes; if fewer have read, say `readers`";
        Err(Issue::new(format!("{message}: {names} is missing from {missing}")).help(help).file(place.scan))
    }

    /// Returns the names that the annotation of an image may have.
    fn names(&self, place: Place<'_>) -> Vec<PathBuf> {
        let mirrored = place.scan.with_extension("");
        let flat =
            mirrored.file_name().filter(|name| !self.shared_names.contains(*name) && *name != mirrored);
        let endings = match place.of {
            1 => vec![".json".to_owned()],
            2 => vec![format!("-{}.json", place.number), format!("-{}.json", place.view)],
            _ => vec![format!("-{}.json", place.number)],
        };
        let mut names = Vec::new();
        for stem in [Some(mirrored.as_os_str()), flat].into_iter().flatten() {
            for ending in &endings {
                let mut name = stem.to_owned();
                name.push(ending);
                names.push(PathBuf::from(name));
            }
        }
        names
    }
}

/// Returns the folders in a folder, in alphabetical order.
fn readers(root: &Path) -> io::Result<Vec<String>> {
    let mut readers = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.path().is_dir() {
            readers.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    readers.sort();
    Ok(readers)
}

impl Marks {
    fn read(path: &Path, reader: &str, size: Shape) -> Result<Self, Issue> {
        let annotation = Annotation::read(path)?;
        let differs = |stated: Option<u32>, side| stated.is_some_and(|stated| stated != side);
        if differs(annotation.image_height, size.rows) || differs(annotation.image_width, size.cols) {
            let message = format!("it annotates an image of another size than {size} pixels");
            return Err(Issue::new(message).help("check that it belongs to this scan"));
        }
        let mut marks = Self { reading: Reading::default(), lesions: Vec::new() };
        for shape in &annotation.shapes {
            let finding: Finding = shape.label.parse()?;
            match finding.disease {
                Disease::Metastasis => marks.reading.metastasis = true,
                Disease::Arthritis => marks.reading.arthritis = true,
            }
            marks.lesions.push(lesion(reader, finding, shape));
        }
        Ok(marks)
    }
}

/// Returns the lesion that a shape surrounds; a label without a bone leaves the site empty.
fn lesion(reader: &str, finding: Finding, shape: &labelme::Shape) -> Lesion {
    let Bounds { x_min, y_min, x_max, y_max } = shape.bounds();
    Lesion {
        image_id: String::new(),
        reader: reader.to_owned(),
        disease: finding.disease.to_string(),
        site: finding.site.unwrap_or_default(),
        x_min,
        y_min,
        x_max,
        y_max,
    }
}
