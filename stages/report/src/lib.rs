//! From predictions to the paper's tables: metrics, tables that hold published values beside ours, and SQL.
//!
//! - [`Evaluate`]: the metrics of a set of predictions, all in `f64`.
//! - [`Tabulate`]: one table of the paper from many metrics, the mean and spread over seeds beside each claim.
//! - [`Count`] and [`Describe`]: the tables about data sets and about networks.
//! - [`Figure`]: a figure of the paper, as a drawing and as the table of what is drawn.
//! - The tool `table` prints what these wrote; the tool `sql` asks any table anything; the tool
//!   `first-difference` tells where a table that was made again differs.
//!
//! A kind makes a [`PaperTable`]; `render` turns it into Markdown, LaTeX, CSV and JSON. The same functions write the
//! files beside each other and print them later, when titles, labels and notes are put on.
#![cfg(feature = "full")]

mod agreement;
mod caption;
mod claim;
mod confusion;
mod count;
mod describe;
mod difference;
mod evaluate;
mod figure;
mod layout;
mod measurements;
mod network;
mod numeral;
mod paper_table;
mod presentation;
mod print;
mod ranking;
mod receiver;
mod render;
mod runs;
mod score;
mod side_by_side;
mod spread;
mod sql;
mod tabulate;

use contract::{Kind, Tool};

pub use claim::{Claim, Word};
pub use count::Count;
pub use describe::Describe;
pub use evaluate::Evaluate;
pub use figure::Figure;
pub use paper_table::{Cell, PaperTable, Scaling};
pub use presentation::Presentation;
pub use tabulate::Tabulate;

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind::of::<Evaluate>(),
    Kind::of::<Tabulate>(),
    Kind::of::<Count>(),
    Kind::of::<Describe>(),
    Kind::of::<Figure>(),
];

/// The tools of this family.
pub const TOOLS: &[Tool] = &[print::TOOL, sql::TOOL, difference::TOOL];

#[cfg(test)]
mod tests;
