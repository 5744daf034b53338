use std::path::{Path, PathBuf};
use std::{fs, io};

use contract::Issue;
use table::{Lesion, Shape};

use crate::folder::Folder;
use crate::labelme::{self, Annotation, Bounds, Disease, Finding};
use crate::names::{Names, Place};
use crate::vote::Reading;

/// How far a point may lie outside of the image, in pixels: tools differ in where its edge is.
const SLACK: f64 = 1.0;

/// The annotations of all readers: a folder for each, in it a LabelMe file for each image, JSON or XML.
///
/// The file of an image is called as its image (see [`Names`]). A reader is `reader-<k>` in everything that is written,
/// in the order of the folders: a folder may have the name of a physician.
#[derive(Clone, Debug)]
pub struct Annotations {
    root: PathBuf,
    readers: Vec<Reader>,
    /// How many of them have to have read each image.
    needed: usize,
    names: Names,
}

#[derive(Clone, Debug)]
struct Reader {
    name: String,
    folder: PathBuf,
}

/// What one reader found in one image, and where: a lesion lacks only its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    /// Who it is.
    pub reader: String,
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
    pub fn open(root: &Path, needed: usize, names: Names) -> Result<Self, Issue> {
        let readers = readers(root)
            .map_err(|error| Issue::new(format!("`annotations` cannot be read: {}", error.kind())))?;
        if readers.len() < needed {
            let found = readers.len();
            let help = "each reader has a folder of their own; if there were fewer readers, say `readers`";
            let message = format!("there are annotations of {found} readers, and `readers` is {needed}");
            return Err(Issue::new(message).help(help));
        }
        Ok(Self { root: root.to_owned(), readers, needed, names })
    }

    /// Returns what each reader marked in an image.
    ///
    /// # Errors
    /// If fewer than the needed number of readers have read the image, which is not the same as finding nothing; if a
    /// reader has two files of it; if a file is no annotation, has a label that names no disease, a shape outside of
    /// the image, or is one of an image of another size.
    pub fn of(&self, place: Place<'_>, size: Shape) -> Result<Vec<Marks>, Issue> {
        let names = self.names.of_image(place);
        let files: Vec<PathBuf> = names.iter().flat_map(|name| files(name)).collect();
        let mut marks = Vec::new();
        let mut missing = Vec::new();
        for Reader { name, folder } in &self.readers {
            let issue = |issue: Issue| {
                let message = format!("the annotation of {name}: {}", issue.message);
                Issue { message, ..issue }
            };
            let found: Vec<PathBuf> =
                files.iter().map(|file| folder.join(file)).filter(|path| path.is_file()).collect();
            match found.as_slice() {
                [] => missing.push(name.as_str()),
                [path] => marks.push(Marks::read(path, name, size).map_err(issue)?),
                _ => {
                    let help = "leave one file, in JSON or XML, named by number or by view";
                    return Err(
                        Issue::new(format!("{name} has {} annotations of it", found.len())).help(help)
                    );
                }
            }
        }
        if marks.len() >= self.needed {
            return Ok(marks);
        }
        let message = format!("{} of {} readers annotated it", marks.len(), self.needed);
        let help = "an annotation is named as its scan; who finds nothing leaves one without shapes; if fewer have \
                    read, say `readers`";
        Err(Issue::new(format!("{message}: there is no file of {}", missing.join(", "))).help(help))
    }

    /// Returns the annotations that are about no scan, by their numbers among all files in the order of their paths,
    /// from 1.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn strangers(&self) -> Result<Vec<u32>, Issue> {
        let is_stranger = |file: &Path| {
            let is_annotation = file.extension().is_some_and(|ending| {
                Annotation::ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
            });
            let name = file.components().skip(1).collect::<PathBuf>().with_extension("");
            is_annotation && !self.names.know(&name)
        };
        let files = (1..).zip(Folder::open(&self.root)?.files);
        Ok(files.filter(|(_, file)| is_stranger(file)).map(|(number, _)| number).collect())
    }
}

/// Returns what the annotation of an image with this name may be called.
fn files(name: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    Annotation::ENDINGS.iter().map(move |ending| {
        let mut file = name.as_os_str().to_owned();
        file.push(".");
        file.push(ending);
        PathBuf::from(file)
    })
}

/// Returns the folders in a folder, in the order of their names.
fn readers(root: &Path) -> io::Result<Vec<Reader>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    let reader = |(number, folder)| Reader { name: format!("reader-{number}"), folder };
    Ok((1..).zip(folders).map(reader).collect::<Vec<_>>())
}

impl Marks {
    fn read(path: &Path, reader: &str, size: Shape) -> Result<Self, Issue> {
        let annotation = Annotation::read(path)?;
        let differs = |stated: Option<u32>, side| stated.is_some_and(|stated| stated != side);
        if differs(annotation.image_height, size.rows) || differs(annotation.image_width, size.cols) {
            let message = format!("it annotates an image of another size than {size} pixels");
            return Err(Issue::new(message).help("check that it belongs to this scan"));
        }
        let mut marks = Self { reader: reader.to_owned(), reading: Reading::default(), lesions: Vec::new() };
        for (number, shape) in (1..).zip(&annotation.shapes) {
            let of = |issue: Issue| {
                let message = format!("shape {number} of {}: {}", annotation.shapes.len(), issue.message);
                Issue { message, ..issue }
            };
            let finding: Finding = shape.label.parse().map_err(of)?;
            if !shape.points.iter().all(|point| lies_within(*point, size)) {
                let outside = Issue::new(format!("a point of it lies outside of the image of {size} pixels"));
                return Err(of(outside.help("check that the annotation belongs to this scan")));
            }
            match finding.disease {
                Disease::Metastasis => marks.reading.metastasis = true,
                Disease::Arthritis => marks.reading.arthritis = true,
            }
            marks.lesions.push(lesion(reader, finding, shape));
        }
        Ok(marks)
    }
}

fn lies_within([x, y]: [f64; 2], size: Shape) -> bool {
    let within = |at: f64, side: u32| (-SLACK..=f64::from(side) + SLACK).contains(&at);
    within(x, size.cols) && within(y, size.rows)
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
