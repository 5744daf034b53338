//! Nuclear medicine images from DICOM files, and nothing else of them.
//!
//! A file from outside is hostile until shown otherwise. [`Scan::bytes`] caps its size, and [`Scan::parse`] walks the
//! lengths of its elements before anything allocates by them ([`lengths`]), checks every size in its header before a
//! pixel is decoded ([`header`]), and turns a panic of a decoder into a reason ([`caught`]).
//! Of what a file says of a person only sex, age in years and a pseudonym leave this module; no message quotes a
//! value of a file.

mod attributes;
mod caught;
mod encoding;
#[cfg(test)]
mod fuzz;
mod header;
mod lengths;
mod open;
mod person;
mod pixels;
mod scan;
#[cfg(test)]
pub mod specimen;
#[cfg(test)]
mod tests;
mod unreadable;
mod view;

pub use scan::{Frame, Scan};
pub use unreadable::Unreadable;
