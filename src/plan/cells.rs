use std::cell::RefCell;
use std::collections::BTreeMap;

use contract::{Cell, Scalar};

use super::rows::{Rows, Tables};
use super::substitute::Scope;
use crate::manifest::problem::nearest;
use crate::manifest::reference::{Pick, Reference, Select, Target};
use crate::manifest::source::Source;
use crate::manifest::value::{Form, Table};
use crate::manifest::{Grid, Pipeline, Problem};

/// The axes of a stage, and its cells where they are known without asking its readers.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    /// The axes, in alphabetical order.
    pub(super) axes: Vec<String>,
    /// The cells, sorted; none for an open grid.
    pub(super) closed: Option<Vec<Cell>>,
    /// Whether they could not be worked out: what follows from that is no second mistake.
    pub(super) broken: bool,
    /// Whether they are rows of a table that is not known yet, nor are its axes.
    pub(super) awaited: bool,
    /// The positions of closed cells by their values along some axes, for each choice of axes that was asked for.
    along: RefCell<BTreeMap<Vec<String>, BTreeMap<Cell, Vec<usize>>>>,
}

impl Cells {
    fn new(axes: Vec<String>, closed: Option<Vec<Cell>>) -> Self {
        Self { axes, closed, ..Self::default() }
    }

    /// Returns what stands for cells that could not be worked out.
    fn broken() -> Self {
        Self { broken: true, ..Self::new(Vec::new(), Some(vec![Cell::new()])) }
    }

    /// Returns what stands for the rows of a table that is not known yet.
    fn awaited() -> Self {
        Self { awaited: true, ..Self::new(Vec::new(), Some(Vec::new())) }
    }

    /// Returns whether it is known that there is no such axis; a list without rows does not tell its axes.
    pub(super) fn lacks(&self, axis: &str) -> bool {
        let silent = self.axes.is_empty() && self.closed.as_ref().is_some_and(Vec::is_empty);
        !silent && !self.awaited && !self.axes.iter().any(|known| known == axis)
    }

    /// Returns the closed cells that have these values, in order.
    pub(super) fn matching(&self, values: &Cell) -> Vec<Cell> {
        let closed = self.closed.as_deref().unwrap_or_default();
        let axes: Vec<String> = values.keys().cloned().collect();
        let mut along = self.along.borrow_mut();
        let by_values = along.entry(axes).or_insert_with_key(|axes| {
            let mut by_values: BTreeMap<Cell, Vec<usize>> = BTreeMap::new();
            for (position, cell) in closed.iter().enumerate() {
                let part = axes.iter().filter_map(|axis| Some((axis.clone(), cell.get(axis)?.clone())));
                by_values.entry(part.collect()).or_default().push(position);
            }
            by_values
        });
        let positions = by_values.get(values).map(Vec::as_slice).unwrap_or_default();
        positions.iter().map(|position| closed[*position].clone()).collect()
    }
}

/// The cells of every stage, by position, and of every source, by name.
#[derive(Debug, Default)]
pub(super) struct Grids {
    pub(super) stages: Vec<Cells>,
    pub(super) sources: BTreeMap<String, Cells>,
}

/// Works out the cells of every stage; a stage with a mistake has one cell without axes.
pub(super) fn all(
    pipeline: &Pipeline,
    tables: &Tables,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) -> Grids {
    let mut known: BTreeMap<usize, Cells> = BTreeMap::new();
    for start in 0..pipeline.stages.len() {
        let mut path = Vec::new();
        visit(pipeline, tables, start, &mut path, &mut known, problems);
    }
    for source in pipeline.sources.values() {
        for axis in source.axes.iter().filter(|axis| pipeline.variables.contains_key(*axis)) {
            let message = format!("the axis `{axis}` hides the variable of that name");
            problems.push(
                Problem::new("hidden-variable", message, &source.span, "this axis")
                    .also(&pipeline.variables[axis].span, "the variable")
                    .help("rename one of them"),
            );
        }
    }
    for (index, stage) in pipeline.stages.iter().enumerate() {
        let cells = &known[&index];
        if !cells.awaited && cells.closed.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("the grid of {} is empty", stage.name);
            warnings.push(Problem::new("empty-grid", message, &stage.span, "it has no cells").warning());
        }
    }
    let of_source = |(name, source): (&String, &Source)| {
        (name.clone(), Cells::new(source.axes.clone(), Some(source.cells.keys().cloned().collect())))
    };
    Grids { stages: known.into_values().collect(), sources: pipeline.sources.iter().map(of_source).collect() }
}

fn visit(
    pipeline: &Pipeline,
    tables: &Tables,
    index: usize,
    path: &mut Vec<usize>,
    known: &mut BTreeMap<usize, Cells>,
    problems: &mut Vec<Problem>,
) {
    if known.contains_key(&index) {
        return;
    }
    let stage = &pipeline.stages[index];
    path.push(index);
    let cells = match &stage.grid {
        Grid::Single => Ok(Cells::new(Vec::new(), Some(vec![Cell::new()]))),
        Grid::Open(axes) => {
            let hidden = axes.iter().find(|(axis, _)| pipeline.variables.contains_key(axis));
            match hidden {
                Some((axis, span)) => {
                    let message = format!("the axis `{axis}` hides the variable of that name");
                    Err(Problem::new("hidden-variable", message, span, "this axis")
                        .also(&pipeline.variables[axis].span, "the variable")
                        .help("rename one of them"))
                }
                None => Ok(Cells::new(axes.iter().map(|(axis, _)| axis.clone()).collect(), None)),
            }
        }
        Grid::Rows(reference) => match tables.get(&index) {
            Some(rows) => of_rows(pipeline, rows, reference),
            None => Ok(Cells::awaited()),
        },
        Grid::Axes { axes, exclude, include, .. } => product(pipeline, &stage.name, axes, exclude, include),
        Grid::Of(reference) => match &reference.target {
            Target::Source(name) if pipeline.sources.contains_key(name) => {
                of_source(pipeline, name, reference)
            }
            Target::Source(name) if pipeline.mistaken.contains(&format!("source.{name}")) => {
                Ok(Cells::broken())
            }
            Target::Source(name) => Err(unknown_source(pipeline, name, reference)),
            Target::Named(name) => Err(Problem::new(
                "grid",
                format!("`${name}` cannot name the stage of a grid"),
                &reference.span,
                "write the name of a stage",
            )),
            Target::Stage(name) => match pipeline.stage(name) {
                None if pipeline.mistaken.contains(name) => Ok(Cells::broken()),
                None => Err(unknown_stage(pipeline, name, reference)),
                Some(other) if path.contains(&other) => {
                    let names: Vec<&str> = path.iter().map(|at| pipeline.stages[*at].name.as_str()).collect();
                    let message = format!("grids run in a circle: {} → {name}", names.join(" → "));
                    Err(Problem::new("cycle", message, &reference.span, "this closes it"))
                }
                Some(other) => {
                    visit(pipeline, tables, other, path, known, problems);
                    of_stage(&known[&other], name, reference)
                }
            },
        },
    };
    path.pop();
    let cells = cells.unwrap_or_else(|problem| {
        problems.push(problem);
        Cells::broken()
    });
    known.insert(index, cells);
}

pub(super) fn unknown_stage(pipeline: &Pipeline, name: &str, reference: &Reference) -> Problem {
    let known = pipeline.stages.iter().map(|stage| stage.name.as_str());
    Problem::new("unknown-stage", format!("there is no stage `{name}`"), &reference.span, "this stage")
        .suggest(nearest(name, known))
}

pub(super) fn unknown_source(pipeline: &Pipeline, name: &str, reference: &Reference) -> Problem {
    let known = pipeline.sources.keys().map(String::as_str);
    Problem::new("unknown-source", format!("there is no source `{name}`"), &reference.span, "this source")
        .suggest(nearest(name, known))
}

fn product(
    pipeline: &Pipeline,
    name: &str,
    axes: &Table,
    exclude: &[(Table, crate::manifest::text::Span)],
    include: &[(Table, crate::manifest::text::Span)],
) -> Result<Cells, Problem> {
    let nothing = Cell::new();
    let scope = Scope { cell: &nothing, variables: &pipeline.variables };
    let whole = |table: &Table| -> Result<Cell, Problem> {
        let mut cell = Cell::new();
        for (axis, entry) in table {
            match scope.substitute(&entry.value)?.form {
                Form::Scalar(scalar) => cell.insert(axis.clone(), scalar),
                _ => {
                    let message = format!("`{axis}` takes one value here");
                    return Err(Problem::new(
                        "wrong-type",
                        message,
                        &entry.value.span,
                        "this is not one value",
                    ));
                }
            };
        }
        Ok(cell)
    };
    let mut cells = scope.product(axes)?;
    for (table, _) in exclude {
        let out = whole(table)?;
        cells.retain(|cell| !out.iter().all(|(axis, value)| cell.get(axis) == Some(value)));
    }
    for (table, span) in include {
        let cell = whole(table)?;
        if let Some(axis) = axes.keys().find(|axis| !cell.contains_key(*axis)) {
            let message = format!("an included cell of {name} lacks the axis `{axis}`");
            return Err(Problem::new("grid", message, span, "a whole cell is needed"));
        }
        if cells.contains(&cell) {
            let message = format!("{name} has this cell already");
            return Err(Problem::new("duplicate", message, span, "again").help("leave it out"));
        }
        cells.push(cell);
    }
    cells.sort();
    Ok(Cells::new(axes.keys().cloned().collect(), Some(cells)))
}

fn of_rows(pipeline: &Pipeline, rows: &Rows, reference: &Reference) -> Result<Cells, Problem> {
    if let Some(axis) = rows.axes.iter().find(|axis| pipeline.variables.contains_key(*axis)) {
        let message = format!("the axis `{axis}` hides the variable of that name");
        return Err(Problem::new("hidden-variable", message, &reference.span, "a column of this table")
            .also(&pipeline.variables[axis].span, "the variable")
            .help("rename one of them"));
    }
    Ok(Cells::new(rows.axes.clone(), Some(rows.cells.clone())))
}

fn of_source(pipeline: &Pipeline, name: &str, reference: &Reference) -> Result<Cells, Problem> {
    let source = &pipeline.sources[name];
    let cells = Cells::new(source.axes.clone(), Some(source.cells.keys().cloned().collect()));
    of_stage(&cells, &format!("source.{name}"), reference)
}

/// Returns the cells of another stage that a grid such as `fit[seed=*]` means.
fn of_stage(cells: &Cells, name: &str, reference: &Reference) -> Result<Cells, Problem> {
    let picks = match &reference.select {
        Select::Where(picks) => picks.clone(),
        Select::All => cells.axes.iter().map(|axis| (axis.clone(), Pick::All)).collect(),
        Select::Over => {
            let message = "a grid is no gather";
            return Err(Problem::new("grid", message, &reference.span, "write the axes to leave out"));
        }
    };
    for (axis, pick) in &picks {
        if cells.lacks(axis) {
            return Err(unknown_axis(axis, name, cells, reference));
        }
        if let Pick::Named(variable) = pick {
            let message = format!("`${variable}` cannot pick the cells of a grid");
            return Err(Problem::new("grid", message, &reference.span, "write a value or *"));
        }
    }
    let axes: Vec<String> =
        cells.axes.iter().filter(|axis| !picks.iter().any(|(picked, _)| picked == *axis)).cloned().collect();
    let Some(closed) = &cells.closed else {
        if picks.is_empty() {
            return Ok(Cells::new(axes, None));
        }
        let message = format!("{name} has an open grid: its cells are those that its readers ask for");
        return Err(Problem::new("grid", message, &reference.span, "so they cannot be picked from"));
    };
    let matches = |cell: &&Cell| {
        picks.iter().all(|(axis, pick)| match pick {
            Pick::Value(value) => cell.get(axis) == Some(&Scalar::Text(value.clone())),
            Pick::All | Pick::Named(_) => true,
        })
    };
    let mut kept: Vec<Cell> = closed
        .iter()
        .filter(matches)
        .map(|cell| {
            cell.iter().filter(|(axis, _)| axes.contains(axis)).map(|(a, v)| (a.clone(), v.clone())).collect()
        })
        .collect();
    kept.sort();
    kept.dedup();
    Ok(Cells { broken: cells.broken, awaited: cells.awaited, ..Cells::new(axes, Some(kept)) })
}

pub(super) fn unknown_axis(axis: &str, name: &str, cells: &Cells, reference: &Reference) -> Problem {
    Problem::new("unknown-axis", format!("{name} has no axis `{axis}`"), &reference.span, "in these brackets")
        .suggest(nearest(axis, cells.axes.iter().map(String::as_str)))
}
