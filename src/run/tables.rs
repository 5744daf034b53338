//! The tables whose rows are the cells of a stage, read where they lie.

use contract::{Cell, Issue};
use fs_err as fs;

use super::survey::Standing;
use crate::failure::Failure;
use crate::manifest::source::Lies;
use crate::manifest::{Grid, Pipeline, Problem};
use crate::plan::{Part, Plan, Rows, Tables, Unit};
use crate::store::{Artifact, Store};

/// Reads the tables among the sources that a plan waits for; returns whether there are any.
///
/// # Errors
/// What keeps a row from being a cell.
pub(super) fn learn_from_sources(
    pipeline: &Pipeline,
    plan: &Plan,
    tables: &mut Tables,
) -> Result<bool, Failure> {
    let mut found = Vec::new();
    for unit in plan.units.iter().filter(|unit| unit.awaited) {
        if let Some(Part::Source(name, cell)) = &unit.rows {
            found.push((unit.stage, of_source(pipeline, unit, name, cell)));
        }
    }
    learn(pipeline, found, tables)
}

/// Reads the tables that a plan waits for and that were made already; returns whether there are any.
///
/// # Errors
/// What keeps a row from being a cell.
pub(super) fn learn_from_records(
    pipeline: &Pipeline,
    plan: &Plan,
    standings: &[Standing],
    store: &Store,
    tables: &mut Tables,
) -> Result<bool, Failure> {
    let mut found = Vec::new();
    for unit in plan.units.iter().filter(|unit| unit.awaited) {
        let Some(Part::Unit(maker, output)) = &unit.rows else { continue };
        let port = &plan.units[*maker].stage(pipeline).outputs[*output].port;
        let artifact = standings[*maker].record.as_ref().and_then(|record| record.outputs.get(port));
        if let Some(rows) = artifact.and_then(|artifact| of_artifact(pipeline, plan, unit, artifact, store)) {
            found.push((unit.stage, rows));
        }
    }
    learn(pipeline, found, tables)
}

/// Reads the table that a unit waits for from the store; nothing if it is gone or damaged.
pub(super) fn of_artifact(
    pipeline: &Pipeline,
    plan: &Plan,
    unit: &Unit,
    artifact: &Artifact,
    store: &Store,
) -> Option<Result<Rows, Problem>> {
    let Some(Part::Unit(maker, output)) = &unit.rows else { return None };
    let maker = &plan.units[*maker];
    let file = &maker.stage(pipeline).outputs[*output].file;
    let rows = match Rows::check_size(artifact.size) {
        Ok(()) => Rows::read(file, &store.read(&artifact.digest).ok()?),
        Err(issue) => Err(issue),
    };
    Some(rows.map_err(|issue| problem(pipeline, unit, &format!("{file} of '{}'", maker.id), issue)))
}

fn of_source(pipeline: &Pipeline, unit: &Unit, name: &str, cell: &Cell) -> Result<Rows, Problem> {
    let file = match pipeline.sources.get(name).and_then(|source| source.cells.get(cell)) {
        Some(Lies::File(file)) => file.display().to_string(),
        Some(Lies::Folder(_) | Lies::Files(_)) | None => format!("source.{name}"),
    };
    let path = pipeline.folder.join(&file);
    let unreadable = |error: std::io::Error| Issue::new(error.to_string());
    let size = fs::metadata(&path).map_err(unreadable);
    let bytes = size
        .and_then(|metadata| Rows::check_size(metadata.len()))
        .and_then(|()| fs::read(&path).map_err(unreadable));
    let rows = bytes.and_then(|bytes| Rows::read(&file, &bytes));
    rows.map_err(|issue| problem(pipeline, unit, &file, issue))
}

fn problem(pipeline: &Pipeline, unit: &Unit, table: &str, issue: Issue) -> Problem {
    let stage = unit.stage(pipeline);
    let span = match &stage.grid {
        Grid::Rows(reference) => &reference.span,
        _ => &stage.span,
    };
    let label = format!("its rows are the cells of {}", stage.name);
    Problem::new("rows", format!("the table {table}: {}", issue.message), span, label).suggest(issue.help)
}

/// Notes the tables that could be read, or tells what is wrong with all that could not.
fn learn(
    pipeline: &Pipeline,
    found: Vec<(usize, Result<Rows, Problem>)>,
    tables: &mut Tables,
) -> Result<bool, Failure> {
    let mut problems = Vec::new();
    let any = !found.is_empty();
    for (stage, rows) in found {
        match rows {
            Ok(rows) => drop(tables.insert(stage, rows)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(any) } else { Err(Failure::manifest(&problems, &pipeline.texts)) }
}
