use std::collections::{BTreeMap, BTreeSet};

use contract::{ANY, Cell, Scalar};

use super::cells::{self, Grids};
use super::mistake::{key_span, unused_axes, words};
use super::order::order;
use super::substitute::Scope;
use super::unit::{Part, Plan, Unit, Wire, id};
use super::wire::{Owner, Reader};
use crate::failure::Failure;
use crate::manifest::needs::{KEYS, Needs};
use crate::manifest::problem::nearest;
use crate::manifest::reference::Target;
use crate::manifest::{Pipeline, Problem, Unread, Work};

/// Plans what `targets` ask for; none means every stage with a closed grid.
///
/// # Errors
/// Every mistake in the manifest that planning finds, or a target that means nothing.
pub fn expand(pipeline: &Pipeline, targets: &[super::target::Target]) -> Result<Plan, Failure> {
    let mut expansion = Expansion::new(pipeline);
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
        let mut everything = Expansion::new(pipeline);
        everything.everything(false);
        everything.grow();
        everything
    });
    for target in targets {
        let grid = &expansion.grids.stages[target.stage()];
        target.check(grid)?;
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
        if matching.is_empty() {
            return Err(target.nothing(grid.closed.is_none()));
        }
        asked.extend(matching.into_iter().map(|cell| (target.stage(), cell)));
    }
    for (stage, cell) in asked {
        let unit = expansion.unit(stage, cell);
        expansion.units[unit].target = true;
    }
    expansion.seal()
}

/// Returns why a manifest is refused: the mistakes that were found when it was read, and those in the wires of the rest.
pub fn refuse(unread: Unread) -> Failure {
    match unread {
        Unread::File(failure) => failure,
        Unread::Mistakes { mut problems, texts, rest } => {
            if let Some(rest) = rest {
                let mut expansion = Expansion::new(&rest);
                expansion.everything(true);
                expansion.grow();
                expansion.unasked();
                let order = order(&rest, &expansion.units);
                problems.extend(expansion.problems);
                problems.extend(order.err().unwrap_or_default());
            }
            Failure::manifest(&problems, &texts)
        }
    }
}

struct Expansion<'a> {
    pipeline: &'a Pipeline,
    grids: Grids,
    units: Vec<Unit>,
    by_id: BTreeMap<String, usize>,
    grown: usize,
    checked: BTreeSet<usize>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Expansion<'a> {
    fn new(pipeline: &'a Pipeline) -> Self {
        let (mut problems, mut warnings) = (Vec::new(), pipeline.warnings.clone());
        let grids = cells::all(pipeline, &mut problems, &mut warnings);
        let by_id = BTreeMap::new();
        Self { pipeline, grids, units: vec![], by_id, grown: 0, checked: BTreeSet::new(), problems, warnings }
    }

    fn everything(&mut self, target: bool) {
        for stage in 0..self.pipeline.stages.len() {
            for cell in self.grids.stages[stage].closed.clone().unwrap_or_default() {
                let unit = self.unit(stage, cell);
                self.units[unit].target |= target;
            }
        }
    }

    /// Returns the position of the unit of a stage at a cell, which is new if nobody asked for it before.
    fn unit(&mut self, stage: usize, cell: Cell) -> usize {
        let id = id(&self.pipeline.stages[stage].name, &cell);
        if let Some(&known) = self.by_id.get(&id) {
            return known;
        }
        let position = self.units.len();
        self.by_id.insert(id.clone(), position);
        self.units.push(Unit {
            stage,
            cell,
            id,
            target: false,
            inputs: Vec::new(),
            params: self.pipeline.stages[stage].params.clone(),
            bound: None,
            needs: Needs::default(),
            reads: Vec::new(),
        });
        position
    }

    /// Works out the units that are there, and those that they ask for.
    fn grow(&mut self) {
        while self.grown < self.units.len() {
            let unit = self.grown;
            self.grown += 1;
            if !self.grids.stages[self.units[unit].stage].broken {
                self.params(unit);
                self.wires(unit);
            }
        }
    }

    /// Checks the stages with an open grid that nobody asks for, as far as that goes without their cells.
    fn unasked(&mut self) {
        let pipeline = self.pipeline;
        for (index, stage) in pipeline.stages.iter().enumerate() {
            if self.grids.stages[index].closed.is_some() || !self.checked.insert(index) {
                continue;
            }
            let any = |axis: &String| (axis.clone(), Scalar::Text(String::new()));
            let cell: Cell = self.grids.stages[index].axes.iter().map(any).collect();
            let scope = Scope { cell: &cell, variables: &pipeline.variables };
            let mut problems: Vec<Problem> = scope.substitute(&stage.params).err().into_iter().collect();
            let reader = Reader { pipeline, grids: &self.grids, stage, scope };
            problems.extend(unused_axes(&reader, &self.grids.stages[index]));
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

    fn problem(&mut self, problem: Problem) {
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
        let grids = std::mem::take(&mut self.grids);
        let scope = Scope { cell: &cell, variables: &self.pipeline.variables };
        let reader = Reader { pipeline: self.pipeline, grids: &grids, stage: declared, scope };
        let mut problems = Vec::new();
        if self.checked.insert(stage) {
            problems.extend(unused_axes(&reader, &grids.stages[stage]));
        }
        let mut inputs = Vec::new();
        for (port, reference) in &declared.inputs {
            let meant = match reader.meaning(reference) {
                Ok(Some(meant)) => meant,
                Ok(None) => continue,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let mut parts = Vec::new();
            let mut output = 0;
            if let Owner::Stage(other) = meant.owner {
                match self.output(stage, port, other) {
                    Ok(found) => output = found,
                    Err(problem) => {
                        problems.push(problem);
                        continue;
                    }
                }
            }
            for cell in meant.cells {
                let part = match meant.owner {
                    Owner::Source(name) => Part::Source(name.to_owned(), cell.clone()),
                    Owner::Stage(other) => Part::Unit(self.unit(other, cell.clone()), output),
                };
                parts.push((cell, part));
            }
            let wire = match (meant.gather, parts.pop()) {
                (false, Some((_, part))) => Wire::One(part),
                (_, last) => Wire::Gather(parts.into_iter().chain(last).collect()),
            };
            inputs.push((port.clone(), wire));
        }
        self.grids = grids;
        let unit = &mut self.units[position];
        unit.inputs = inputs;
        let reads: BTreeSet<usize> = unit
            .parts()
            .filter_map(|part| match part {
                Part::Unit(other, _) => Some(*other),
                Part::Source(..) => None,
            })
            .collect();
        unit.reads = reads.into_iter().collect();
        problems.into_iter().for_each(|problem| self.problem(problem));
    }

    /// Returns the position of the output of `other` that `port` of `stage` reads.
    fn output(&self, stage: usize, port: &str, other: usize) -> Result<usize, Problem> {
        let (reader, maker) = (&self.pipeline.stages[stage], &self.pipeline.stages[other]);
        let reference = &reader.inputs[port];
        let name = reference.port.as_deref().unwrap_or_default();
        let position = maker.outputs.iter().position(|output| output.port == name);
        if position.is_none() && self.pipeline.mistaken.contains(&maker.name) {
            return Ok(0);
        }
        let found = position.ok_or_else(|| {
            let known = maker.outputs.iter().map(|output| output.port.as_str());
            Problem::new(
                "unknown-port",
                format!("{} has no output `{name}`", maker.name),
                &reference.span,
                "this port",
            )
            .suggest(nearest(name, known))
        })?;
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
