//! The grid of a stage.

use super::fields::Fields;
use super::name;
use super::pipeline::Grid;
use super::problem::{Problem, nearest};
use super::read::Reading;
use super::reference::Reference;
use super::stage::as_table;
use super::text::Span;
use super::value::{Entry, Form, Table, Value};

/// Reads one of the forms that a grid may have.
pub(super) fn read_grid(reading: &mut Reading<'_>, what: &str, entry: &Entry) -> Option<Grid> {
    let value = &entry.value;
    if let Some(text) = value.as_text() {
        return match Reference::cells(text, &value.span, &reading.texts) {
            Ok(reference) => Some(Grid::Of(reference)),
            Err(problem) => {
                reading.problems.push(problem);
                None
            }
        };
    }
    match &value.form {
        Form::List(items) => {
            let mut axes: Vec<(String, Span)> = Vec::new();
            for item in items {
                let Some(axis) = item.as_text().filter(|axis| name::refuse(axis).is_none()) else {
                    let message = format!("an open grid of {what} is a list of axis names");
                    reading.problems.push(Problem::new("grid", message, &item.span, "this is no name"));
                    return None;
                };
                if axes.iter().any(|(known, _)| known == axis) {
                    let message = format!("the axis `{axis}` stands twice");
                    reading.problems.push(Problem::new("duplicate", message, &item.span, "again"));
                    return None;
                }
                axes.push((axis.to_owned(), item.span.clone()));
            }
            axes.sort_by(|a, b| a.0.cmp(&b.0));
            Some(Grid::Open(axes))
        }
        Form::Table(table) => {
            let mut fields = Fields::new(table, format!("grid of {what}"));
            let axes = fields.table("axes").cloned().unwrap_or_default();
            let tables = |value: &Value| -> Option<Vec<(Table, Span)>> {
                value.items().iter().map(|item| Some((as_table(item)?, item.span.clone()))).collect()
            };
            let exclude = fields.read("exclude", "a list of tables", tables).unwrap_or_default();
            let include = fields.read("include", "a list of tables", tables).unwrap_or_default();
            let rows = fields.text("rows");
            fields.finish(&mut reading.problems);
            match rows {
                Some((text, span)) => return read_rows(reading, what, table, text, span),
                None if table.contains_key("rows") => return None,
                None => {}
            }
            reading.check_names("axis", super::name::refuse, &axes);
            for (cell, _) in exclude.iter().chain(&include) {
                for (axis, entry) in cell.iter().filter(|(axis, _)| !axes.contains_key(*axis)) {
                    let message = format!("the grid of {what} has no axis `{axis}`");
                    reading.problems.push(
                        Problem::new("unknown-axis", message, &entry.key, "this axis")
                            .suggest(nearest(axis, axes.keys().map(String::as_str))),
                    );
                }
            }
            Some(Grid::Axes { axes, exclude, include, span: value.span.clone() })
        }
        Form::Scalar(_) => {
            let message = format!("the grid of {what} is a table, the name of a stage, or a list of axes");
            let found = format!("this is {}", value.type_name());
            reading.problems.push(Problem::new("wrong-type", message, &value.span, found));
            None
        }
    }
}

/// Reads the grid whose cells are the rows of a table.
fn read_rows(reading: &mut Reading<'_>, what: &str, table: &Table, text: &str, span: &Span) -> Option<Grid> {
    if let Some((key, entry)) = table.iter().find(|(key, _)| *key != "rows") {
        let message = format!("the rows of a table are the whole grid of {what}");
        reading.problems.push(
            Problem::new("grid", message, &entry.key, format!("`{key}` beside `rows`"))
                .also(span, "the table")
                .help("let the stage that makes the table leave rows out, or add them"),
        );
        return None;
    }
    match Reference::parse(text, span, &reading.texts) {
        Ok(reference) => Some(Grid::Rows(reference)),
        Err(problem) => {
            reading.problems.push(problem);
            None
        }
    }
}
