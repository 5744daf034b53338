use std::fs;

use contract::{Ctx, Issue, Output};
use table::Metadata;

use crate::render::{csv, json, latex, markdown};
use crate::{PaperTable, Presentation};

/// The outputs of every kind that makes a table of the paper: one table in five forms.
pub(crate) const OUTPUTS: &[Output] = &[
    Output::new("table", "table.parquet", "table", "The cells: published, ours, difference."),
    Output::new("markdown", "table.md", "markdown", "The table in Markdown."),
    Output::new("latex", "table.tex", "latex", "The table in LaTeX."),
    Output::new("csv", "table.csv", "csv", "The cells, one a line."),
    Output::new("json", "table.json", "json", "All that a later printing needs."),
];

/// Writes a table in all its forms.
pub(crate) fn write(ctx: &Ctx<'_>, table: &PaperTable) -> Result<(), Issue> {
    let plain = Presentation::default();
    table::write(ctx.output("table")?, &table.parquet_rows(), &Metadata::new())?;
    for (port, text) in [
        ("markdown", markdown(table, &plain, false)),
        ("latex", latex(table, &plain)),
        ("csv", csv(table, &plain)),
        ("json", json(table)),
    ] {
        let file = ctx.output(port)?;
        fs::write(file, text)
            .map_err(|error| Issue::new(format!("cannot be written: {error}")).file(file))?;
    }
    Ok(())
}

/// Returns the outputs of a kind that makes a table, and one more.
pub(crate) const fn outputs_and(one_more: Output) -> [Output; OUTPUTS.len() + 1] {
    let mut outputs = [one_more; OUTPUTS.len() + 1];
    let mut port = 0;
    while port < OUTPUTS.len() {
        outputs[port] = OUTPUTS[port];
        port += 1;
    }
    outputs
}
