use std::path::Path;

use contract::Issue;
use serde::{Deserialize, Serialize};
use table::TableCell;

use crate::numeral;
use crate::spread::Spread;

/// What stands in place of our value where no run made one.
pub(crate) const NOT_RUN: &str = "not run";

/// What stands in place of our value where runs were made and define none.
const UNDEFINED: &str = "undefined";

/// A table of the paper, published values beside ours.
///
/// It holds everything that a later printing needs, except what only changes how it looks (see
/// [`crate::Presentation`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PaperTable {
    /// What the rows are: the name of an axis, say.
    pub head: String,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells, row by row: `[rows * columns]`.
    pub cells: Vec<Cell>,
    /// How our numbers came about, as sentences.
    pub caption: Vec<String>,
    /// In what the networks behind our numbers are smaller than the paper's.
    pub scalings: Vec<Scaling>,
}

/// A cell of a [`PaperTable`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cell {
    /// What the paper prints, if it is a number.
    pub published: Option<f64>,
    /// Ours, the mean over seeds.
    pub mean: Option<f64>,
    /// Sample standard deviation over seeds, if there are at least two.
    pub sd: Option<f64>,
    /// Lower bound of the 95 % interval of the mean, if it has one.
    pub low: Option<f64>,
    /// Its upper bound.
    pub high: Option<f64>,
    /// Seeds over which the mean goes.
    pub seeds: u32,
    /// Ours minus published.
    pub difference: Option<f64>,
    /// What the paper prints.
    pub published_text: String,
    /// Ours, as it is printed.
    pub ours_text: String,
    /// The interval, as it is printed.
    pub interval_text: String,
    /// The difference, as it is printed.
    pub difference_text: String,
    /// Whether a network behind ours is smaller than the paper's.
    pub scaled: bool,
    /// Remark.
    pub note: String,
}

/// One way in which networks are smaller than the paper's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scaling {
    /// What is smaller and by how much, as a part of a sentence.
    pub text: String,
    /// Rows whose networks are.
    pub rows: Vec<String>,
}

impl PaperTable {
    /// Reads the `table.json` of a stage.
    ///
    /// # Errors
    /// If the file cannot be read or holds no such table.
    pub fn read(file: &Path) -> Result<Self, Issue> {
        let wrong = |problem: String| {
            Issue::new(format!("holds no table: {problem}")).file(file).help("run its stage anew")
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let table: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match table.rows.len().checked_mul(table.columns.len()) {
            Some(cells) if cells == table.cells.len() => Ok(table),
            _ => Err(wrong(format!("{} cells do not fill its rows and columns", table.cells.len()))),
        }
    }

    /// Returns the cells with the names of their rows and columns, row by row.
    pub fn named_cells(&self) -> impl Iterator<Item = (&str, &str, &Cell)> {
        let names = self.rows.iter().flat_map(|row| self.columns.iter().map(move |column| (row, column)));
        names.zip(&self.cells).map(|((row, column), cell)| (row.as_str(), column.as_str(), cell))
    }

    /// Returns whether nothing stands beside our values: neither what was published, nor an interval.
    pub(crate) fn stands_alone(&self) -> bool {
        let empty = |text: &String| text.is_empty();
        self.cells.iter().all(|cell| {
            empty(&cell.published_text) && empty(&cell.interval_text) && empty(&cell.difference_text)
        })
    }

    /// Returns the rows of the table `table`.
    pub(crate) fn parquet_rows(&self) -> Vec<TableCell> {
        self.named_cells()
            .map(|(row, column, cell)| TableCell {
                row: row.to_owned(),
                column: column.to_owned(),
                published: cell.published,
                mean: cell.mean,
                sd: cell.sd,
                low: cell.low,
                high: cell.high,
                seeds: cell.seeds,
                difference: cell.difference,
                published_text: cell.published_text.clone(),
                ours_text: cell.ours_text.clone(),
                scaled: cell.scaled,
                note: cell.remark().to_owned(),
            })
            .collect()
    }
}

impl Cell {
    /// Returns the cell of a number with four decimals.
    pub(crate) fn of_numbers(published: Option<f64>, ours: Option<Spread>) -> Self {
        let difference = published.zip(ours).map(|(published, ours)| ours.mean - published);
        Self {
            published,
            mean: ours.map(|ours| ours.mean),
            sd: ours.and_then(|ours| ours.sd),
            seeds: ours.map_or(0, |ours| ours.count),
            difference,
            published_text: published.map(numeral::decimal).unwrap_or_default(),
            ours_text: ours.map_or(NOT_RUN.to_owned(), |ours| numeral::with_spread(ours.mean, ours.sd)),
            difference_text: difference.map(numeral::difference).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Returns the cell of a number that so many runs could define.
    pub(crate) fn of_runs(self, runs: usize) -> Self {
        if self.mean.is_some() || runs == 0 {
            return self;
        }
        Self { ours_text: UNDEFINED.to_owned(), ..self }
    }

    /// Returns the cell of a number of things.
    pub(crate) fn of_count(published: Option<u64>, ours: u64) -> Self {
        Self::rounded(published.map(numeral::number), Some(numeral::number(ours)), 0)
    }

    /// Returns the cell of a number that is no mean over seeds, with so many decimals, and one more for the difference
    /// of what is no count.
    pub(crate) fn rounded(published: Option<f64>, ours: Option<f64>, decimals: usize) -> Self {
        let difference = published.zip(ours).map(|(published, ours)| ours - published);
        let text = |value: f64| format!("{value:.decimals$}");
        let finer = if decimals == 0 { 0 } else { decimals + 1 };
        Self {
            published,
            mean: ours,
            seeds: u32::from(ours.is_some()),
            difference,
            published_text: published.map(text).unwrap_or_default(),
            ours_text: ours.map(text).unwrap_or_default(),
            difference_text: difference.map(|value| format!("{value:+.finer$}")).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Returns the note or else, where the difference is no number, how the texts differ.
    pub(crate) fn remark(&self) -> &str {
        if self.note.is_empty() && self.difference.is_none() { &self.difference_text } else { &self.note }
    }
}
