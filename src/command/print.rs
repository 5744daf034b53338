use std::io::Write;

use crate::failure::Failure;
use crate::plan::Unit;
use crate::run::{Freshness, Session};

/// Prints to standard output; a reader that went away is no failure.
///
/// # Errors
/// If it cannot be written for another reason.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(not_printed(error)),
        _ => Ok(()),
    }
}

/// Returns the failure that standard output could not be written.
pub(super) fn not_printed(error: std::io::Error) -> Failure {
    Failure::usage(format!("error: standard output: {error}"))
}

/// Returns the failure that it is not known yet which cells a stage has.
pub(super) fn unknown_cells(unit: &Unit) -> Failure {
    let id = &unit.id;
    Failure::usage(format!(
        "error: the cells of '{id}' are rows of a table that is made first: osteon run '{id}'"
    ))
}

/// Says on standard error which of these units are no longer what the last run left.
pub(super) fn warn_unless_fresh(session: &Session<'_>, units: impl IntoIterator<Item = usize>) {
    let stale: Vec<&str> = units
        .into_iter()
        .filter(|unit| session.standings[*unit].freshness != Freshness::Fresh)
        .map(|unit| session.plan.units[unit].id.as_str())
        .collect();
    match stale.as_slice() {
        [] => {}
        [one] => say!("warning: '{one}' is no longer fresh: osteon run '{one}'"),
        [first, rest @ ..] => {
            say!("warning: '{first}' and {} more are no longer fresh: osteon run", rest.len());
        }
    }
}

/// Writes rows in columns; the columns named in `right` hold numbers.
pub(super) fn columns(rows: &[Vec<String>], right: &[usize]) -> String {
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for (column, cell) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        widths[column] = widths[column].max(cell.chars().count());
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let gap = if column == 0 { "" } else { "  " };
            if right.contains(&column) {
                line.push_str(&format!("{gap}{cell:>width$}"));
            } else {
                line.push_str(&format!("{gap}{cell:<width$}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
