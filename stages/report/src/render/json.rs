use serde::Serialize;

use super::Named;
use crate::{PaperTable, Presentation};

/// A table as the verb `table` prints it.
#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    presentation: &'a Presentation,
    table: &'a PaperTable,
}

/// Returns a table with everything that another printing needs.
pub(crate) fn json(table: &PaperTable) -> String {
    pretty(table)
}

/// Returns a list of tables, each with its name and presentation.
pub(super) fn named(tables: &[Named]) -> String {
    let documents = tables.iter().map(|named| Document {
        name: &named.name,
        presentation: &named.presentation,
        table: &named.table,
    });
    pretty(&documents.collect::<Vec<_>>())
}

fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value)
        .expect("a table holds text and numbers, its maps have text as keys");
    text + "\n"
}
