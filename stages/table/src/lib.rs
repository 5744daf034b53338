//! The tables that stages exchange, as typed rows in byte-stable Parquet files.
//!
//! A stage of one family never sees the code of another: they meet in the files of this crate.
//!
//! - [`Label`], [`Class`], [`Part`], [`View`]: the closed vocabularies.
//! - [`Row`]: one table is a list of rows of one type; [`write`] and [`read`] it whole.
//! - [`Image`]: the table `images` is large and therefore streamed, by [`ImageWriter`] and [`ImageReader`].
//! - [`read_any`]: the columns of any Parquet file, for those who do not know its table; [`first_difference`]: where
//!   two of them part.
//! - [`png`]: pictures, for people.
//!
//! Equal rows and metadata give equal bytes: `created_by` is fixed, so are row groups, pages and compression, and no
//! clock is read. pandas, DuckDB and Polars open every file; the file-level metadata `table` names what it holds.
#![cfg(feature = "full")]
#![cfg_attr(test, expect(clippy::cast_possible_truncation, reason = "tests know their numbers"))]

mod any;
mod column;
mod counts;
mod difference;
mod error;
mod file;
mod image;
mod image_reader;
mod image_writer;
mod mark;
mod pixels;
mod png;
mod properties;
mod row;
mod rows;
mod undefined;
mod vocabulary;

pub use any::{AnyTable, Values, read_any};
pub use column::{Column, Value};
pub use counts::Counts;
pub use difference::{Difference, first_difference};
pub use error::{Fault, TableError};
pub use file::{Metadata, metadata, read, write};
pub use image::Image;
pub use image_reader::ImageReader;
pub use image_writer::ImageWriter;
pub use mark::Mark;
pub use pixels::{PixelType, Pixels, Shape};
pub use png::{Pixel, png};
pub use row::{Columns, Row};
pub use rows::{
    AdversaryPoint, Comparison, Confusion, CurvePoint, Hit, Leak, Lesion, Metric, Opinion, Patient,
    Prediction, Rejected, Reliability, Sample, TableCell,
};
pub use undefined::{tell_undefined, undefined};
pub use vocabulary::{Class, Glyph, Label, Part, View};

#[cfg(test)]
mod tests;
