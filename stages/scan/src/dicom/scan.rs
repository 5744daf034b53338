use std::fs::File;
use std::io::Read;
use std::path::Path;

use contract::Digest;
use table::View;

use super::attributes::Attributes;
use super::caught::caught;
use super::header::Header;
use super::open;
use super::person::Person;
use super::pixels;
use super::unreadable::Unreadable;
use super::view::views;

/// Largest file that is opened, in bytes; two views of 1024 x 256 pixels take one MiB.
pub const LARGEST_FILE: u64 = 64 << 20;

/// One file of planar nuclear medicine images.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Whose images they are, without saying whose.
    pub person: Person,
    /// Digest of the file.
    pub digest: Digest,
    /// Rows of every image.
    pub rows: u32,
    /// Columns of every image.
    pub cols: u32,
    /// The images, in the order of the file.
    pub frames: Vec<Frame>,
    /// Whether the counts of all images sum to what the camera wrote as `CountsAccumulated` (0018,0070), if it did.
    pub counts_agree: bool,
}

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// From which side it was taken.
    pub view: View,
    /// Counts, row by row.
    pub counts: Vec<u16>,
}

impl Scan {
    /// Returns the bytes of a file.
    ///
    /// # Errors
    /// [`Unreadable::File`] or [`Unreadable::TooLarge`].
    pub fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
        let unopened = |error: std::io::Error| Unreadable::File(error.kind());
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unopened)?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unopened)?;
        if bytes.len() as u64 > LARGEST_FILE { Err(Unreadable::TooLarge) } else { Ok(bytes) }
    }

    /// Reads the bytes of a file.
    ///
    /// Modality NM decides, not the SOP class: whole-body scans also come as Secondary Capture.
    ///
    /// # Errors
    /// Any [`Unreadable`] but those of [`Scan::bytes`]; never a panic.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        caught(|| Self::decode(bytes)).unwrap_or(Err(Unreadable::Panicked))
    }

    fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (object, syntax) = open::open(bytes)?;
        let attributes = Attributes(&object);
        let header = Header::of(attributes)?;
        let person = Person::of(attributes)?;
        let views: Option<Vec<View>> = views(attributes, header.frames).into_iter().collect();
        let views = views.ok_or(Unreadable::NoView)?;
        let images = pixels::frames(&object, syntax.compression, &header)?;
        let sum: u64 = images.iter().flatten().map(|count| u64::from(*count)).sum();
        Ok(Self {
            person,
            digest: Digest::of(bytes),
            rows: header.rows,
            cols: header.cols,
            frames: views.into_iter().zip(images).map(|(view, counts)| Frame { view, counts }).collect(),
            counts_agree: header.counts_accumulated.is_none_or(|stated| stated == sum),
        })
    }
}
