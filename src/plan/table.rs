use std::rc::Rc;

use contract::Cell;

use super::expand::Expansion;
use super::rows::Notation;
use super::substitute::Scope;
use super::unit::Part;
use super::wire::{Meant, Owner, Reader};
use crate::manifest::reference::{Reference, Select};
use crate::manifest::source::Lies;
use crate::manifest::{Grid, Problem};

impl Expansion<'_> {
    /// Returns where the table lies whose rows are the cells of a stage, if they are rows of one.
    pub(super) fn table(&mut self, stage: usize) -> Option<Part> {
        let Grid::Rows(reference) = &self.pipeline.stages[stage].grid else { return None };
        if let Some(known) = self.tables.get(&stage) {
            return known.clone();
        }
        let found = self.find_table(stage, reference).unwrap_or_else(|problem| {
            self.problem(problem);
            None
        });
        self.tables.insert(stage, found.clone());
        found
    }

    fn find_table(&mut self, stage: usize, reference: &Reference) -> Result<Option<Part>, Problem> {
        if reference.gathers() {
            let message = "the rows of a grid are those of one table";
            return Err(Problem::new("grid", message, &reference.span, "this gathers several")
                .help("name one of its cells: [axis=value]"));
        }
        let grids = Rc::clone(&self.grids);
        let nothing = Cell::new();
        let scope = Scope { cell: &nothing, variables: &self.pipeline.variables };
        let stage = &self.pipeline.stages[stage];
        let reader = Reader { pipeline: self.pipeline, grids: &grids, stage, scope };
        let Some((owner, grid, name)) = reader.owner(reference)? else { return Ok(None) };
        let mut output = 0;
        if let Owner::Stage(maker) = owner {
            let Some(found) = self.named(reference, maker)? else { return Ok(None) };
            let declared = &self.pipeline.stages[maker].outputs[found];
            if declared.folder || Notation::of(&declared.file).is_none() {
                let what = if declared.folder { "a folder" } else { declared.file.as_str() };
                return Err(no_table(reference, what).also(&declared.span, "declared here"));
            }
            output = found;
        }
        let picked = |axis: &String| match &reference.select {
            Select::Where(picks) => picks.iter().any(|(picked, _)| picked == axis),
            Select::All | Select::Over => true,
        };
        if let Some(axis) = grid.axes.iter().find(|axis| !picked(axis)) {
            let message =
                format!("{name} has an axis `{axis}`, and the rows of a grid are those of one table");
            return Err(Problem::new("unbound-axis", message, &reference.span, "which value of it?")
                .help(format!("write {name}[{axis}=…]")));
        }
        let Some(Meant { owner, cells, .. }) = reader.meaning(reference)? else { return Ok(None) };
        let cell = cells.into_iter().next().unwrap_or_default();
        match owner {
            Owner::Stage(maker) => Ok(Some(Part::Unit(self.unit(maker, cell), output))),
            Owner::Source(name) => match self.pipeline.sources[name].cells.get(&cell) {
                Some(Lies::File(path)) if Notation::of(&path.to_string_lossy()).is_some() => {
                    Ok(Some(Part::Source(name.to_owned(), cell)))
                }
                Some(Lies::File(path)) => Err(no_table(reference, &path.to_string_lossy())),
                Some(Lies::Folder(_) | Lies::Files(_)) | None => Err(no_table(reference, "a folder")),
            },
        }
    }
}

fn no_table(reference: &Reference, what: &str) -> Problem {
    let message = "the rows of a grid are those of a table";
    Problem::new("grid", message, &reference.span, format!("this is {what}")).help(Notation::HELP)
}
