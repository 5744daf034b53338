//! The rows of a table, as the cells of a stage.

mod csv;
mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use contract::{Cell, Issue, Scalar};

use super::unit::cell_name;
use crate::manifest::name;
use crate::manifest::needs::show_size;

/// Most rows of a table that is a grid.
const MOST_ROWS: usize = 100_000;

/// Most bytes of a table that is a grid.
const MOST_BYTES: u64 = 16 << 20;

/// The tables that are known, by the position of the stage whose cells they list.
pub type Tables = BTreeMap<usize, Rows>;

/// The rows of a table: its columns are axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The columns, in alphabetical order; none of a list without rows.
    pub(super) axes: Vec<String>,
    /// The rows, sorted.
    pub(super) cells: Vec<Cell>,
}

impl Rows {
    /// Reads the table that a file of this name holds.
    ///
    /// # Errors
    /// What keeps a row from being a cell, with its row and column; rows count from 1, without the header.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Issue> {
        Self::check_size(bytes.len() as u64)?;
        let read = match Notation::of(file) {
            Some(Notation::Csv) => csv::read(bytes)?,
            Some(Notation::Json) => json::read(bytes)?,
            None => return Err(Issue::new("it is neither CSV nor JSON").help(Notation::HELP)),
        };
        Ok(read.sorted())
    }

    /// Refuses a file that is too large to be read.
    ///
    /// # Errors
    /// If it has so many bytes.
    pub fn check_size(bytes: u64) -> Result<(), Issue> {
        if bytes <= MOST_BYTES {
            return Ok(());
        }
        let issue = Issue::new(format!("it is larger than {}", show_size(MOST_BYTES)));
        Err(issue.help("keep the columns that are axes, and give the rest to the stage as an input"))
    }
}

/// How a table is written down, as the ending of its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Csv,
    Json,
}

impl Notation {
    /// The way out where a file is neither.
    pub(super) const HELP: &str = "write the table as .csv with a header, or as .json: a list of objects";

    /// Returns how the file of this name is written.
    pub(super) fn of(file: &str) -> Option<Self> {
        match file.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A table while it is read.
#[derive(Debug, Default)]
struct Reading {
    columns: Vec<String>,
    cells: Vec<Cell>,
    /// The row in which each cell stands.
    seen: BTreeMap<String, usize>,
}

impl Reading {
    /// Begins with the columns of a table.
    fn new(columns: Vec<String>) -> Result<Self, Issue> {
        for (at, column) in columns.iter().enumerate() {
            if let Some(why) = name::refuse(column) {
                let issue =
                    Issue::new(format!("column {}: `{column}` cannot be the name of an axis", at + 1));
                return Err(issue.help(why));
            }
            if columns[..at].contains(column) {
                let issue = Issue::new(format!("column {}: there are two columns `{column}`", at + 1));
                return Err(issue.help("leave one of them out"));
            }
        }
        Ok(Self { columns, ..Self::default() })
    }

    /// Returns the number of the row that comes next.
    fn next(&self) -> usize {
        self.cells.len() + 1
    }

    /// Adds a row, whose values are in the order of the columns.
    fn push(&mut self, values: Vec<Scalar>) -> Result<(), Issue> {
        let row = self.next();
        if row > MOST_ROWS {
            let issue = Issue::new(format!("it has more than {MOST_ROWS} rows"));
            return Err(issue.help("let one cell do the work of several rows"));
        }
        let cell: Cell = self.columns.iter().cloned().zip(values).collect();
        let name = cell_name(&cell);
        if let Some(first) = self.seen.get(&name) {
            let issue = Issue::new(format!("row {row} is row {first} again: {name}"));
            return Err(issue.help("leave it out, or add a column in which they differ"));
        }
        self.seen.insert(name, row);
        self.cells.push(cell);
        Ok(())
    }

    fn sorted(mut self) -> Rows {
        self.columns.sort();
        self.cells.sort();
        Rows { axes: self.columns, cells: self.cells }
    }
}

/// Returns what is wrong with one value of a table.
fn wrong(row: usize, column: &str, what: &str) -> Issue {
    Issue::new(format!("row {row}, column `{column}`: {what}"))
}

/// Returns the issue that there is no value.
fn lacking(row: usize, column: &str) -> Issue {
    wrong(row, column, "there is no value")
        .help("every row has a value in every column; write one, or leave the row out")
}
