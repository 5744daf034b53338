use std::collections::BTreeSet;

use contract::{Cell, Scalar};

use super::cells::{Cells, Grids, unknown_axis, unknown_source, unknown_stage};
use super::substitute::{Scope, typed};
use crate::manifest::name;
use crate::manifest::problem::nearest;
use crate::manifest::reference::{Pick, Reference, Select, Target};
use crate::manifest::{Pipeline, Problem, Stage};

/// What a reference means to one reader: whose cells, which of them, and whether they are gathered.
pub(super) struct Meant<'a> {
    pub(super) owner: Owner<'a>,
    pub(super) cells: Vec<Cell>,
    pub(super) gather: bool,
}

/// Whose cells are meant.
pub(super) enum Owner<'a> {
    Source(&'a str),
    Stage(usize),
}

/// One reader of references: a stage at one of its cells.
pub(super) struct Reader<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) grids: &'a Grids,
    pub(super) stage: &'a Stage,
    pub(super) scope: Scope<'a>,
}

impl<'a> Reader<'a> {
    /// Works out what `reference` means; nothing if that rests on a mistake that was told already.
    pub(super) fn meaning(&self, reference: &'a Reference) -> Result<Option<Meant<'a>>, Problem> {
        let Some((owner, grid, name)) = self.owner(reference)? else { return Ok(None) };
        if grid.broken {
            return Ok(None);
        }
        let gather = reference.gathers();
        let cells = match &reference.select {
            // All that is known yet is whose cells these will be.
            _ if grid.awaited => return Ok(Some(Meant { owner, cells: vec![Cell::new()], gather })),
            Select::Over => self.over(grid, &name, reference)?,
            Select::All => self.gather(grid, &name, &[], true, reference)?,
            Select::Where(picks) if gather => self.gather(grid, &name, picks, false, reference)?,
            Select::Where(picks) => vec![self.one(grid, &name, picks, reference)?],
        };
        let cells =
            cells.into_iter().map(|cell| existing(grid, &name, cell, reference)).collect::<Result<_, _>>()?;
        Ok(Some(Meant { owner, cells, gather }))
    }

    /// Returns whose cells `reference` means, with their grid and name; nothing if that was told to be a mistake.
    pub(super) fn owner(
        &self,
        reference: &'a Reference,
    ) -> Result<Option<(Owner<'a>, &'a Cells, String)>, Problem> {
        let pipeline = self.pipeline;
        let (owner, grid, name) = match &reference.target {
            Target::Source(name) => {
                let Some(grid) = self.grids.sources.get(name) else {
                    let told = pipeline.mistaken.contains(&format!("source.{name}"));
                    return if told { Ok(None) } else { Err(unknown_source(pipeline, name, reference)) };
                };
                (Owner::Source(name), grid, format!("source.{name}"))
            }
            Target::Stage(_) | Target::Named(_) => {
                let name = match &reference.target {
                    Target::Named(axis) => self.named(axis, reference)?.to_string(),
                    Target::Stage(name) | Target::Source(name) => name.clone(),
                };
                match pipeline.stage(&name) {
                    Some(index) => (Owner::Stage(index), &self.grids.stages[index], name),
                    None if pipeline.mistaken.contains(&name) => return Ok(None),
                    None => return Err(unknown_stage(pipeline, &name, reference)),
                }
            }
        };
        if let Select::Where(picks) = &reference.select
            && !grid.broken
            && let Some((axis, _)) = picks.iter().find(|(axis, _)| grid.lacks(axis))
        {
            return Err(unknown_axis(axis, &name, grid, reference));
        }
        Ok(Some((owner, grid, name)))
    }

    fn named(&self, name: &str, reference: &Reference) -> Result<Scalar, Problem> {
        if let Some(scalar) = self.scope.cell.get(name) {
            return Ok(scalar.clone());
        }
        let variable = self.scope.variables.get(name).map(|value| &value.form);
        if let Some(crate::manifest::value::Form::Scalar(scalar)) = variable {
            return Ok(scalar.clone());
        }
        let known = self.scope.cell.keys().chain(self.scope.variables.keys()).map(String::as_str);
        let message = format!("there is no axis and no variable `{name}` with one value");
        Err(Problem::new("unknown-variable", message, &reference.span, "in this reference")
            .suggest(nearest(name, known)))
    }

    /// Returns the value that the brackets or the reader give an axis.
    fn bound(
        &self,
        axis: &str,
        name: &str,
        picks: &[(String, Pick)],
        reference: &Reference,
    ) -> Result<Scalar, Problem> {
        match picks.iter().find(|(picked, _)| picked == axis).map(|(_, pick)| pick) {
            Some(Pick::Value(value)) => Ok(typed(value)),
            Some(Pick::Named(variable)) => self.named(variable, reference),
            Some(Pick::All) | None => self.scope.cell.get(axis).cloned().ok_or_else(|| {
                let message = format!("{name} has an axis `{axis}` that {} lacks", self.stage.name);
                Problem::new("unbound-axis", message, &reference.span, "which value of it?")
                    .help(format!("write {name}[{axis}=*] for all of them, or {name}[{axis}=…] for one"))
            }),
        }
    }

    fn one(
        &self,
        grid: &Cells,
        name: &str,
        picks: &[(String, Pick)],
        reference: &Reference,
    ) -> Result<Cell, Problem> {
        grid.axes.iter().map(|axis| Ok((axis.clone(), self.bound(axis, name, picks, reference)?))).collect()
    }

    fn gather(
        &self,
        grid: &Cells,
        name: &str,
        picks: &[(String, Pick)],
        all: bool,
        reference: &Reference,
    ) -> Result<Vec<Cell>, Problem> {
        if grid.closed.is_none() {
            let message = format!("{name} has an open grid: its cells are those that its readers ask for");
            return Err(Problem::new("open-gather", message, &reference.span, "so `*` means nothing here")
                .help("name the cells: over = { axis = [values] } and the reference [over]"));
        }
        let starred =
            |axis: &String| all || picks.iter().any(|(picked, pick)| picked == axis && *pick == Pick::All);
        let mut fixed = Cell::new();
        for axis in grid.axes.iter().filter(|axis| !starred(axis)) {
            fixed.insert(axis.clone(), self.bound(axis, name, picks, reference)?);
        }
        Ok(grid.matching(&fixed))
    }

    fn over(&self, grid: &Cells, name: &str, reference: &Reference) -> Result<Vec<Cell>, Problem> {
        if self.stage.over.is_empty() {
            let message = format!("{} gathers `over`, but names no cells", self.stage.name);
            return Err(Problem::new("over", message, &reference.span, "which cells?")
                .help("add over = { axis = [values] } to the stage"));
        }
        let mut cells = BTreeSet::new();
        for axes in &self.stage.over {
            for values in self.scope.product(axes)? {
                let value = |axis: &String| match values.get(axis) {
                    Some(value) => Ok(value.clone()),
                    None => self.bound(axis, name, &[], reference),
                };
                let cell: Result<Cell, Problem> =
                    grid.axes.iter().map(|axis| Ok((axis.clone(), value(axis)?))).collect();
                cells.insert(cell?);
            }
        }
        Ok(cells.into_iter().collect())
    }

    /// Returns the axes that `reference` takes from its reader, as far as they can be told from the text.
    pub(super) fn axes_used(&self, reference: &Reference, used: &mut BTreeSet<String>) {
        let mut stages: Vec<usize> = Vec::new();
        match &reference.target {
            Target::Source(source) => {
                used.extend(
                    self.pipeline.sources.get(source).into_iter().flat_map(|source| source.axes.clone()),
                );
            }
            Target::Stage(stage) => stages.extend(self.pipeline.stage(stage)),
            Target::Named(axis) => {
                used.insert(axis.clone());
                let stage = self.scope.cell.get(axis).and_then(|name| self.pipeline.stage(&name.to_string()));
                stages.extend(stage);
            }
        }
        used.extend(stages.iter().flat_map(|stage| self.grids.stages[*stage].axes.clone()));
        if let Select::Where(picks) = &reference.select {
            used.extend(picks.iter().filter_map(|(_, pick)| match pick {
                Pick::Named(name) => Some(name.clone()),
                Pick::Value(_) | Pick::All => None,
            }));
        }
    }
}

/// Returns the cell of `grid` that prints like `cell`, with the types that the grid gives its values.
fn existing(grid: &Cells, name: &str, cell: Cell, reference: &Reference) -> Result<Cell, Problem> {
    let Some(closed) = &grid.closed else { return Ok(cell) };
    if let Ok(at) = closed.binary_search(&cell) {
        return Ok(closed[at].clone());
    }
    let wanted = super::cell_name(&cell);
    let message = if closed.is_empty() {
        format!("{name} has no cells")
    } else if name.starts_with("source.") {
        format!("{name} has no file for {}", name::unescape(&wanted))
    } else {
        format!("{name} has no cell {wanted}")
    };
    let known: Vec<String> = closed.iter().map(super::cell_name).collect();
    Err(Problem::new("no-such-cell", message, &reference.span, "asked for here")
        .suggest(nearest(&wanted, known.iter().map(String::as_str))))
}
