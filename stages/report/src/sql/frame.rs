use std::collections::BTreeMap;

use contract::{Issue, Scalar};
use polars::prelude::{Column, DataFrame, NamedFrom, PolarsError, Series};
use table::{Values, read_any};

use super::{File, Table};

/// The type of the column that an axis becomes: the narrowest that holds all its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Axis {
    Truth,
    Whole,
    Number,
    Text,
}

/// Returns the rows of all files of a table, the axes of their cells as first columns.
///
/// An axis that is called like a column of the table becomes `axis_` and its name.
pub(super) fn frame(table: &Table) -> Result<DataFrame, Issue> {
    let axes = axes(&table.files);
    let mut stack: Option<DataFrame> = None;
    for file in &table.files {
        let wrong = |error: PolarsError| {
            Issue::new(format!("does not fit the other files of \"{}\": {error}", table.name))
                .file(&file.path)
                .help("all cells of a table need the same columns; run its stage anew")
        };
        let frame = file_frame(file, &axes, wrong)?;
        match &mut stack {
            None => stack = Some(frame),
            Some(stack) => {
                stack.vstack_mut_owned(frame).map_err(wrong)?;
            }
        }
    }
    stack.ok_or_else(|| {
        Issue::new(format!("the table \"{}\" has no file", table.name)).help("run its stage first")
    })
}

fn file_frame(
    file: &File,
    axes: &BTreeMap<&str, Axis>,
    wrong: impl Fn(PolarsError) -> Issue,
) -> Result<DataFrame, Issue> {
    let content = read_any(&file.path)?;
    let mut columns = Vec::new();
    for (axis, sort) in axes {
        let taken = content.columns.iter().any(|(name, _)| name == axis);
        let name = if taken { format!("axis_{axis}") } else { (*axis).to_owned() };
        columns.push(axis_column(&name, *sort, file.cell.get(*axis), content.rows));
    }
    columns.extend(content.columns.into_iter().map(|(name, values)| column(&name, values)));
    DataFrame::new(content.rows, columns).map_err(wrong)
}

/// Returns the axes of all cells with their types.
fn axes(files: &[File]) -> BTreeMap<&str, Axis> {
    let mut axes = BTreeMap::new();
    for (axis, value) in files.iter().flat_map(|file| &file.cell) {
        let sort = match value {
            Scalar::Bool(_) => Axis::Truth,
            Scalar::Int(_) => Axis::Whole,
            Scalar::Float(_) => Axis::Number,
            Scalar::Text(_) => Axis::Text,
        };
        axes.entry(axis.as_str())
            .and_modify(|known| {
                *known = match (*known, sort) {
                    (a, b) if a == b => a,
                    (Axis::Whole | Axis::Number, Axis::Whole | Axis::Number) => Axis::Number,
                    _ => Axis::Text,
                }
            })
            .or_insert(sort);
    }
    axes
}

fn axis_column(name: &str, sort: Axis, value: Option<&Scalar>, rows: usize) -> Column {
    let values = match (sort, value) {
        (Axis::Truth, Some(Scalar::Bool(truth))) => Values::Truth(vec![Some(*truth); rows]),
        (Axis::Truth, _) => Values::Truth(vec![None; rows]),
        (Axis::Whole, Some(Scalar::Int(whole))) => Values::Signed(vec![Some(*whole); rows]),
        (Axis::Whole, _) => Values::Signed(vec![None; rows]),
        (Axis::Number, value) => Values::Number(vec![value.and_then(Scalar::as_f64); rows]),
        (Axis::Text, value) => Values::Text(vec![value.map(ToString::to_string); rows]),
    };
    column(name, values)
}

fn column(name: &str, values: Values) -> Column {
    let name = name.into();
    match values {
        Values::Text(values) => Series::new(name, values),
        Values::Signed(values) => Series::new(name, values),
        Values::Unsigned(values) => Series::new(name, values),
        Values::Number(values) => Series::new(name, values),
        Values::Truth(values) => Series::new(name, values),
    }
    .into()
}
