use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Entry, Ledger};
use crate::key::{ArtifactKey, Key, KeyInput};
use crate::plan::{Part, Plan, Wire, cell_name};
use crate::store::Outside;

/// The way from one stage run back to the sources: each stage run once, before those that it read.
pub(super) struct Way<'a> {
    pub(super) steps: Vec<Step<'a>>,
    positions: BTreeMap<Key, usize>,
}

/// One stage run on the way.
pub(super) struct Step<'a> {
    /// What it is called.
    pub(super) id: String,
    pub(super) key: Key,
    /// Its record; none if that is gone.
    pub(super) entry: Option<&'a Entry>,
    /// The run that made it, if that is still known.
    pub(super) run: Option<&'a str>,
    /// What it read, by port.
    pub(super) inputs: BTreeMap<String, Vec<Read>>,
}

/// One artifact that was read.
pub(super) struct Read {
    /// The name of its cell, if the input is a gather.
    pub(super) cell: Option<String>,
    pub(super) artifact: ArtifactKey,
    pub(super) from: From,
    /// How many other records made the same bytes.
    pub(super) others: usize,
}

/// Where an artifact came from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// An output of a stage run: its key and the port.
    Run(Key, String),
    /// A source.
    Source(Outside),
    /// No record made it: it is gone. What the manifest names now, if anything.
    Gone(Option<String>),
}

/// What the manifest says now of where inputs come from.
pub(super) struct Now<'a> {
    plan: Option<&'a Plan>,
    units: BTreeMap<&'a str, usize>,
}

impl<'a> Now<'a> {
    pub(super) fn new(plan: Option<&'a Plan>) -> Self {
        let units = plan.map_or(&[][..], |plan| plan.units.as_slice()).iter().enumerate();
        Self { plan, units: units.map(|(position, unit)| (unit.id.as_str(), position)).collect() }
    }

    /// Returns whether there is a unit called so.
    pub(super) fn has(&self, id: &str) -> bool {
        self.units.contains_key(id)
    }

    /// Returns what an input is wired to.
    fn wired(&self, id: &str, port: &str, cell: Option<&str>) -> Option<String> {
        let plan = self.plan?;
        let (_, wire) = plan.units[*self.units.get(id)?].inputs.iter().find(|(name, _)| name == port)?;
        let part = match (wire, cell) {
            (Wire::One(part), None) => part,
            (Wire::Gather(parts), Some(cell)) => &parts.iter().find(|(of, _)| cell_name(of) == cell)?.1,
            _ => return None,
        };
        Some(match part {
            Part::Unit(unit, _) => plan.units[*unit].id.clone(),
            Part::Source(name, _) => format!("source.{name}"),
        })
    }
}

impl<'a> Way<'a> {
    /// Follows the records from `starts` back; of what these gather, only the cells that `wanted` wants.
    pub(super) fn back(
        ledger: &'a Ledger,
        now: &Now<'_>,
        starts: &[(String, Key)],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut known: BTreeMap<Key, Step<'a>> = BTreeMap::new();
        let mut ended = Vec::new();
        // Depth first, without recursion: a chain may be long.
        let mut open: Vec<(Key, Option<String>, bool)> =
            starts.iter().map(|(id, key)| (*key, Some(id.clone()), false)).collect();
        let starting: BTreeSet<Key> = starts.iter().map(|(_, key)| *key).collect();
        while let Some((key, called, done)) = open.pop() {
            if done {
                ended.push(key);
                continue;
            }
            if known.contains_key(&key) {
                continue;
            }
            open.push((key, None, true));
            let id = ledger.called(key, called.as_deref());
            let (entry, run) = (ledger.record(key), ledger.run(key));
            let mut step = Step { id, key, entry, run, inputs: BTreeMap::new() };
            step.inputs = reads(ledger, now, &step);
            if starting.contains(&key) {
                let gathered = step.inputs.values_mut();
                gathered.for_each(|reads| reads.retain(|read| read.cell.as_deref().is_none_or(wanted)));
            }
            for (port, reads) in &step.inputs {
                for read in reads {
                    if let From::Run(maker, _) = &read.from {
                        open.push((*maker, now.wired(&step.id, port, read.cell.as_deref()), false));
                    }
                }
            }
            known.insert(key, step);
        }
        // What ended last reads the others: the first that was asked for comes first.
        let steps: Vec<Step<'a>> = ended.iter().rev().filter_map(|key| known.remove(key)).collect();
        let positions = steps.iter().enumerate().map(|(at, step)| (step.key, at)).collect();
        Self { steps, positions }
    }

    /// Returns the step of a key.
    pub(super) fn step(&self, key: Key) -> Option<&Step<'a>> {
        self.positions.get(&key).map(|at| &self.steps[*at])
    }

    /// Returns the sources at which the way ends, each with its digest.
    pub(super) fn sources(&self) -> Vec<(&Outside, ArtifactKey)> {
        let reads = self.steps.iter().flat_map(|step| step.inputs.values().flatten());
        let mut found: Vec<(&Outside, ArtifactKey)> = reads
            .filter_map(|read| match &read.from {
                From::Source(outside) => Some((outside, read.artifact)),
                From::Run(..) | From::Gone(_) => None,
            })
            .collect();
        found.sort_by_key(|(outside, artifact)| (*outside, artifact.digest));
        found.dedup();
        found
    }
}

fn reads(ledger: &Ledger, now: &Now<'_>, step: &Step<'_>) -> BTreeMap<String, Vec<Read>> {
    let Some(entry) = step.entry else { return BTreeMap::new() };
    let record = &entry.record;
    let of_port = |(port, input): (&String, &KeyInput)| {
        let cells: Vec<(Option<String>, ArtifactKey)> = match input {
            KeyInput::One(artifact) => vec![(None, *artifact)],
            KeyInput::Gather(cells) => {
                cells.iter().map(|(cell, artifact)| (Some(cell.clone()), *artifact)).collect()
            }
        };
        let outside = record.sources.get(port);
        let read = |(at, (cell, artifact)): (usize, (Option<String>, ArtifactKey))| {
            if let Some(outside) = outside.and_then(|outside| outside.get(at)) {
                return Read { cell, artifact, from: From::Source(outside.clone()), others: 0 };
            }
            let wired = now.wired(&step.id, port, cell.as_deref());
            let (from, others) = match ledger.maker(&artifact, step.key, wired.as_deref()) {
                Some((key, port, others)) => (From::Run(key, port.to_owned()), others),
                None => (From::Gone(wired), 0),
            };
            Read { cell, artifact, from, others }
        };
        (port.clone(), cells.into_iter().enumerate().map(read).collect())
    };
    record.manifest.inputs.iter().map(of_port).collect()
}
