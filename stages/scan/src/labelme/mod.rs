//! Annotations of one reader for one image: the JSON files of LabelMe (all versions since 2) and the XML files of the
//! web tool LabelMe 3.0.

mod annotation;
mod finding;
#[cfg(test)]
mod fuzz;
mod shape;
#[cfg(test)]
mod tests;
mod xml;

pub use annotation::Annotation;
pub use finding::{Disease, Finding};
pub use shape::{Bounds, Shape, ShapeType};
