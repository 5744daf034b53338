use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use contract::Progress;
use rayon::Scope;

use super::attempt::{Job, Workshop};
use super::identity::identify;
use super::inputs::{Incoming, Origin};
use super::journal::Journal;
use super::made::{Failed, Made};
use super::processes::Processes;
use super::session::Session;
use super::signals::Signals;
use super::survey::Freshness;
use crate::event::{Event, Outcome};
use crate::failure::{Exit, Failure};
use crate::key::{ArtifactKey, Form, Key, KeyManifest};
use crate::plan::{Machine, Outlook, Part, Wire};
use crate::schedule::{Schedule, State, Tokens};
use crate::store::{Access, Artifact, Claim, Held, Record};
use crate::ui::Watcher;

/// How often those who watch are told that time went by.
const TICK: Duration = Duration::from_millis(100);

/// Seconds that a unit is thought to take if nothing is known.
const BRIEF: f64 = 0.05;

/// How a run is to go.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Go on with what does not read a failure (`-k`).
    pub keep_going: bool,
    /// Run what is fresh too (`-B`).
    pub always: bool,
    /// What use is made of the cache.
    pub access: Access,
    /// Whether every stage was asked for, so that what is left of others can be swept.
    pub whole: bool,
}

/// What happens while stages run.
pub(super) enum Message {
    Progress(usize, Progress),
    Ended(usize, Box<Job>, Result<Made, Failed>),
    Unlocked(usize),
    Signal,
}

/// Runs what a session needs; returns how the process should end if not well.
///
/// # Errors
/// If the cache cannot be used.
pub fn execute(
    session: &mut Session<'_>,
    outlooks: &[Outlook],
    machine: &Machine,
    options: Options,
    watcher: &mut dyn Watcher,
) -> Result<Option<Exit>, Failure> {
    let project = session.project;
    let journal = Journal::begin(&project.runs())?;
    let (sender, receiver) = channel();
    let signals = Signals::listen(&sender)?;
    let workshop = Workshop {
        pipeline: &project.pipeline,
        store: &session.store,
        sources: &session.sources,
        processes: Processes::default(),
        executable: crate::worker::executable()?,
        host: first_line("/proc/sys/kernel/hostname"),
        processor: processor(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(machine.cpus).build().map_err(std::io::Error::other)?;
    let units = session.plan.units.len();
    let seconds = estimates(session, outlooks);
    let costs = outlooks.iter().map(|outlook| Tokens { cpus: outlook.cpus, memory: outlook.memory, gpus: outlook.gpus });
    let free = Tokens { cpus: machine.cpus, memory: machine.memory, gpus: machine.gpus.len() };
    let reads: Vec<Vec<usize>> = session.plan.units.iter().map(|unit| unit.reads.clone()).collect();
    let schedule =
        Schedule::new(&reads, session.plan.readers.clone(), costs.collect(), &urgency(session, &seconds), free);
    let mut run = Run {
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
        slots: machine.cpus,
    };
    run.event(&Event::RunStarted { run: run.journal.id().to_owned(), profile: project.pipeline.profile.clone() });
    let ended = run.settle().and_then(|()| pool.in_place_scope(|scope| run.drive(scope, &receiver)));
    signals.close();
    let exit = run.close();
    let used = std::mem::take(&mut run.used);
    drop(run);
    ended?;
    if options.access == Access::Rw {
        session.history.note(used)?;
        if options.whole && exit.is_none() {
            project.latest().sweep(&project.pipeline, &session.plan.units)?;
        }
        session.store.keep_memo()?;
    }
    Ok(exit)
}

struct Run<'a, 'b> {
    session: &'a Session<'b>,
    workshop: &'a Workshop<'a>,
    options: Options,
    schedule: Schedule,
    watcher: &'a mut dyn Watcher,
    journal: Journal,
    sender: Sender<Message>,
    identities: Vec<Option<(Key, KeyManifest)>>,
    outputs: Vec<Option<BTreeMap<String, Artifact>>>,
    /// Whether somebody needs the bytes of a unit's outputs, and not only their digests.
    bytes_needed: Vec<bool>,
    attempts: Vec<u32>,
    /// The keys that are being made, each with the other units that wait for it.
    making: BTreeMap<Key, Vec<usize>>,
    /// The artifacts that were found whole in this run.
    whole: BTreeSet<ArtifactDigest>,
    gpus: Vec<String>,
    seconds: Vec<f64>,
    used: Vec<(String, Key)>,
    tally: [usize; 5],
    interrupts: u32,
    begin: Instant,
    slots: usize,
}

type ArtifactDigest = contract::Digest;

impl<'a> Run<'a, '_> {
    fn event(&mut self, event: &Event) {
        self.journal.write(event);
        self.watcher.event(event);
    }

    /// Takes what is fresh as done.
    fn settle(&mut self) -> Result<(), Failure> {
        for (unit, planned) in self.session.plan.units.iter().enumerate() {
            self.bytes_needed[unit] = planned.target;
        }
        if self.options.always || self.options.access == Access::Off {
            return Ok(());
        }
        for &unit in &self.session.plan.order {
            let standing = &self.session.standings[unit];
            let (Freshness::Fresh, Some(record), Some(identity)) =
                (standing.freshness, &standing.record, &standing.identity)
            else {
                continue;
            };
            let producers_settled = self.session.plan.units[unit].reads.iter().all(|read| self.outputs[*read].is_some());
            if !producers_settled || (self.bytes_needed[unit] && !self.session.store.has_outputs(record)) {
                continue;
            }
            self.identities[unit] = Some(identity.clone());
            self.hit(unit, record.outputs.clone())?;
        }
        Ok(())
    }

    fn drive<'s>(&mut self, scope: &Scope<'s>, receiver: &Receiver<Message>) -> Result<(), Failure>
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

    fn turn<'s>(&mut self, scope: &Scope<'s>, receiver: &Receiver<Message>) -> Result<(), Failure>
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
            self.workshop.processes.end_overdue();
            let (done, left) = self.left();
            self.watcher.tick(done, self.seconds.len(), left);
        }
        Ok(())
    }

    /// Returns how many units are done, and about how many seconds the others take.
    fn left(&self) -> (usize, Option<f64>) {
        let done = |unit: usize| self.outputs[unit].is_some();
        let seconds: f64 = self.seconds.iter().enumerate().filter(|(unit, _)| !done(*unit)).map(|(_, s)| s).sum();
        let finished = (0..self.seconds.len()).filter(|unit| done(*unit)).count();
        #[expect(clippy::cast_precision_loss, reason = "a number of slots")]
        let slots = self.slots as f64;
        (finished, (seconds > 1.0).then_some(seconds / slots))
    }

    /// Looks up the key of a unit whose inputs are known.
    fn check(&mut self, unit: usize) -> Result<(), Failure> {
        let session = self.session;
        let planned = &session.plan.units[unit];
        let identity = {
            let outputs = &self.outputs;
            let artifact = |part: &Part| match part {
                Part::Source(name, cell) => session.sources.key(name, cell),
                Part::Unit(other, output) => {
                    stored(session, outputs, *other, *output).map_or(ArtifactKey { form: Form::File, digest: contract::Digest::of(&[]) }, |artifact| artifact.key())
                }
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
        if lost.is_empty() {
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

    fn is_whole(&mut self, artifact: &Artifact) -> bool {
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
    fn lookup(&self, unit: usize, key: &Key) -> Option<Record> {
        let anew = self.options.always || self.options.access == Access::Off;
        let made_now = self.used.iter().any(|(_, used)| used == key);
        if anew && !made_now {
            return None;
        }
        let record = self.session.store.record(key)?;
        (!self.bytes_needed[unit] || self.session.store.has_outputs(&record)).then_some(record)
    }

    fn hit(&mut self, unit: usize, outputs: BTreeMap<String, Artifact>) -> Result<(), Failure> {
        self.finish(unit, outputs, Outcome::Hit, 0.0)
    }

    /// Gives a unit with a slot to a thread, unless another run makes the same.
    fn begin<'s>(&mut self, unit: usize, scope: &Scope<'s>) -> Result<(), Failure>
    where
        'a: 's,
    {
        let (key, manifest) = self.identities[unit].clone().expect("a unit is queued after its key is known");
        if let Some(twins) = self.making.get_mut(&key) {
            twins.push(unit);
            self.schedule.block(unit);
            return Ok(());
        }
        let lock = self.session.store.lock(&key);
        let claim = match Claim::ask(&lock)? {
            Held::Ours(claim) => claim,
            Held::Elsewhere => {
                self.watcher.note(&format!(
                    "'{}' is being made by another run: waiting for it",
                    self.session.plan.units[unit].id
                ));
                self.schedule.block(unit);
                let sender = self.sender.clone();
                std::thread::spawn(move || {
                    // If it cannot be waited for, it is looked up again, which says why.
                    let _looked_up_again = Claim::wait(&lock);
                    let _run_is_over = sender.send(Message::Unlocked(unit));
                });
                return Ok(());
            }
        };
        // Another run may have made it between our looking it up and our having the claim.
        if let Some(record) = self.lookup(unit, &key) {
            return self.hit(unit, record.outputs);
        }
        self.making.insert(key, Vec::new());
        let planned = &self.session.plan.units[unit];
        let cost = planned.needs.gpus.min(self.gpus.len());
        let job = Job {
            unit,
            stage: planned.stage,
            key,
            manifest,
            params: planned.params.clone(),
            incoming: self.incoming(unit),
            threads: planned.needs.cpus.unwrap_or(1).min(self.slots),
            gpus: self.gpus.split_off(self.gpus.len() - cost),
            timeout: planned.needs.timeout,
            _claim: claim,
        };
        self.spawn(Box::new(job), scope);
        Ok(())
    }

    fn spawn<'s>(&mut self, job: Box<Job>, scope: &Scope<'s>)
    where
        'a: 's,
    {
        let unit = job.unit;
        self.attempts[unit] += 1;
        let id = self.session.plan.units[unit].id.clone();
        self.event(&Event::StageStarted { id, key: job.key.0, attempt: self.attempts[unit] });
        let (workshop, sender) = (self.workshop, self.sender.clone());
        scope.spawn(move |_| {
            let say = |progress: Progress| {
                let _run_is_over = sender.send(Message::Progress(unit, progress));
            };
            let ended = workshop.attempt(&job, &say);
            let _run_is_over = sender.send(Message::Ended(unit, job, ended));
        });
    }

    fn incoming(&self, unit: usize) -> Vec<Incoming> {
        let session = self.session;
        let origin = |part: &Part| match part {
            Part::Source(name, cell) => Origin::Source(name.clone(), cell.clone()),
            Part::Unit(other, output) => {
                let declared = &session.plan.units[*other].stage(&session.project.pipeline).outputs[*output];
                let name = declared.file.rsplit('/').next().unwrap_or(&declared.file).to_owned();
                let artifact = stored(session, &self.outputs, *other, *output);
                Origin::Stored(artifact.expect("what a queued unit reads is done"), name)
            }
        };
        let cell_of = |part: &Part| match part {
            Part::Source(_, cell) => cell.clone(),
            Part::Unit(other, _) => session.plan.units[*other].cell.clone(),
        };
        let inputs = session.plan.units[unit].inputs.iter().map(|(port, wire)| Incoming {
            port: port.clone(),
            gather: matches!(wire, Wire::Gather(_)),
            parts: wire.parts().map(|part| (cell_of(part), origin(part))).collect(),
        });
        inputs.collect()
    }

    fn made(&mut self, unit: usize, job: Job, made: Made) -> Result<(), Failure> {
        if let Some(note) = &made.note {
            let id = &self.session.plan.units[unit].id;
            self.watcher.note(&format!("warning: '{id}': {note}"));
        }
        let key = self.give_back(job);
        self.finish(unit, made.outputs, Outcome::Executed, made.seconds)?;
        for twin in self.making.remove(&key).unwrap_or_default() {
            self.schedule.unblock(twin);
        }
        Ok(())
    }

    fn give_back(&mut self, job: Job) -> Key {
        self.gpus.extend(job.gpus);
        job.key
    }

    fn failed<'s>(&mut self, unit: usize, job: Box<Job>, failed: Failed, scope: &Scope<'s>)
    where
        'a: 's,
    {
        let id = self.session.plan.units[unit].id.clone();
        let kept = failed.log.as_deref().and_then(|log| self.journal.keep_log(&id, log));
        let terminated = self.interrupts > 1;
        if !terminated && self.interrupts == 0 && self.attempts[unit] <= self.session.plan.units[unit].needs.retries {
            self.watcher.note(&format!("failed   '{id}': {}; trying again", failed.message));
            self.spawn(job, scope);
            return;
        }
        let key = self.give_back(*job);
        let twins = self.making.remove(&key).unwrap_or_default();
        let mut message = failed.message;
        if let Some(tail) = kept {
            message.push_str(&format!("\n{tail}\nits whole log: osteon log '{id}'"));
        }
        let outcome = if terminated { Outcome::Cancelled } else { Outcome::Failed };
        let mut skipped = Vec::new();
        for unit in std::iter::once(unit).chain(twins) {
            skipped.extend(self.schedule.fail(unit));
            self.ended(unit, outcome, failed.seconds, Some((failed.class, failed.exit, message.clone())));
        }
        for unit in skipped {
            self.ended(unit, Outcome::Skipped, 0.0, None);
        }
        if !self.options.keep_going {
            self.cancel();
        }
    }

    fn cancel(&mut self) {
        for unit in self.schedule.stop() {
            self.ended(unit, Outcome::Cancelled, 0.0, None);
        }
    }

    /// Ctrl-C: first, nothing more starts; then what runs is asked to end; then it is killed.
    fn interrupt(&mut self) {
        self.interrupts += 1;
        match self.interrupts {
            1 => {
                self.cancel();
                let running = self.schedule.in_state(State::Running);
                let names: Vec<String> =
                    running.map(|unit| format!("'{}'", self.session.plan.units[unit].id)).collect();
                self.watcher.note(&format!(
                    "interrupted: waiting for {} to end; once more terminates, a third time kills",
                    names.join(", ")
                ));
            }
            2 => self.workshop.processes.signal(rustix::process::Signal::TERM),
            _ => self.workshop.processes.signal(rustix::process::Signal::KILL),
        }
    }

    /// A unit has its outputs.
    fn finish(
        &mut self,
        unit: usize,
        outputs: BTreeMap<String, Artifact>,
        outcome: Outcome,
        seconds: f64,
    ) -> Result<(), Failure> {
        let session = self.session;
        let planned = &session.plan.units[unit];
        if self.options.access == Access::Rw {
            let latest = session.project.latest();
            for (position, output) in planned.stage(&session.project.pipeline).outputs.iter().enumerate() {
                let Some(artifact) = outputs.get(&output.port) else { continue };
                // Of a unit that nobody asked for the digests may be all that is left.
                if self.bytes_needed[unit] || session.store.object(&artifact.digest).exists() {
                    let path = latest.path(&session.project.pipeline, planned, position);
                    latest.point(&path, artifact, &session.store)?;
                }
            }
        }
        let key = self.identities[unit].as_ref().map(|(key, _)| *key).expect("a unit that is done has a key");
        self.used.push((planned.id.clone(), key));
        let digests = outputs.iter().map(|(port, artifact)| (port.clone(), artifact.digest)).collect();
        self.outputs[unit] = Some(outputs);
        self.schedule.done(unit);
        self.tally[outcome as usize] += 1;
        let event = Event::StageFinished {
            id: planned.id.clone(),
            key: Some(key.0),
            outcome,
            seconds,
            outputs: digests,
            class: None,
            exit: None,
            message: None,
        };
        self.event(&event);
        Ok(())
    }

    /// A unit ended without outputs.
    fn ended(&mut self, unit: usize, outcome: Outcome, seconds: f64, why: Option<(&str, Option<i32>, String)>) {
        self.tally[outcome as usize] += 1;
        let (class, exit, message) = match why {
            Some((class, exit, message)) => (Some(class.to_owned()), exit, Some(message)),
            None => (None, None, None),
        };
        let event = Event::StageFinished {
            id: self.session.plan.units[unit].id.clone(),
            key: self.identities[unit].as_ref().map(|(key, _)| key.0),
            outcome,
            seconds,
            outputs: BTreeMap::new(),
            class,
            exit,
            message,
        };
        self.event(&event);
    }

    fn close(&mut self) -> Option<Exit> {
        let [executed, hit, failed, skipped, cancelled] = self.tally;
        let run = self.journal.id().to_owned();
        let seconds = self.begin.elapsed().as_secs_f64();
        self.event(&Event::RunFinished { run, executed, hit, failed, skipped, cancelled, seconds });
        if self.interrupts > 0 {
            return Some(Exit::Interrupted);
        }
        (failed + skipped + cancelled > 0).then_some(Exit::Stage)
    }
}

/// Returns what an output of a unit that is done holds.
fn stored(
    session: &Session<'_>,
    outputs: &[Option<BTreeMap<String, Artifact>>],
    unit: usize,
    output: usize,
) -> Option<Artifact> {
    let port = &session.plan.units[unit].stage(&session.project.pipeline).outputs[output].port;
    outputs[unit].as_ref()?.get(port).copied()
}

/// Returns how long each unit may take: as its kind foresees, else as it took before.
fn estimates(session: &Session<'_>, outlooks: &[Outlook]) -> Vec<f64> {
    let standings = session.standings.iter().zip(outlooks);
    let known = |(standing, outlook): (&super::Standing, &Outlook)| {
        let before = standing.record.as_ref().or(standing.before.as_ref());
        outlook.seconds.or(before.map(|record| record.seconds)).unwrap_or(BRIEF)
    };
    standings.map(known).collect()
}

/// Returns for each unit how long it takes from its start to the end of all that reads it.
fn urgency(session: &Session<'_>, seconds: &[f64]) -> Vec<f64> {
    let mut urgency = seconds.to_vec();
    for &unit in session.plan.order.iter().rev() {
        let after = session.plan.readers[unit].iter().map(|reader| urgency[*reader]).fold(0.0, f64::max);
        urgency[unit] += after;
    }
    urgency
}

fn first_line(path: &str) -> String {
    let text = fs_err::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

fn processor() -> String {
    let text = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.trim().to_owned())
}
