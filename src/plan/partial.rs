//! What can be said of a stage without its cells: those that nobody asks for, and those that are rows of a table which is
//! not known yet.

use std::collections::BTreeSet;
use std::rc::Rc;

use contract::{Cell, Scalar};

use super::expand::Expansion;
use super::mistake::{unused_axes, words};
use super::substitute::{Scope, uses};
use super::unit::Part;
use super::wire::{Owner, Reader};
use crate::manifest::reference::{Pick, Reference, Select, Target};
use crate::manifest::{Grid, Stage, Work};

impl Expansion<'_> {
    /// Checks the stages with an open grid that nobody asks for.
    pub(super) fn unasked(&mut self) {
        for index in 0..self.pipeline.stages.len() {
            if self.grids.stages[index].closed.is_none() && self.checked.insert(index) {
                self.without_cells(index);
            }
        }
    }

    /// Works out the unit that stands for all cells of a stage: what tells them, and what all of them read.
    pub(super) fn stand_in(&mut self, position: usize) {
        let index = self.units[position].stage;
        let stage = &self.pipeline.stages[index];
        if self.checked.insert(index) {
            self.without_cells(index);
        }
        let rows = self.table(index);
        let told_by = match &stage.grid {
            Grid::Of(Reference { target: Target::Stage(name), .. }) => {
                self.pipeline.stage(name).map(|other| self.unit(other, Cell::new()))
            }
            _ => rows.as_ref().and_then(Part::unit),
        };
        let grids = Rc::clone(&self.grids);
        let nothing = Cell::new();
        let scope = Scope { cell: &nothing, variables: &self.pipeline.variables };
        let reader = Reader { pipeline: self.pipeline, grids: &grids, stage, scope };
        let mut inputs = Vec::new();
        for port in stage.inputs.keys() {
            match self.wire(index, port, &reader) {
                Ok(wire) => inputs.extend(wire.map(|wire| (port.clone(), wire))),
                // An axis of the table may be what is lacking.
                Err(problem) if ["unbound-axis", "unknown-variable"].contains(&problem.code) => {}
                Err(problem) => self.problem(problem),
            }
        }
        let unit = &mut self.units[position];
        unit.inputs = inputs;
        unit.rows = rows;
        unit.reads = told_by.into_iter().collect();
    }

    /// Checks a stage as far as that goes without its cells.
    fn without_cells(&mut self, index: usize) {
        let pipeline = self.pipeline;
        let (stage, grids) = (&pipeline.stages[index], Rc::clone(&self.grids));
        let grid = &grids.stages[index];
        let any = |axis: &String| (axis.clone(), Scalar::Text(String::new()));
        let cell: Cell = if grid.awaited {
            names(stage).iter().filter(|name| !pipeline.variables.contains_key(*name)).map(any).collect()
        } else {
            grid.axes.iter().map(any).collect()
        };
        let scope = Scope { cell: &cell, variables: &pipeline.variables };
        let mut problems = Vec::new();
        match (scope.substitute(&stage.params), &stage.work) {
            (Ok(params), Work::Command(template, span)) => {
                problems.extend(words(&pipeline.texts, stage, template, span, &params));
            }
            (Ok(_), Work::Kind(..)) => {}
            (Err(problem), _) => problems.push(problem),
        }
        let reader = Reader { pipeline, grids: &grids, stage, scope };
        if !grid.awaited {
            problems.extend(unused_axes(&reader, grid));
        }
        for (port, reference) in &stage.inputs {
            if matches!(&reference.target, Target::Named(axis) if cell.contains_key(axis)) {
                continue;
            }
            let found = reader.owner(reference).map(|found| match found {
                Some((Owner::Stage(other), ..)) => self.output(index, port, other).err(),
                Some((Owner::Source(_), ..)) | None => None,
            });
            problems.extend(found.unwrap_or_else(Some));
        }
        problems.into_iter().for_each(|problem| self.problem(problem));
    }
}

/// Returns the names that a stage uses as `$name`: its axes may be among them.
fn names(stage: &Stage) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    uses(&stage.params, &mut names);
    for reference in stage.inputs.values() {
        if let Target::Named(name) = &reference.target {
            names.insert(name.clone());
        }
        if let Select::Where(picks) = &reference.select {
            names.extend(picks.iter().filter_map(|(_, pick)| match pick {
                Pick::Named(name) => Some(name.clone()),
                Pick::Value(_) | Pick::All => None,
            }));
        }
    }
    names
}
