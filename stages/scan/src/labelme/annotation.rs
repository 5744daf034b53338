use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use contract::Issue;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::shape::{Shape, ShapeType};
use super::xml;

/// A file may carry its image, and an image of a camera has a few tens of mebibytes.
const LARGEST_FILE: u64 = 64 << 20;

/// The version of LabelMe as which files are written.
const WRITTEN_VERSION: &str = "5.7.0";

/// What one reader marked in one image.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// What was marked; nothing in a normal image.
    pub shapes: Vec<Shape>,
    /// The image file, as the reader's program saw it.
    pub image_path: String,
    /// Rows of the image; files before version 4 do not tell.
    pub image_height: Option<u32>,
    /// Columns of the image; files before version 4 do not tell.
    pub image_width: Option<u32>,
}

impl Annotation {
    /// The endings of the files that are read: of LabelMe, and of the web tool of the same name.
    pub const ENDINGS: [&str; 2] = ["json", "xml"];

    /// Reads a file, XML or JSON by its ending. Keys that are not needed here, the image itself among them, are passed
    /// over.
    ///
    /// # Errors
    /// If the file cannot be read, is no LabelMe file, or a shape has more or fewer points than its type; with the
    /// place in the file, or the number of the shape. No message quotes the file or names it: both may tell who the
    /// patient is.
    pub fn read(path: &Path) -> Result<Self, Issue> {
        let xml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
        let largest = if xml { xml::LARGEST_FILE } else { LARGEST_FILE };
        let refused = |error: std::io::Error| Issue::new(format!("it cannot be read: {}", error.kind()));
        let mut bytes = Vec::new();
        File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut bytes)).map_err(refused)?;
        if bytes.len() as u64 > largest {
            let help = "save it without the image: `labelme --nodata`";
            return Err(Issue::new(format!("it is larger than {} MiB", largest >> 20)).help(help));
        }
        if xml { xml::parse(&bytes) } else { Self::parse(&bytes) }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Issue> {
        let annotation: Self = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let what = told(&error);
            Issue::new(format!("it is no LabelMe annotation: {what} at line {line}, column {column}"))
        })?;
        for (index, shape) in annotation.shapes.iter().enumerate() {
            shape.check().map_err(|message| Issue::new(format!("shapes[{index}] {message}")))?;
        }
        Ok(annotation)
    }

    /// Writes a file, without the image.
    ///
    /// # Errors
    /// If the file cannot be written, or a coordinate is not finite.
    pub fn write(&self, path: &Path) -> Result<(), Issue> {
        let refused =
            |error: &dyn std::fmt::Display| Issue::new(format!("it cannot be written: {error}")).file(path);
        if self.shapes.iter().flat_map(|shape| &shape.points).flatten().any(|value| !value.is_finite()) {
            return Err(refused(&"a coordinate is not finite"));
        }
        let text = self.text().map_err(|error| refused(&error))?;
        fs::write(path, text).map_err(|error| refused(&error))
    }

    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(&Written::from(self))? + "\n")
    }
}

/// Returns what is wrong. Of the messages of `serde_json` those about missing keys alone quote nothing of the file.
fn told(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match error.classify() {
        Category::Data if message.starts_with("missing field") => {
            message.split(" at line").next().unwrap_or_default().to_owned()
        }
        Category::Data => "a value is not what it has to be".to_owned(),
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax | Category::Io => "it is no JSON".to_owned(),
    }
}

/// A file as LabelMe writes it: every key, in its order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: &'static str,
    flags: NoFlags,
    shapes: Vec<WrittenShape<'a>>,
    image_path: &'a str,
    image_data: Option<&'a str>,
    image_height: Option<u32>,
    image_width: Option<u32>,
}

#[derive(Serialize)]
struct WrittenShape<'a> {
    label: &'a str,
    points: &'a [[f64; 2]],
    group_id: Option<u32>,
    description: &'static str,
    shape_type: ShapeType,
    flags: NoFlags,
    mask: Option<&'a str>,
}

#[derive(Serialize)]
struct NoFlags {}

impl<'a> From<&'a Annotation> for Written<'a> {
    fn from(annotation: &'a Annotation) -> Self {
        let shape = |shape: &'a Shape| WrittenShape {
            label: &shape.label,
            points: &shape.points,
            group_id: None,
            description: "",
            shape_type: shape.shape_type,
            flags: NoFlags {},
            mask: None,
        };
        Self {
            version: WRITTEN_VERSION,
            flags: NoFlags {},
            shapes: annotation.shapes.iter().map(shape).collect(),
            image_path: &annotation.image_path,
            image_data: None,
            image_height: annotation.image_height,
            image_width: annotation.image_width,
        }
    }
}
