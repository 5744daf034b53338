use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use contract::{ANY, Cell};

use super::cells::{self, Grids};
use super::mistake::{key_span, unused_axes, words};
use super::order::order;
use super::rows::Tables;
use super::substitute::Scope;
use super::unit::{Part, Plan, Unit, Wire, id};
use super::wire::{Owner, Reader};
use crate::failure::Failure;
use crate::manifest::needs::{KEYS, Needs};
use crate::manifest::problem::nearest;
use crate::manifest::reference::Reference;
use crate::manifest::{Pipeline, Problem, Unread, Work};

/// Plans what `targets` ask for; none means every stage with a closed grid.
///
/// A stage whose cells are rows of a table that is not among `tables` has one unit, which stands for all of them.
///
/// # Errors
/// Every mistake in the manifest that planning finds, or a target that means nothing.
pub fn expand(
    pipeline: &Pipeline,
    targets: &[super::target::Target],
    tables: &Tables,
) -> Result<Plan, Failure> {
    let mut expansion = Expansion::new(pipeline, tables);
    if targets.is_empty() {
        expansion.everything(true);
        expansion.grow();
        expansion.unasked();
        return expansion.seal();
    }
    // A cell of an open grid may be asked for by a reader that no target names.
    let whole_needed = targets.iter().any(|target| {
        let grid = &expansion.grids.stages[target.stage()];
        grid.closed.is_none() && target.whole(grid).is_none()
    });
    let mut asked: Vec<(usize, Cell)> = Vec::new();
    let everything = whole_needed.then(|| {
        let mut everything = Expansion::new(pipeline, tables);
        everything.everything(false);
        everything.grow();
        everything
    });
    // Those that stand for others may ask for more, once their cells are known.
    let later: Vec<usize> = everything.iter().flat_map(Expansion::awaited).collect();
    for target in targets {
        let grid = &expansion.grids.stages[target.stage()];
        target.check(grid)?;
        if grid.awaited {
            asked.push((target.stage(), Cell::new()));
            continue;
        }
        let matching: Vec<Cell> = match (&grid.closed, target.whole(grid), &everything) {
            (Some(closed), _, _) => closed.iter().filter(|cell| target.matches(cell)).cloned().collect(),
            (None, Some(whole), _) => vec![whole],
            (None, None, everything) => {
                let units = everything.iter().flat_map(|everything| &everything.units);
                let of_stage =
                    units.filter(|unit| unit.stage == target.stage() && target.matches(&unit.cell));
                of_stage.map(|unit| unit.cell.clone()).collect()
            }
        };
        if matching.is_empty() && (grid.closed.is_some() || later.is_empty()) {
            return Err(target.nothing(grid));
        }
        asked.extend(matching.into_iter().map(|cell| (target.stage(), cell)));
    }
    for (stage, cell) in asked {
        let unit = expansion.unit(stage, cell);
        expansion.units[unit].target = true;
    }
    for stage in later {
        expansion.unit(stage, Cell::new());
    }
    expansion.seal()
}

/// Returns why a manifest is refused: the mistakes that were found when it was read, and those in the wires of the rest.
pub fn refuse(unread: Unread) -> Failure {
    match unread {
        Unread::File(failure) => failure,
        Unread::Mistakes { mut problems, texts, rest } => {
            if let Some(rest) = rest {
                let mut expansion = Expansion::new(&rest, &Tables::new());
                expansion.everything(true);
                expansion.grow();
                expansion.unasked();
                let order = order(&rest, &expansion.units);
                // Where something is wrong already, what follows from it is no second mistake.
                let read = problems.clone();
                let is_new =
                    |problem: &Problem| !read.iter().any(|known| known.labels[0].0 == problem.labels[0].0);
                problems.extend(expansion.problems.into_iter().filter(is_new));
                problems.extend(order.err().unwrap_or_default());
            }
            Failure::manifest(&problems, &texts)
        }
    }
}

/// A plan while it grows.
pub(super) struct Expansion<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) grids: Rc<Grids>,
    pub(super) units: Vec<Unit>,
    /// Where the table of each stage lies, if its cells are rows of one.
    pub(super) tables: BTreeMap<usize, Option<Part>>,
    pub(super) checked: BTreeSet<usize>,
    by_id: BTreeMap<String, usize>,
    grown: usize,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Expansion<'a> {
    fn new(pipeline: &'a Pipeline, tables: &Tables) -> Self {
        let (mut problems, mut warnings) = (Vec::new(), pipeline.warnings.clone());
        let grids = Rc::new(cells::all(pipeline, tables, &mut problems, &mut warnings));
        Self {
            pipeline,
            grids,
            units: Vec::new(),
            tables: BTreeMap::new(),
            checked: BTreeSet::new(),
            by_id: BTreeMap::new(),
            grown: 0,
            problems,
            warnings,
        }
    }

    fn everything(&mut self, target: bool) {
        for stage in 0..self.pipeline.stages.len() {
            if self.grids.stages[stage].awaited {
                let unit = self.unit(stage, Cell::new());
                self.units[unit].target |= target;
            }
            for cell in self.grids.stages[stage].closed.clone().unwrap_or_default() {
                let unit = self.unit(stage, cell);
                self.units[unit].target |= target;
            }
        }
    }

    /// Returns the stages whose cells are not known yet.
    fn awaited(&self) -> Vec<usize> {
        self.units.iter().filter(|unit| unit.awaited).map(|unit| unit.stage).collect()
    }

    /// Returns the position of the unit of a stage at a cell, which is new if nobody asked for it before; of a stage whose
    /// cells are not known yet, of the one that stands for all of them.
    pub(super) fn unit(&mut self, stage: usize, cell: Cell) -> usize {
        let awaited = self.grids.stages[stage].awaited;
        let name = &self.pipeline.stages[stage].name;
        let id = if awaited { format!("{name}[*]") } else { id(name, &cell) };
        if let Some(&known) = self.by_id.get(&id) {
            return known;
        }
        let position = self.units.len();
        self.by_id.insert(id.clone(), position);
        self.units.push(Unit {
            stage,
            cell,
            id,
            awaited,
            target: false,
            inputs: Vec::new(),
            params: self.pipeline.stages[stage].params.clone(),
            bound: None,
            needs: Needs::default(),
            rows: None,
            reads: Vec::new(),
        });
        position
    }

    /// Works out the units that are there, and those that they ask for.
    fn grow(&mut self) {
        while self.grown < self.units.len() {
            let unit = self.grown;
            self.grown += 1;
            let grid = &self.grids.stages[self.units[unit].stage];
            if grid.awaited {
                self.stand_in(unit);
            } else if !grid.broken {
                self.params(unit);
                self.wires(unit);
            }
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        let known = |other: &Problem| other.code == problem.code && other.labels[0].0 == problem.labels[0].0;
        // Each cell of a grid makes the same mistake: once is enough.
        if !self.problems.iter().any(known) {
            self.problems.push(problem);
        }
    }

    fn params(&mut self, position: usize) {
        let unit = &self.units[position];
        let stage = &self.pipeline.stages[unit.stage];
        let scope = Scope { cell: &unit.cell, variables: &self.pipeline.variables };
        let mut problems = Vec::new();
        let pipeline_texts = &self.pipeline.texts;
        let params = scope.substitute(&stage.params);
        let bound = match (&params, &stage.work) {
            (Ok(params), Work::Kind(kind, _)) => Some((kind.bind)(&params.to_json()).map_err(|issue| {
                let path = issue.message.split('`').nth(1).unwrap_or_default();
                let unknown = issue.message.contains("unknown field");
                let code = if unknown { "unknown-key" } else { "parameter" };
                let place = if unknown { key_span(params, &issue.message) } else { None };
                let span = place.unwrap_or_else(|| params.at(path).span.clone());
                let help = issue.help.clone();
                Problem::new(code, format!("{}: {}", stage.name, issue.message), &span, "here").suggest(help)
            })),
            _ => None,
        };
        if let (Ok(params), Work::Command(template, span)) = (&params, &stage.work) {
            problems.extend(words(pipeline_texts, stage, template, span, params));
        }
        let mut needs = Needs::default();
        let known = |key: &String| KEYS.iter().any(|(known, _)| known == key);
        for (key, entry) in stage.needs.iter().filter(|(key, _)| known(key)) {
            match scope.substitute(&entry.value) {
                Ok(value) if needs.set(key, &value).is_none() => {
                    let expected = KEYS.iter().find(|(known, _)| known == key).map_or("", |(_, what)| what);
                    let message = format!("`needs.{key}` of {} is {expected}", stage.name);
                    problems.push(Problem::new(
                        "wrong-type",
                        message,
                        &value.span,
                        format!("this is {value}"),
                    ));
                }
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let unit = &mut self.units[position];
        unit.needs = needs;
        match params {
            Ok(params) => unit.params = params,
            Err(problem) => problems.push(problem),
        }
        match bound {
            Some(Ok(bound)) => unit.bound = Some(bound),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
        problems.into_iter().for_each(|problem| self.problem(problem));
    }

    fn wires(&mut self, position: usize) {
        let (stage, cell) = (self.units[position].stage, self.units[position].cell.clone());
        let declared = &self.pipeline.stages[stage];
        let grids = Rc::clone(&self.grids);
        let scope = Scope { cell: &cell, variables: &self.pipeline.variables };
        let reader = Reader { pipeline: self.pipeline, grids: &grids, stage: declared, scope };
        if self.checked.insert(stage) {
            unused_axes(&reader, &grids.stages[stage]).into_iter().for_each(|problem| self.problem(problem));
        }
        let mut inputs = Vec::new();
        for port in declared.inputs.keys() {
            match self.wire(stage, port, &reader) {
                Ok(wire) => inputs.extend(wire.map(|wire| (port.clone(), wire))),
                Err(problem) => self.problem(problem),
            }
        }
        let rows = self.table(stage);
        let unit = &mut self.units[position];
        unit.inputs = inputs;
        unit.rows = rows;
        let reads: BTreeSet<usize> = unit.parts().chain(&unit.rows).filter_map(Part::unit).collect();
        unit.reads = reads.into_iter().collect();
    }

    /// Returns what `port` of a stage means to one reader; nothing if that rests on a mistake that was told already.
    pub(super) fn wire(
        &mut self,
        stage: usize,
        port: &str,
        reader: &Reader<'_>,
    ) -> Result<Option<Wire>, Problem> {
        let Some(meant) = reader.meaning(&reader.stage.inputs[port])? else { return Ok(None) };
        let output = match meant.owner {
            Owner::Stage(other) => self.output(stage, port, other)?,
            Owner::Source(_) => 0,
        };
        let mut parts = Vec::new();
        for cell in meant.cells {
            let part = match meant.owner {
                Owner::Source(name) => Part::Source(name.to_owned(), cell.clone()),
                Owner::Stage(other) => Part::Unit(self.unit(other, cell.clone()), output),
            };
            parts.push((cell, part));
        }
        Ok(Some(match (meant.gather, parts.pop()) {
            (false, Some((_, part))) => Wire::One(part),
            (_, last) => Wire::Gather(parts.into_iter().chain(last).collect()),
        }))
    }

    /// Returns the position of the output of `other` that `port` of `stage` reads.
    pub(super) fn output(&self, stage: usize, port: &str, other: usize) -> Result<usize, Problem> {
        let (reader, maker) = (&self.pipeline.stages[stage], &self.pipeline.stages[other]);
        let reference = &reader.inputs[port];
        let name = reference.port.as_deref().unwrap_or_default();
        let Some(found) = self.named(reference, other)? else { return Ok(0) };
        if let (Work::Kind(kind, _), Some(made)) = (&reader.work, maker.outputs[found].table)
            && let Some(input) = kind.input(port).filter(|input| input.table != ANY && input.table != made)
        {
            let message = format!("`{port}` of {} takes {}, not {made}", reader.name, input.table);
            return Err(Problem::new(
                "wrong-table",
                message,
                &reference.span,
                format!("this carries {made}"),
            )
            .also(&maker.span, format!("made here, by `{name}` of {}", maker.name)));
        }
        Ok(found)
    }

    /// Returns the position of the output of `other` that a reference names; nothing if that was told to be a mistake.
    pub(super) fn named(&self, reference: &Reference, other: usize) -> Result<Option<usize>, Problem> {
        let maker = &self.pipeline.stages[other];
        let name = reference.port.as_deref().unwrap_or_default();
        let position = maker.outputs.iter().position(|output| output.port == name);
        if position.is_some() || self.pipeline.mistaken.contains(&maker.name) {
            return Ok(position);
        }
        let known = maker.outputs.iter().map(|output| output.port.as_str());
        let message = format!("{} has no output `{name}`", maker.name);
        Err(Problem::new("unknown-port", message, &reference.span, "this port").suggest(nearest(name, known)))
    }

    fn seal(mut self) -> Result<Plan, Failure> {
        self.grow();
        let order = order(self.pipeline, &self.units);
        let order = match order {
            Ok(order) => order,
            Err(problems) => {
                self.problems.extend(problems);
                Vec::new()
            }
        };
        if !self.problems.is_empty() {
            return Err(Failure::manifest(&self.problems, &self.pipeline.texts));
        }
        let mut readers = vec![Vec::new(); self.units.len()];
        for (position, unit) in self.units.iter().enumerate() {
            unit.reads.iter().for_each(|read| readers[*read].push(position));
        }
        Ok(Plan { units: self.units, order, readers, warnings: self.warnings })
    }
}
