//! From text to what was meant: files, values with their places, names, references, stages.
//!
//! Every mistake is a [`Problem`] with its place; all of them are collected before any is reported.

mod declared;
mod fields;
mod grid;
pub mod name;
pub mod needs;
mod outputs;
mod pipeline;
pub mod problem;
mod quotes;
mod read;
pub mod reference;
pub mod source;
mod stage;
pub mod template;
pub mod text;
pub mod value;
mod wires;

pub use declared::Declared;
pub use pipeline::{Grid, Output, Pipeline, Stage, Work};
pub use problem::Problem;
pub use read::{Choice, Unread, read};
