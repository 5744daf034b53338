use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use contract::Digest;
use rayon::Scope;

use super::attempt::Workshop;
use super::audit::Report;
use super::execute::{Anew, Message, Options};
use super::identity::identify;
use super::journal::Journal;
use super::session::Session;
use super::survey::Freshness;
use crate::event::Outcome;
use crate::failure::Failure;
use crate::key::{ArtifactKey, Form, Key, KeyManifest};
use crate::plan::{Machine, Part};
use crate::schedule::Schedule;
use crate::store::{Access, Artifact, Record};
use crate::ui::Watcher;

/// How often those who watch are told that time went by.
const TICK: Duration = Duration::from_millis(100);

/// A run under way.
pub(super) struct Run<'a, 'b> {
    pub(super) session: &'a Session<'b>,
    pub(super) workshop: &'a Workshop<'a>,
    pub(super) options: Options,
    pub(super) schedule: Schedule,
    pub(super) watcher: &'a mut dyn Watcher,
    pub(super) journal: Journal,
    pub(super) sender: Sender<Message>,
    pub(super) identities: Vec<Option<(Key, KeyManifest)>>,
    pub(super) outputs: Vec<Option<BTreeMap<String, Artifact>>>,
    /// Whether somebody needs the bytes of a unit's outputs, and not only their digests.
    pub(super) bytes_needed: Vec<bool>,
    pub(super) attempts: Vec<u32>,
    /// The keys that are being made, each with the other units that wait for it.
    pub(super) making: BTreeMap<Key, Vec<usize>>,
    /// The artifacts that were found whole in this run.
    pub(super) whole: BTreeSet<Digest>,
    pub(super) gpus: Vec<String>,
    pub(super) seconds: Vec<f64>,
    pub(super) used: Vec<(String, Key)>,
    pub(super) tally: [usize; 5],
    pub(super) interrupts: u32,
    pub(super) begin: Instant,
    /// When those who watch were last told that time went by.
    pub(super) told: Instant,
    pub(super) slots: usize,
    pub(super) report: Report,
}

impl<'a, 'b> Run<'a, 'b> {
    #[expect(clippy::too_many_arguments, reason = "what a run consists of")]
    pub(super) fn new(
        session: &'a Session<'b>,
        workshop: &'a Workshop<'a>,
        options: Options,
        schedule: Schedule,
        watcher: &'a mut dyn Watcher,
        journal: Journal,
        sender: Sender<Message>,
        machine: &Machine,
        seconds: Vec<f64>,
    ) -> Self {
        let units = session.plan.units.len();
        Self {
            session,
            workshop: &workshop,
            options,
            schedule,
            watcher,
            journal,
            sender,
            identities: vec![None; units],
            outputs: vec![None; units],
            bytes_needed: vec![false; units],
            attempts: vec![0; units],
            making: BTreeMap::new(),
            whole: BTreeSet::new(),
            gpus: machine.gpus.clone(),
            seconds,
            used: Vec::new(),
            tally: [0; 5],
            interrupts: 0,
            begin: Instant::now(),
            told: Instant::now(),
            slots: machine.cpus,
            report: Report::default(),
        }
    }

    /// Takes what is fresh as done.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        for (unit, planned) in self.session.plan.units.iter().enumerate() {
            self.bytes_needed[unit] = planned.target;
        }
        if self.options.anew == Anew::Everything || self.options.access == Access::Off {
            return Ok(());
        }
        for &unit in &self.session.plan.order {
            let standing = &self.session.standings[unit];
            let (Freshness::Fresh, Some(record), Some(identity)) =
                (standing.freshness, &standing.record, &standing.identity)
            else {
                continue;
            };
            if self.rebuilds(unit) {
                self.outputs[unit] = Some(record.outputs.clone());
                continue;
            }
            let producers_settled =
                self.session.plan.units[unit].reads.iter().all(|read| self.outputs[*read].is_some());
            if !producers_settled || (self.bytes_needed[unit] && !self.session.store.has_outputs(record)) {
                continue;
            }
            self.identities[unit] = Some(identity.clone());
            self.hit(unit, record.outputs.clone())?;
        }
        Ok(())
    }

    pub(super) fn drive<'s>(&mut self, scope: &Scope<'s>, receiver: &Receiver<Message>) -> Result<(), Failure>
    where
        'a: 's,
    {
        let result = self.turn(scope, receiver);
        if result.is_err() {
            // What runs must end before the scope can.
            self.schedule.stop();
            self.workshop.processes.signal(rustix::process::Signal::TERM);
        }
        result
    }

    pub(super) fn turn<'s>(&mut self, scope: &Scope<'s>, receiver: &Receiver<Message>) -> Result<(), Failure>
    where
        'a: 's,
    {
        while !self.schedule.is_over() {
            while let Some(unit) = self.schedule.take_ready() {
                self.check(unit)?;
            }
            while let Some(unit) = self.schedule.start() {
                self.begin(unit, scope)?;
            }
            if self.schedule.is_over() {
                break;
            }
            match receiver.recv_timeout(TICK) {
                Ok(Message::Progress(unit, progress)) => {
                    self.watcher.progress(&self.session.plan.units[unit].id, &progress);
                }
                Ok(Message::Ended(unit, job, Ok(made))) => self.made(unit, *job, made)?,
                Ok(Message::Ended(unit, job, Err(failed))) => self.failed(unit, job, failed, scope),
                Ok(Message::Unlocked(unit)) => self.schedule.unblock(unit),
                Ok(Message::Signal) => self.interrupt(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the run itself can send"),
            }
            if self.told.elapsed() >= TICK {
                self.told = Instant::now();
                self.workshop.processes.end_overdue();
                let (done, left) = self.left();
                self.watcher.tick(done, self.seconds.len(), left);
            }
        }
        Ok(())
    }

    /// Returns how many units are done, and about how many seconds the others take.
    pub(super) fn left(&self) -> (usize, Option<f64>) {
        let done = |unit: usize| self.outputs[unit].is_some();
        let seconds: f64 =
            self.seconds.iter().enumerate().filter(|(unit, _)| !done(*unit)).map(|(_, s)| s).sum();
        let finished = (0..self.seconds.len()).filter(|unit| done(*unit)).count();
        #[expect(clippy::cast_precision_loss, reason = "a number of slots")]
        let slots = self.slots as f64;
        (finished, (seconds > 1.0).then_some(seconds / slots))
    }

    /// Looks up the key of a unit whose inputs are known.
    pub(super) fn check(&mut self, unit: usize) -> Result<(), Failure> {
        let session = self.session;
        let planned = &session.plan.units[unit];
        let identity = {
            let outputs = &self.outputs;
            let artifact = |part: &Part| match part {
                Part::Source(name, cell) => session.sources.key(name, cell),
                Part::Unit(other, output) => stored(session, outputs, *other, *output).map_or(
                    ArtifactKey { form: Form::File, digest: contract::Digest::of(&[]) },
                    |artifact| artifact.key(),
                ),
            };
            identify(&session.project.pipeline, planned, &artifact)?
        };
        let key = identity.key();
        self.identities[unit] = Some((key, identity));
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
                && let Some(artifact) = stored(session, &self.outputs, *other, *output)
                && !self.is_whole(&artifact)
            {
                lost.insert(*other);
            }
        }
        if lost.is_empty() || self.rebuilds(unit) {
            self.schedule.queue(unit);
            return Ok(());
        }
        for &producer in &lost {
            self.bytes_needed[producer] = true;
            self.watcher.note(&format!(
                "what '{}' made is gone from the cache or damaged: making it again",
                session.plan.units[producer].id
            ));
        }
        self.schedule.remake(unit, &lost.into_iter().collect::<Vec<_>>());
        Ok(())
    }

    /// Returns whether a unit is made again only to be compared with its record, which is what others go on reading.
    pub(super) fn rebuilds(&self, unit: usize) -> bool {
        self.options.anew == Anew::Targets && self.session.plan.units[unit].target
    }

    pub(super) fn is_whole(&mut self, artifact: &Artifact) -> bool {
        if self.whole.contains(&artifact.digest) {
            return true;
        }
        let whole = self.session.store.is_whole(artifact);
        if whole {
            self.whole.insert(artifact.digest);
        }
        whole
    }

    /// Returns the record of a key if it serves this unit.
    pub(super) fn lookup(&self, unit: usize, key: &Key) -> Option<Record> {
        let all = self.options.anew == Anew::Everything || self.options.access == Access::Off;
        let anew = all || self.rebuilds(unit);
        let made_now = self.used.iter().any(|(_, used)| used == key);
        if anew && !made_now {
            return None;
        }
        let record = self.session.store.record(key)?;
        (!self.bytes_needed[unit] || self.session.store.has_outputs(&record)).then_some(record)
    }

    pub(super) fn hit(&mut self, unit: usize, outputs: BTreeMap<String, Artifact>) -> Result<(), Failure> {
        self.finish(unit, outputs, Outcome::Hit, 0.0)
    }
}

/// Returns what an output of a unit that is done holds.
pub(super) fn stored(
    session: &Session<'_>,
    outputs: &[Option<BTreeMap<String, Artifact>>],
    unit: usize,
    output: usize,
) -> Option<Artifact> {
    let port = &session.plan.units[unit].stage(&session.project.pipeline).outputs[output].port;
    outputs[unit].as_ref()?.get(port).copied()
}
