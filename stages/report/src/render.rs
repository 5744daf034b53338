//! The formats of a [`PaperTable`], each a pure function in a file of its own.

mod csv;
mod json;
mod latex;
mod markdown;

use serde::Deserialize;

use crate::{PaperTable, Presentation};

pub(crate) use csv::{csv, quote};
pub(crate) use json::json;
pub(crate) use latex::latex;
pub(crate) use markdown::markdown;

/// How tables are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// Tables that are aligned, for terminals, too.
    Markdown,
    /// Tables of the LaTeX package booktabs.
    Latex,
    /// One line for each cell.
    Csv,
    /// All that is known.
    Json,
}

/// A table with the name of its experiment and its presentation.
pub(crate) struct Named {
    /// Name of the experiment.
    pub(crate) name: String,
    /// The table.
    pub(crate) table: PaperTable,
    /// How it is printed.
    pub(crate) presentation: Presentation,
}

impl Format {
    /// Returns the tables as one text.
    pub(crate) fn render(self, tables: &[Named], color: bool) -> String {
        let texts = |text: &dyn Fn(&Named) -> String| tables.iter().map(text).collect::<Vec<_>>().join("\n");
        match self {
            Self::Markdown => texts(&|named| markdown(&named.table, &named.presentation, color)),
            Self::Latex => texts(&|named| latex(&named.table, &named.presentation)),
            Self::Csv => csv::named(tables),
            Self::Json => json::named(tables),
        }
    }
}
