use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Entry;
use crate::command::asked::Asked;
use crate::command::parquet::{Row, rows};
use crate::failure::Failure;
use crate::key::KeyInput;
use crate::manifest::problem::nearest;
use crate::plan::parse_values;
use crate::run::Project;
use crate::store::Store;

/// The port of an experiment that holds its numbers, one a row.
const TABLE: &str = "table";

/// A number of a table: which of the gathered cells it comes from, and what the table says.
#[derive(Default)]
pub(super) struct Number {
    picks: Vec<(String, String)>,
    /// The rows of the table that are meant; none if the whole table is, or nothing can read it.
    pub(super) rows: Vec<Row>,
}

impl Number {
    /// Finds the number that was asked for in the table that a record holds.
    ///
    /// # Errors
    /// If there is none in the table, or more than one axis could be meant.
    pub(super) fn find(
        project: &Project,
        store: &Store,
        (id, entry): (&str, &Entry),
        asked: &Asked,
    ) -> Result<Self, Failure> {
        let named = asked.of_number(id);
        let gathered = gathered(entry);
        let mut picks: Vec<(String, String)> = Vec::new();
        let mut unknown = Vec::new();
        for (axis, value) in &named {
            let Some(value) = value else {
                match axis.filter(|axis| !gathered.contains_key(*axis)) {
                    Some(axis) => return Err(no_cell(id, axis, "*")),
                    // All cells that it gathers along an axis, and all rows, are wanted anyway.
                    None => continue,
                }
            };
            let mut axes: Vec<&str> = gathered
                .iter()
                .filter(|(_, values)| values.contains(*value))
                .map(|(axis, _)| axis.as_str())
                .filter(|known| axis.is_none_or(|axis| axis == *known))
                .collect();
            // A kind that prints an axis down the side says which.
            let side = entry.record.manifest.params["rows"].as_str();
            if let Some(side) = side.filter(|side| axes.len() > 1 && axes.contains(side)) {
                axes = vec![side];
            }
            match (axes.as_slice(), axis) {
                ([axis], _) => picks.push(((*axis).to_owned(), (*value).to_owned())),
                ([], None) => unknown.push(*value),
                ([], Some(axis)) => return Err(no_cell(id, axis, value)),
                (several, _) => {
                    let several = several.join(" or ");
                    let message = format!(
                        "error: '{id}': is `{value}` the value of {several}? write {id}[axis={value}]"
                    );
                    return Err(Failure::usage(message));
                }
            }
        }
        let words: Vec<&str> =
            named.iter().filter(|(axis, _)| axis.is_none()).filter_map(|(_, value)| *value).collect();
        let table = if words.is_empty() { None } else { table(project, store, entry) };
        let Some(table) = table else {
            if let Some(value) = unknown.first() {
                let has_table = entry.record.outputs.contains_key(TABLE);
                if !has_table || project.catalogue.tool("sql").is_some() {
                    return Err(nothing(id, value, &gathered, entry));
                }
                say!("this build cannot look into tables: whether there is `{value}` is not known");
            }
            return Ok(Self { picks, rows: Vec::new() });
        };
        let says = |row: &Row, word: &str| {
            ["row", "column"].iter().any(|name| row.get(name).is_some_and(|own| own == word))
        };
        if let Some(word) = unknown.iter().find(|word| !table.iter().any(|row| says(row, word))) {
            let columns: BTreeSet<&str> =
                table.iter().filter_map(|row| row.get("column")?.as_str()).collect();
            let columns: Vec<&str> = columns.into_iter().collect();
            let message =
                format!("error: '{id}' has no row and no column `{word}`; columns: {}", columns.join(", "));
            return Err(Failure::usage(message));
        }
        let rows = table.into_iter().filter(|row| words.iter().all(|word| says(row, word))).collect();
        Ok(Self { picks, rows })
    }

    /// Returns whether a cell that the table gathers goes into the number.
    pub(super) fn wants(&self, cell: &str) -> bool {
        let Some(values) = parse_values(cell) else { return true };
        self.picks.iter().all(|(axis, value)| values.get(axis).is_none_or(|own| own == value))
    }
}

fn no_cell(id: &str, axis: &str, value: &str) -> Failure {
    Failure::usage(format!("error: '{id}' gathers no cell with {axis}={value}"))
}

/// Returns the axes of the cells that a record gathers, each with its values.
fn gathered(entry: &Entry) -> BTreeMap<String, BTreeSet<String>> {
    let mut axes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for input in entry.record.manifest.inputs.values() {
        let KeyInput::Gather(cells) = input else { continue };
        for (axis, value) in cells.iter().filter_map(|(cell, _)| parse_values(cell)).flatten() {
            axes.entry(axis).or_default().insert(value);
        }
    }
    axes
}

/// Returns the rows of the table that a record holds, if this build can read it.
fn table(project: &Project, store: &Store, entry: &Entry) -> Option<Vec<Row>> {
    let artifact = entry.record.outputs.get(TABLE)?;
    let found = rows(project, &[(String::new(), store.object(&artifact.digest))])?;
    Some(found.into_iter().map(|(_, row)| row).collect())
}

fn nothing(id: &str, value: &str, gathered: &BTreeMap<String, BTreeSet<String>>, entry: &Entry) -> Failure {
    let axis = |(axis, values): (&String, &BTreeSet<String>)| {
        format!("{axis}={}", values.iter().cloned().collect::<Vec<_>>().join("|"))
    };
    let axes: Vec<String> = gathered.iter().map(axis).collect();
    let known = nearest(value, entry.record.outputs.keys().map(String::as_str));
    let mut help = known.map_or(String::new(), |known| format!("; {known}"));
    if !axes.is_empty() {
        help.push_str(&format!("; it gathers {}", axes.join(", ")));
    }
    Failure::usage(format!("error: '{id}' has no output, row or column `{value}`{help}"))
}
