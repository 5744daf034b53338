use contract::{Issue, Scalar};
use csv::{Error, ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::{Reading, lacking, wrong};
use crate::plan::substitute::typed;

/// Reads a table whose first line names its columns.
pub(super) fn read(bytes: &[u8]) -> Result<Reading, Issue> {
    let quotes = bytes.iter().filter(|byte| **byte == b'"').count();
    // All that follows would be taken for one value.
    if let Some(last) = bytes.iter().rposition(|byte| *byte == b'"').filter(|_| quotes % 2 == 1) {
        let line = 1 + bytes[..last].iter().filter(|byte| **byte == b'\n').count();
        let issue = Issue::new(format!("line {line}: a quote is not closed"));
        return Err(issue.help(
            "close it, write one in a value twice, or write the whole table again: it may be cut short",
        ));
    }
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let columns: Vec<String> =
        reader.headers().map_err(|error| unreadable(&error))?.iter().map(str::to_owned).collect();
    if columns.is_empty() {
        return Err(Issue::new("it is empty").help("its first line names the columns, which are the axes"));
    }
    let mut reading = Reading::new(columns)?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        let row = reading.next();
        let values = record.iter().zip(&reading.columns).map(|(text, column)| value(row, column, text));
        let values = values.collect::<Result<_, _>>()?;
        reading.push(values)?;
    }
    Ok(reading)
}

/// Reads a value like one in brackets, except that none, and a number that is none, are refused.
fn value(row: usize, column: &str, text: &str) -> Result<Scalar, Issue> {
    if text.is_empty() {
        return Err(lacking(row, column));
    }
    if text.parse::<f64>().is_ok_and(|number| !number.is_finite()) {
        return Err(wrong(row, column, &format!("`{text}` is no finite number"))
            .help("leave the row out, or write a text that no program takes for a number"));
    }
    // A sign that no number keeps: cells are named by their values as they were written.
    if text.starts_with('+') || text == "-0" {
        return Ok(Scalar::Text(text.to_owned()));
    }
    Ok(match typed(text) {
        // -0.0 equals 0.0 and must have its key.
        Scalar::Float(0.0) => Scalar::Float(0.0),
        value => value,
    })
}

fn unreadable(error: &Error) -> Issue {
    // The header is a record too, but no row.
    let row = |position: &Option<csv::Position>| position.as_ref().map_or(0, csv::Position::record);
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let message = format!("row {} has {len} values, and there are {expected_len} columns", row(pos));
            Issue::new(message).help("quote a value that holds a comma: \"a,b\"")
        }
        ErrorKind::Utf8 { pos, err } => {
            let message = format!("row {}, column {}: this is not UTF-8", row(pos), err.field() + 1);
            Issue::new(message).help("write the table as UTF-8")
        }
        _ => Issue::new(format!("it cannot be read as CSV: {error}")),
    }
}
