//! From predictions to the paper's tables: metrics, tables that hold published values beside ours, and SQL.
//!
//! - [`Evaluate`]: the metrics of a set of predictions, all in `f64`.
//! - [`FourWay`]: the same predictions as answers in four classes, and as normal against abnormal.
//! - [`Tabulate`]: one table of the paper from many metrics, the mean and spread over seeds beside each claim.
//! - [`Gap`], [`Compare`] and [`Calibration`]: what the paper does not ask: how much of a metric is leakage, whether
//!   classifiers differ by more than chance, how far their probabilities can be believed.
//! - [`Census`], [`Count`] and [`Describe`]: the tables about patients, about data sets and about networks.
//! - [`Examples`]: single answers that a figure shows, held to what the paper prints in it.
//! - [`Agreement`]: how far the readers of the images agree.
//! - [`Figure`]: a figure of the paper, as a drawing and as the table of what is drawn.
//! - The tool `table` prints what these wrote; the tool `hold` tells which claims fail; the tool `sql` asks any table
//!   anything; the tool `first-difference` tells where a table that was made again differs.
//!
//! A kind makes a [`PaperTable`]; `render` turns it into Markdown, LaTeX, CSV and JSON. The same functions write the
//! files beside each other and print them later, when titles, labels and notes are put on.
#![cfg(feature = "full")]
#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests know their numbers"))]

mod agreement;
mod calibration;
mod caption;
mod census;
mod claim;
mod compare;
mod confusion;
mod consensus;
mod contest;
mod count;
mod delong;
mod describe;
mod difference;
mod evaluate;
mod examples;
mod figure;
mod fleiss;
mod four_way;
mod gap;
mod hold;
mod holm;
mod interval;
mod layout;
mod mcnemar;
mod measurements;
mod network;
mod numeral;
mod paper_table;
mod predictions;
mod presentation;
mod print;
mod ranking;
mod receiver;
mod render;
mod runs;
mod scans;
mod score;
mod side_by_side;
mod spread;
mod sql;
mod tabulate;
mod test_images;
mod tolerance;

use contract::{Kind, Tool};

pub use agreement::Agreement;
pub use calibration::Calibration;
pub use census::{Census, Counted};
pub use claim::{Claim, Word};
pub use compare::Compare;
pub use count::Count;
pub use describe::Describe;
pub use evaluate::Evaluate;
pub use examples::Examples;
pub use figure::Figure;
pub use four_way::FourWay;
pub use gap::Gap;
pub use paper_table::{Cell, PaperTable, Scaling};
pub use presentation::Presentation;
pub use tabulate::Tabulate;
pub use tolerance::Tolerance;

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind::of::<Evaluate>(),
    Kind::of::<FourWay>(),
    Kind::of::<Tabulate>(),
    Kind::of::<Census>(),
    Kind::of::<Count>(),
    Kind::of::<Describe>(),
    Kind::of::<Examples>(),
    Kind::of::<Agreement>(),
    Kind::of::<Gap>(),
    Kind::of::<Compare>(),
    Kind::of::<Calibration>(),
    Kind::of::<Figure>(),
];

/// The tools of this family.
pub const TOOLS: &[Tool] = &[print::TOOL, hold::TOOL, sql::TOOL, difference::TOOL];

#[cfg(test)]
mod tests;
