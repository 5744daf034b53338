//! Annotations of one reader for one image, in the JSON files of LabelMe (all versions since 2).

mod annotation;
mod finding;
#[cfg(test)]
mod fuzz;
mod shape;
#[cfg(test)]
mod tests;

pub use annotation::Annotation;
pub use finding::{Disease, Finding};
pub use shape::{Bounds, Shape, ShapeType};
