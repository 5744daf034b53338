use super::Named;
use crate::{PaperTable, Presentation};

const HEADER: &str =
    "row,column,published,mean,sd,low,high,seeds,difference,published_text,ours_text,scaled,note";

/// Returns a table with one line for each cell, in the columns of the table `table`.
pub(crate) fn csv(table: &PaperTable, presentation: &Presentation) -> String {
    format!("{HEADER}\n{}", lines(table, presentation, ""))
}

/// Returns several tables as one, with a first column that names each.
pub(super) fn named(tables: &[Named]) -> String {
    let lines = tables
        .iter()
        .map(|named| lines(&named.table, &named.presentation, &format!("{},", quote(&named.name))));
    format!("table,{HEADER}\n{}", lines.collect::<String>())
}

fn lines(table: &PaperTable, presentation: &Presentation, prefix: &str) -> String {
    let cells = table.named_cells().map(|(row, column, cell)| {
        let mut notes: Vec<&str> = presentation.notes(row, column, cell).collect();
        if notes.is_empty() {
            notes.push(cell.remark());
        }
        let fields = [
            quote(row),
            quote(column),
            number(cell.published),
            number(cell.mean),
            number(cell.sd),
            number(cell.low),
            number(cell.high),
            cell.seeds.to_string(),
            number(cell.difference),
            quote(&cell.published_text),
            quote(&cell.ours_text),
            cell.scaled.to_string(),
            quote(&notes.join("; ")),
        ];
        format!("{prefix}{}\n", fields.join(","))
    });
    cells.collect()
}

/// Returns the shortest text that reads back as the same number.
fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Returns a field, in quotes where CSV needs them.
pub(crate) fn quote(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
