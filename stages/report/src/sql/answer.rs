use contract::Issue;
use polars::prelude::{AnyValue, DataFrame};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::render::quote;

/// Returns all rows with aligned columns: numbers to the right, everything else to the left.
pub(super) fn text(answer: &DataFrame) -> Result<String, Issue> {
    let header = header(answer);
    let rows = rows(answer)?;
    let texts: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(plain).collect()).collect();
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let widths = texts.iter().map(|row| width(&row[column]));
            widths.chain([width(&header[column])]).max().unwrap_or_default()
        })
        .collect();
    let to_the_right: Vec<bool> = (0..header.len())
        .map(|column| rows.iter().all(|row| matches!(row[column], Value::Number(_) | Value::Null)))
        .collect();
    let line = |texts: &[String]| {
        let cells = texts.iter().enumerate().map(|(column, text)| {
            let space = " ".repeat(widths[column].saturating_sub(width(text)));
            if to_the_right[column] { format!("{space}{text}") } else { format!("{text}{space}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    Ok([line(&header), line(&rule)].into_iter().chain(texts.iter().map(|row| line(row))).collect())
}

/// Returns all rows as CSV with a header.
pub(super) fn csv(answer: &DataFrame) -> Result<String, Issue> {
    let line = |texts: Vec<String>| format!("{}\n", texts.join(","));
    let header = line(header(answer).iter().map(|name| quote(name)).collect());
    let rows = rows(answer)?;
    let lines = rows.iter().map(|row| line(row.iter().map(|value| quote(&plain(value))).collect()));
    Ok(std::iter::once(header).chain(lines).collect())
}

/// Returns all rows as a list of objects, one a line.
pub(super) fn json(answer: &DataFrame) -> Result<String, Issue> {
    let header = header(answer);
    let objects = rows(answer)?.into_iter().map(|row| {
        serde_json::to_string(&Object { header: &header, row: &row }).expect("an object of text and numbers")
    });
    Ok(format!("[{}]\n", objects.collect::<Vec<_>>().join(",\n ")))
}

/// A row as an object whose names stand in the order of the query.
struct Object<'a> {
    header: &'a [String],
    row: &'a [Value],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.row.len()))?;
        for (name, value) in self.header.iter().zip(self.row) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

fn header(answer: &DataFrame) -> Vec<String> {
    answer.get_column_names().into_iter().map(ToString::to_string).collect()
}

/// Returns the values: `[height][width]`.
fn rows(answer: &DataFrame) -> Result<Vec<Vec<Value>>, Issue> {
    let cell = |row: usize| {
        let cells = answer.columns().iter().map(move |column| column.get(row).map(value));
        cells.collect::<Result<Vec<_>, _>>().map_err(|error| super::issue(&error))
    };
    (0..answer.height()).map(cell).collect()
}

fn value(cell: AnyValue<'_>) -> Value {
    match cell {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(truth) => truth.into(),
        AnyValue::String(text) => text.into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::UInt64(whole) => whole.into(),
        AnyValue::Float32(number) => serde_json::Number::from_f64(number.into())
            .map_or_else(|| number.to_string().into(), Value::Number),
        AnyValue::Float64(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        other => other.extract::<i64>().map_or_else(|| other.to_string().into(), Value::from),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
