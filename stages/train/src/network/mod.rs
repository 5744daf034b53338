//! Networks as data: what a file says, and what follows from it before anything is computed.

mod file;
#[cfg(test)]
mod fuzz;
mod layer;
#[cfg(test)]
pub mod paper;
pub mod parameter;
mod shape;

pub use file::Network;
pub use layer::Layer;
pub use parameter::ParameterShape;
pub use shape::{LayerShape, Scale, Shape};
