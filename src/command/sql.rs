use serde_json::json;

use super::print::warn_unless_fresh;
use crate::cli::Sql;
use crate::failure::{Exit, Failure};
use crate::run::{Project, Session};
use crate::worker::ask_tool;

/// Asks the tables that the last run left.
pub(super) fn sql(project: &Project, arguments: &Sql) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &[])?;
    let pipeline = &project.pipeline;
    let latest = project.latest();
    let mut tables = Vec::new();
    let mut asked = Vec::new();
    for (index, stage) in pipeline.stages.iter().enumerate() {
        for output in stage.outputs.iter().filter(|output| output.file.ends_with(".parquet")) {
            let left = latest.cells(&stage.name, &output.file);
            if left.is_empty() {
                continue;
            }
            let name = format!("{}.{}", stage.name, output.port);
            if arguments.query.contains(&name) {
                let units =
                    (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].stage == index);
                asked.extend(units);
            }
            let files: Vec<_> =
                left.iter().map(|(cell, path)| json!({ "path": path, "cell": cell })).collect();
            tables.push(json!({ "name": name, "files": files }));
        }
    }
    if tables.is_empty() {
        return Err(Failure::usage("error: nothing has run yet that makes tables: osteon run"));
    }
    warn_unless_fresh(&session, asked);
    let format = match (arguments.csv, arguments.json) {
        (true, _) => "csv",
        (_, true) => "json",
        _ => "text",
    };
    ask_tool(
        project.catalogue,
        "sql",
        json!({ "query": arguments.query, "format": format, "tables": tables }),
    )?;
    Ok(None)
}
