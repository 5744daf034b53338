use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::file::{Builder, guarded, open};
use crate::{Fault, TableError};

/// Longest value that is shown whole, in characters.
const LONGEST: usize = 40;

/// How two tables differ first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In their columns: names and types of each.
    Columns(Vec<String>, Vec<String>),
    /// In a value.
    Value {
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// The value of the first; of a long one, from shortly before they part.
        first: String,
        /// The value of the second.
        second: String,
    },
    /// In the number of their rows; those that both have are equal.
    Rows(usize, usize),
}

/// Returns how the rows of two Parquet files differ first, whatever their tables; nothing if they are equal, and only
/// metadata or the way in which they are written may differ.
///
/// # Errors
/// If a file is no Parquet, or is damaged.
pub fn first_difference(first: &Path, second: &Path) -> Result<Option<Difference>, TableError> {
    let opened = |path: &Path| guarded(|| open(path)).map_err(|fault| fault.of(path));
    let (one, two) = (opened(first)?, opened(second)?);
    guarded(|| between(one, two)).map_err(|fault| fault.of(second))
}

fn between(one: Builder, two: Builder) -> Result<Option<Difference>, Fault> {
    let columns = |builder: &Builder| {
        let fields = builder.schema().fields().iter();
        fields.map(|field| format!("{}: {}", field.name(), field.data_type())).collect::<Vec<_>>()
    };
    let (left, right) = (columns(&one), columns(&two));
    if left != right {
        return Ok(Some(Difference::Columns(left, right)));
    }
    let rows = |builder: &Builder| {
        usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default()
    };
    let counts = (rows(&one), rows(&two));
    let mut before = 0;
    // Both readers fill their batches to the same size, whatever the row groups.
    for (left, right) in one.build()?.zip(two.build()?) {
        let (left, right) = (left?, right?);
        let both = left.num_rows().min(right.num_rows());
        if let Some(found) = in_batches(&left.slice(0, both), &right.slice(0, both), before)? {
            return Ok(Some(found));
        }
        before += both;
    }
    Ok((counts.0 != counts.1).then_some(Difference::Rows(counts.0, counts.1)))
}

fn in_batches(left: &RecordBatch, right: &RecordBatch, before: usize) -> Result<Option<Difference>, Fault> {
    let columns = left.columns().iter().zip(right.columns()).enumerate();
    let first_row = |a: &dyn Array, b: &dyn Array| {
        if a == b {
            return None;
        }
        (0..a.len()).find(|row| *a.slice(*row, 1) != *b.slice(*row, 1))
    };
    let differing = columns.filter_map(|(column, (a, b))| Some((first_row(a.as_ref(), b.as_ref())?, column)));
    let Some((row, column)) = differing.min() else { return Ok(None) };
    let show = |batch: &RecordBatch| {
        let options = FormatOptions::default().with_null("null");
        let formatter = ArrayFormatter::try_new(batch.column(column).as_ref(), &options)?;
        Ok::<String, Fault>(formatter.value(row).to_string())
    };
    let (first, second) = shortened(&show(left)?, &show(right)?);
    let column = left.schema().field(column).name().clone();
    Ok(Some(Difference::Value { row: before + row, column, first, second }))
}

/// Cuts two long values down to where they part.
fn shortened(first: &str, second: &str) -> (String, String) {
    let longest = first.chars().count().max(second.chars().count());
    if longest <= LONGEST {
        return (first.to_owned(), second.to_owned());
    }
    let equal = first.chars().zip(second.chars()).take_while(|(a, b)| a == b).count();
    let from = equal.saturating_sub(LONGEST / 4);
    let cut = |text: &str| {
        let begin = if from > 0 { "…" } else { "" };
        let shown: String = text.chars().skip(from).take(LONGEST).collect();
        let end = if text.chars().count() > from + LONGEST { "…" } else { "" };
        format!("{begin}{shown}{end}")
    };
    (cut(first), cut(second))
}
