use super::attempt::Job;
use super::drive::{Run, stored};
use super::inputs::{Incoming, Origin};
use super::made::{Failed, Made};
use super::slots::Message;
use crate::event::{Event, Outcome};
use crate::failure::Failure;
use crate::plan::{Part, Wire};
use crate::schedule::State;
use crate::store::{Claim, Held};

impl Run<'_, '_> {
    /// Returns what a slot has to do next, if there is anything that it can do now.
    pub(super) fn next(&mut self) -> Result<Option<Box<Job>>, Failure> {
        loop {
            while let Some(unit) = self.schedule.take_ready() {
                if self.plan.units[unit].awaited {
                    self.expand(unit);
                } else {
                    self.check(unit)?;
                }
            }
            let Some(unit) = self.schedule.start() else { return Ok(None) };
            let begun = self.begin(unit);
            if begun.is_err() && self.schedule.state(unit) == State::Running {
                // It is cancelled with all others.
                self.schedule.queue(unit);
            }
            if let Some(mut job) = begun? {
                self.attempt(&mut job);
                return Ok(Some(job));
            }
        }
    }

    /// Makes a job of a unit, unless it is or was made elsewhere.
    fn begin(&mut self, unit: usize) -> Result<Option<Box<Job>>, Failure> {
        let known = self.keys[unit].zip(self.manifests[unit].clone());
        let (key, manifest) = known.expect("a unit is queued after its key is known");
        if let Some(twins) = self.making.get_mut(&key) {
            twins.push(unit);
            self.schedule.block(unit);
            return Ok(None);
        }
        // One that waited for room meanwhile, and whose claim this run may not have given back yet.
        if self.served.contains(&key)
            && let Some(record) = self.lookup(unit, &key)
        {
            return self.hit(unit, record.outputs).map(|()| None);
        }
        let locks = self.session.store.locks();
        let claim = match Claim::ask(&locks, &key)? {
            Held::Ours(claim) => claim,
            Held::Elsewhere => {
                if self.awaited.insert(unit) {
                    let id = &self.plan.units[unit].id;
                    self.watcher.note(&format!(
                        "'{id}' is being made by another run, or by what one left at work: waiting for it"
                    ));
                }
                self.schedule.block(unit);
                let sender = self.sender.clone();
                let wait = move || {
                    // If it cannot be waited for, it is looked up again, which says why.
                    let _looked_up_again = Claim::wait(&locks, &key);
                    let _run_is_over = sender.send(Message::Unlocked(unit));
                };
                // Where no more threads can be had, it is asked for again.
                if std::thread::Builder::new().spawn(wait).is_err() {
                    self.unwatched.push(unit);
                }
                return Ok(None);
            }
        };
        // Another run may have made it between our looking it up and our having the claim.
        self.session.store.look_anew(&key);
        if let Some(record) = self.lookup(unit, &key) {
            return self.hit(unit, record.outputs).map(|()| None);
        }
        self.making.insert(key, Vec::new());
        let planned = &self.plan.units[unit];
        let cost = planned.needs.gpus.min(self.gpus.len());
        let job = Job {
            unit,
            stage: planned.stage,
            key,
            manifest,
            params: planned.params.clone(),
            incoming: self.incoming(unit),
            threads: planned.needs.cpus.unwrap_or(1).min(self.machine.cpus),
            gpus: self.gpus.split_off(self.gpus.len() - cost),
            timeout: planned.needs.timeout,
            attempt: 0,
            claim,
        };
        Ok(Some(Box::new(job)))
    }

    /// A slot is about to try a job.
    fn attempt(&mut self, job: &mut Job) {
        let unit = job.unit;
        self.attempts[unit] += 1;
        job.attempt = self.attempts[unit];
        let id = self.plan.units[unit].id.clone();
        self.event(&Event::StageStarted { id, key: job.key.0, attempt: self.attempts[unit] });
    }

    pub(super) fn incoming(&self, unit: usize) -> Vec<Incoming> {
        let session = self.session;
        let origin = |part: &Part| match part {
            Part::Source(name, cell) => Origin::Source(name.clone(), cell.clone()),
            Part::Unit(other, output) => {
                let declared = &self.plan.units[*other].stage(&session.project.pipeline).outputs[*output];
                let name = declared.file.rsplit('/').next().unwrap_or(&declared.file).to_owned();
                let artifact = stored(&session.project.pipeline, &self.plan, &self.outputs, *other, *output);
                Origin::Stored(artifact.expect("what a queued unit reads is done"), name)
            }
        };
        let cell_of = |part: &Part| match part {
            Part::Source(_, cell) => cell.clone(),
            Part::Unit(other, _) => self.plan.units[*other].cell.clone(),
        };
        let inputs = self.plan.units[unit].inputs.iter().map(|(port, wire)| Incoming {
            port: port.clone(),
            gather: matches!(wire, Wire::Gather(_)),
            parts: wire.parts().map(|part| (cell_of(part), origin(part))).collect(),
        });
        inputs.collect()
    }

    pub(super) fn made(&mut self, unit: usize, gpus: Vec<String>, made: Made) -> Result<(), Failure> {
        if let Some(note) = made.note.as_ref().filter(|_| !self.rebuilds(unit)) {
            let id = &self.plan.units[unit].id;
            self.watcher.note(&format!("warning: '{id}': {note}"));
            self.replaced = true;
            let done = |reader: &&usize| self.schedule.state(**reader) == State::Done;
            if let Some(reader) = self.plan.readers[unit].iter().find(done) {
                let reader = &self.plan.units[*reader].id;
                self.watcher.note(&format!(
                    "warning: '{reader}' was made of what '{id}' made before: osteon run makes it anew"
                ));
            }
        }
        if let Some(findings) = made.audit {
            self.audited(unit, findings);
        }
        self.gpus.extend(gpus);
        let finished = self.finish(unit, made.outputs, Outcome::Executed, made.seconds);
        let twins = self.keys[unit].and_then(|key| self.making.remove(&key));
        for twin in twins.unwrap_or_default() {
            self.schedule.unblock(twin);
        }
        finished
    }

    /// An attempt failed; returns the job if it is to be tried again.
    pub(super) fn failed(&mut self, mut job: Box<Job>, failed: Failed) -> Option<Box<Job>> {
        let unit = job.unit;
        let id = self.plan.units[unit].id.clone();
        let kept = self.journal.keep_log(&id, failed.log.as_deref());
        // Who asked will ask again.
        let may_go_on = !failed.cancelled && !self.schedule.is_stopped() && failed.class != "terminal";
        if may_go_on && self.attempts[unit] <= self.plan.units[unit].needs.retries {
            self.watcher.note(&format!("failed   '{id}': {}; trying again", failed.message));
            self.attempt(&mut job);
            return Some(job);
        }
        job.claim.leave();
        self.gpus.append(&mut job.gpus);
        let mut twins = self.making.remove(&job.key).unwrap_or_default();
        drop(job);
        if failed.cancelled {
            // Before what reads it is skipped: nothing failed.
            self.cancel();
        }
        // One that was cancelled or skipped meanwhile has ended.
        twins.retain(|twin| self.schedule.state(*twin) == State::Blocked);
        // With more time, room or attempts it may go well.
        let needs = &self.plan.units[unit].needs;
        let (alike, others): (Vec<usize>, Vec<usize>) =
            twins.into_iter().partition(|twin| self.plan.units[*twin].needs == *needs);
        others.into_iter().for_each(|other| self.schedule.unblock(other));
        let mut message = failed.message;
        if let Some(tail) = kept {
            message.push_str(&format!("\n{tail}"));
            if !self.rebuilds(unit) {
                message.push_str(&format!("\nits whole log: osteon log '{id}'"));
            }
        }
        let outcome = if failed.cancelled { Outcome::Cancelled } else { Outcome::Failed };
        let mut skipped = Vec::new();
        for unit in std::iter::once(unit).chain(alike) {
            skipped.extend(self.schedule.fail(unit));
            if outcome == Outcome::Failed {
                self.failures.push(self.plan.units[unit].id.clone());
            }
            self.ended(unit, outcome, failed.seconds, Some((failed.class, failed.exit, message.clone())));
        }
        self.skipped(skipped);
        if !self.options.keep_going {
            self.cancel();
        }
        None
    }

    /// These will not run, because something that they read failed.
    pub(super) fn skipped(&mut self, units: Vec<usize>) {
        for unit in units {
            self.ended(unit, Outcome::Skipped, 0.0, None);
        }
    }

    pub(super) fn cancel(&mut self) {
        for unit in self.schedule.stop() {
            self.ended(unit, Outcome::Cancelled, 0.0, None);
        }
    }

    /// What no thread waits for is looked up again.
    pub(super) fn look_again(&mut self) {
        for unit in std::mem::take(&mut self.unwatched) {
            self.schedule.unblock(unit);
        }
    }

    /// The run cannot go on: nothing more starts, and what runs is ended.
    pub(super) fn give_up(&mut self, failure: &Failure) {
        self.cancel();
        self.watcher.note(&failure.text);
        let running = self.running();
        if !running.is_empty() {
            self.watcher
                .note(&format!("the run cannot go on: {running} is asked to end, and killed if it does not"));
        }
        self.workshop.processes.end();
    }

    /// Returns the names of what runs.
    fn running(&self) -> String {
        let running = self.schedule.in_state(State::Running);
        running.map(|unit| format!("'{}'", self.plan.units[unit].id)).collect::<Vec<_>>().join(", ")
    }

    /// Ctrl-C: first, nothing more starts; then what runs is asked to end; then it is killed.
    pub(super) fn interrupt(&mut self) {
        self.interrupts += 1;
        match self.interrupts {
            1 => {
                self.cancel();
                let running = self.running();
                self.watcher.note(&if running.is_empty() {
                    "interrupted".to_owned()
                } else {
                    format!(
                        "interrupted: waiting for {running} to end; once more terminates, a third time kills"
                    )
                });
            }
            2 => self.watcher.note("interrupted again: what runs is asked to end now; once more kills it"),
            _ => self.watcher.note("interrupted a third time: what runs is killed"),
        }
    }
}
