use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use contract::Progress;
use rayon::prelude::*;

use super::attempt::Workshop;
use super::audit::Report;
use super::execute::{Anew, Options};
use super::identity::identify;
use super::journal::Journal;
use super::latest::Latest;
use super::session::Session;
use super::slots::Message;
use super::survey::Freshness;
use crate::event::Outcome;
use crate::failure::Failure;
use crate::key::{ArtifactKey, Form, Key, KeyManifest};
use crate::manifest::Pipeline;
use crate::plan::{Machine, Part, Plan, Tables};
use crate::schedule::Schedule;
use crate::store::{Artifact, Summary};
use crate::ui::Watcher;

/// A run under way.
pub(super) struct Run<'a, 'b> {
    pub(super) session: &'a Session<'b>,
    /// What is to be done, as far as it is known by now.
    pub(super) plan: Plan,
    /// The tables that this rests on.
    pub(super) tables: Tables,
    pub(super) machine: &'a Machine,
    pub(super) workshop: &'a Workshop<'a>,
    pub(super) latest: &'a Latest,
    pub(super) options: Options,
    pub(super) schedule: Schedule,
    pub(super) watcher: &'a mut dyn Watcher,
    pub(super) journal: Journal,
    pub(super) sender: Sender<Message>,
    pub(super) keys: Vec<Option<Key>>,
    /// What the keys stand for that are to be made.
    pub(super) manifests: Vec<Option<Arc<KeyManifest>>>,
    pub(super) outputs: Vec<Option<BTreeMap<String, Artifact>>>,
    /// Whether somebody needs the bytes of a unit's outputs, and not only their digests.
    pub(super) bytes_needed: Vec<bool>,
    pub(super) attempts: Vec<u32>,
    /// The keys that are being made, each with the other units that wait for it.
    pub(super) making: BTreeMap<Key, Vec<usize>>,
    pub(super) gpus: Vec<String>,
    pub(super) seconds: Vec<f64>,
    pub(super) used: Vec<(String, Key)>,
    /// The units that failed.
    pub(super) failures: Vec<String>,
    /// The keys among those that were used.
    pub(super) served: BTreeSet<Key>,
    pub(super) tally: [usize; 5],
    /// Whether other bytes were made than a record told: what was taken for fresh may rest on the old ones.
    pub(super) replaced: bool,
    /// Whether a table was made whose rows are not the cells that the manifest needs.
    pub(super) refused: bool,
    pub(super) interrupts: u32,
    /// The units of which it was said that another run makes them.
    pub(super) awaited: BTreeSet<usize>,
    /// Those among them for which no thread waits.
    pub(super) unwatched: Vec<usize>,
    pub(super) begin: Instant,
    pub(super) report: Report,
}

impl<'a, 'b> Run<'a, 'b> {
    #[expect(clippy::too_many_arguments, reason = "what a run consists of")]
    pub(super) fn new(
        session: &'a Session<'b>,
        plan: Plan,
        workshop: &'a Workshop<'a>,
        latest: &'a Latest,
        options: Options,
        schedule: Schedule,
        watcher: &'a mut dyn Watcher,
        journal: Journal,
        sender: Sender<Message>,
        machine: &'a Machine,
        seconds: Vec<f64>,
    ) -> Self {
        let units = plan.units.len();
        Self {
            session,
            plan,
            tables: session.tables.clone(),
            machine,
            workshop,
            latest,
            options,
            schedule,
            watcher,
            journal,
            sender,
            keys: vec![None; units],
            manifests: vec![None; units],
            outputs: vec![None; units],
            bytes_needed: vec![false; units],
            attempts: vec![0; units],
            making: BTreeMap::new(),
            gpus: machine.gpus.clone(),
            seconds,
            used: Vec::new(),
            failures: Vec::new(),
            served: BTreeSet::new(),
            tally: [0; 5],
            replaced: false,
            refused: false,
            interrupts: 0,
            awaited: BTreeSet::new(),
            unwatched: Vec::new(),
            begin: Instant::now(),
            report: Report::default(),
        }
    }

    /// Takes what is fresh as done.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        for (unit, planned) in self.plan.units.iter().enumerate() {
            self.bytes_needed[unit] = planned.target;
        }
        if self.options.makes_everything() {
            return Ok(());
        }
        let session = self.session;
        let is_lost = |unit: usize| {
            let record = session.standings[unit].record.as_ref();
            self.bytes_needed[unit] && !record.is_some_and(|record| session.store.has_outputs(record))
        };
        let lost: Vec<bool> = (0..self.plan.units.len()).into_par_iter().map(is_lost).collect();
        for unit in self.plan.order.clone() {
            let standing = &session.standings[unit];
            let (Freshness::Fresh, Some(record), Some(key)) =
                (standing.freshness, &standing.record, standing.key)
            else {
                continue;
            };
            if self.rebuilds(unit) {
                self.outputs[unit] = Some(record.outputs.clone());
                continue;
            }
            let producers_settled =
                self.plan.units[unit].reads.iter().all(|read| self.outputs[*read].is_some());
            if !producers_settled || lost[unit] {
                continue;
            }
            self.keys[unit] = Some(key);
            self.hit(unit, record.outputs.clone())?;
        }
        Ok(())
    }

    /// A running unit goes on.
    pub(super) fn progress(&mut self, unit: usize, progress: &Progress) {
        self.watcher.progress(&self.plan.units[unit].id, progress);
    }

    /// Time went by.
    pub(super) fn tick(&mut self) {
        let (done, left) = self.left();
        self.watcher.tick(done, self.plan.order.len(), left);
    }

    /// Returns how many units are done, and about how many seconds the others take.
    fn left(&self) -> (usize, Option<f64>) {
        let done = |unit: usize| self.outputs[unit].is_some();
        let units = || self.plan.order.iter().copied();
        let seconds: f64 = units().filter(|unit| !done(*unit)).map(|unit| self.seconds[unit]).sum();
        let finished = units().filter(|unit| done(*unit)).count();
        #[expect(clippy::cast_precision_loss, reason = "a number of slots")]
        let slots = self.machine.cpus as f64;
        (finished, (seconds > 1.0).then_some(seconds / slots))
    }

    /// Looks up the key of a unit whose inputs are known.
    pub(super) fn check(&mut self, unit: usize) -> Result<(), Failure> {
        let (session, pipeline) = (self.session, &self.session.project.pipeline);
        let planned = &self.plan.units[unit];
        let identity = {
            let (plan, outputs) = (&self.plan, &self.outputs);
            let artifact = |part: &Part| match part {
                Part::Source(name, cell) => session.sources.key(name, cell),
                Part::Unit(other, output) => stored(pipeline, plan, outputs, *other, *output).map_or(
                    ArtifactKey { form: Form::File, digest: contract::Digest::of(&[]) },
                    |artifact| artifact.key(),
                ),
            };
            identify(pipeline, planned, &artifact)?
        };
        let key = identity.key();
        self.keys[unit] = Some(key);
        self.manifests[unit] = Some(Arc::new(identity));
        if let Some(twins) = self.making.get_mut(&key) {
            twins.push(unit);
            self.schedule.block(unit);
            return Ok(());
        }
        if let Some(record) = self.lookup(unit, &key) {
            return self.hit(unit, record.outputs);
        }
        let mut lost = BTreeSet::new();
        for part in planned.parts() {
            if let Part::Unit(other, output) = part
                && let Some(artifact) = stored(pipeline, &self.plan, &self.outputs, *other, *output)
                && !session.store.is_whole(&artifact)
            {
                lost.insert(*other);
            }
        }
        if lost.is_empty() || self.rebuilds(unit) {
            self.schedule.queue(unit);
        } else {
            self.remake(unit, &lost);
        }
        Ok(())
    }

    /// The bytes of what these units made are gone, and another needs them.
    pub(super) fn remake(&mut self, unit: usize, lost: &BTreeSet<usize>) {
        for &producer in lost {
            self.bytes_needed[producer] = true;
            self.attempts[producer] = 0;
            self.watcher.note(&format!(
                "what '{}' made is gone from the cache or damaged: making it again",
                self.plan.units[producer].id
            ));
        }
        let skipped = self.schedule.remake(unit, &lost.iter().copied().collect::<Vec<_>>());
        self.skipped(skipped);
    }

    /// Returns whether a unit is made again only to be compared with its record, which is what others go on reading.
    pub(super) fn rebuilds(&self, unit: usize) -> bool {
        self.options.anew == Anew::Targets && self.plan.units[unit].target
    }

    /// Returns the record of a key if it serves this unit.
    pub(super) fn lookup(&self, unit: usize, key: &Key) -> Option<Summary> {
        let anew = self.options.makes_everything() || self.rebuilds(unit);
        if anew && !self.served.contains(key) {
            return None;
        }
        let record = self.session.store.summary(key)?;
        (!self.bytes_needed[unit] || self.session.store.has_outputs(&record)).then_some(record)
    }

    pub(super) fn hit(&mut self, unit: usize, outputs: BTreeMap<String, Artifact>) -> Result<(), Failure> {
        self.finish(unit, outputs, Outcome::Hit, 0.0)
    }
}

/// Returns what an output of a unit that is done holds.
pub(super) fn stored(
    pipeline: &Pipeline,
    plan: &Plan,
    outputs: &[Option<BTreeMap<String, Artifact>>],
    unit: usize,
    output: usize,
) -> Option<Artifact> {
    let port = &plan.units[unit].stage(pipeline).outputs[output].port;
    outputs[unit].as_ref()?.get(port).copied()
}
