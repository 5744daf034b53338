use std::io::IsTerminal;

use fs_err as fs;
use serde_json::json;

use super::hold::{self, hold};
use super::print::{print, warn_unless_fresh};
use crate::cli::Table;
use crate::failure::{Exit, Failure};
use crate::manifest::problem::nearest;
use crate::run::{Freshness, Project, Session};
use crate::worker::ask_tool;

/// The output that holds a table in the form that is printed from.
const FORM: &str = "json";

/// Prints the tables that the last run left, with the titles and labels that the experiments give them now.
pub(super) fn table(project: &Project, arguments: &Table) -> Result<Option<Exit>, Failure> {
    let pipeline = &project.pipeline;
    let has_table = |name: &&String| {
        pipeline.stage(name).is_some_and(|stage| {
            let stage = &pipeline.stages[stage];
            stage.output("table").is_some() && stage.output(FORM).is_some()
        })
    };
    let names: Vec<String> = if arguments.experiments.is_empty() {
        let experiments = pipeline.stages.iter().filter(|stage| stage.experiment).map(|stage| &stage.name);
        experiments.filter(has_table).cloned().collect()
    } else {
        arguments.experiments.clone()
    };
    if let Some(name) = names.iter().find(|name| !has_table(name)) {
        let known = pipeline.stages.iter().map(|stage| &stage.name).filter(has_table);
        let help = nearest(name, known.map(String::as_str)).map_or(String::new(), |help| format!("; {help}"));
        return Err(Failure::usage(format!("error: there is no table '{name}'{help}")));
    }
    if names.is_empty() {
        return Err(Failure::usage("error: no experiment makes a table"));
    }
    if arguments.hold && project.catalogue.tool(hold::TOOL).is_none() {
        return Err(Failure::usage("error: this build cannot judge claims: it was built without stages"));
    }
    let session = Session::look(project, &names)?;
    let targets: Vec<usize> =
        (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].target).collect();
    warn_unless_fresh(&session, targets.iter().copied());
    let mut tables = Vec::new();
    let fresh = targets.iter().all(|unit| session.standings[*unit].freshness == Freshness::Fresh);
    for unit in targets {
        let planned = &session.plan.units[unit];
        let stage = planned.stage(pipeline);
        let output = stage.outputs.iter().position(|output| output.port == FORM).unwrap_or_default();
        let path = project.latest().path(pipeline, planned, output);
        if !path.exists() {
            say!("'{}' has not run yet: osteon run '{}'", planned.id, planned.id);
            continue;
        }
        let params = planned.params.to_json();
        tables.push(json!({ "name": planned.id, "title": stage.title, "params": params, "json": path }));
    }
    let format = match (arguments.latex, arguments.csv, arguments.json) {
        (true, ..) => "latex",
        (_, true, _) => "csv",
        (.., true) => "json",
        _ => "markdown",
    };
    if project.catalogue.tool("table").is_none() {
        for table in &tables {
            print(&fs::read_to_string(table["json"].as_str().unwrap_or_default())?)?;
        }
        return Ok(None);
    }
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    ask_tool(project.catalogue, "table", json!({ "format": format, "tables": tables, "color": color }))?;
    if arguments.hold { hold(project.catalogue, &tables, fresh) } else { Ok(None) }
}
