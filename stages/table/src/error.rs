use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use contract::Issue;
use parquet::errors::ParquetError;
use thiserror::Error;

use crate::Shape;

/// Why a table cannot be written or read.
#[derive(Debug, Error)]
#[error("{}: {fault}", file.display())]
pub struct TableError {
    /// The file at fault.
    pub file: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

/// What is wrong with the file of a table.
#[derive(Debug, Error)]
pub enum Fault {
    /// The file system refused.
    #[error("cannot be opened: {0}")]
    Open(#[from] io::Error),
    /// The bytes are not Parquet, are damaged, or could not be written.
    #[error("is no Parquet file that can be read or written: {0}")]
    Parquet(#[from] ParquetError),
    /// The columns inside do not fit together.
    #[error("holds columns that cannot be read or written: {0}")]
    Arrow(#[from] ArrowError),
    /// The Parquet library gave up in the middle of the file.
    #[error("is damaged: its pages contradict each other")]
    Damaged,
    /// It is a table, but another one.
    #[error("holds the table `{found}`, not `{expected}`")]
    OtherTable {
        /// Table that is read.
        expected: &'static str,
        /// Table that the file says it holds.
        found: String,
    },
    /// A column is not there.
    #[error("has no column `{column}`")]
    MissingColumn {
        /// Its name.
        column: &'static str,
    },
    /// A column is of another type.
    #[error("the column `{column}` holds {found}, not {expected}")]
    ColumnType {
        /// Its name.
        column: String,
        /// Type that is read.
        expected: String,
        /// Type in the file.
        found: String,
    },
    /// A value is missing, or is none that its column can hold.
    #[error("the column `{column}`, row {row} (from 0): {problem}")]
    Cell {
        /// Name of the column.
        column: String,
        /// Row of the file, from 0.
        row: usize,
        /// What is wrong with the value.
        problem: String,
    },
    /// The pixel column does not say what its bytes are.
    #[error("the column `pixels` does not say what its bytes are: {problem}")]
    PixelColumn {
        /// What is missing or contradicts.
        problem: String,
    },
    /// Images of this size cannot be stored.
    #[error("images of {0} pixels cannot be stored")]
    Size(Shape),
    /// An image does not fit the table.
    #[error("the image `{image_id}` does not fit the table: {problem}")]
    Image {
        /// Its name.
        image_id: String,
        /// In what it differs.
        problem: String,
    },
}

impl Fault {
    /// Returns the error of this fault in `file`.
    pub(crate) fn of(self, file: &Path) -> TableError {
        TableError { file: file.to_owned(), fault: self }
    }

    const fn help(&self) -> &'static str {
        match self {
            Self::Open(_) => "check that the file exists and that its folder can be written",
            Self::Parquet(_) | Self::Arrow(_) | Self::Damaged => {
                "make the file anew; a file from elsewhere has to be Parquet, uncompressed or compressed with zstd"
            }
            Self::OtherTable { .. } => "wire the port of a stage that makes this table",
            Self::MissingColumn { .. } | Self::ColumnType { .. } | Self::Cell { .. } => {
                "write the columns with the names and types that the documentation of the table gives"
            }
            Self::PixelColumn { .. } => {
                "its field metadata has to hold `dtype` (<u2 or <f4), `shape` ([rows,cols]) and `layout` (raw)"
            }
            Self::Size(_) => "an image needs at least one pixel and at most 2 GiB",
            Self::Image { .. } => "all images of a table have one shape and one pixel type",
        }
    }
}

impl From<TableError> for Issue {
    fn from(error: TableError) -> Self {
        Self::new(error.fault.to_string()).help(error.fault.help()).file(error.file)
    }
}
