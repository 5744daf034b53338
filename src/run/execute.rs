use std::sync::Arc;
use std::sync::mpsc::channel;

use super::attempt::Workshop;
use super::drive::Run;
use super::host;
use super::journal::Journal;
use super::neighbor;
use super::processes::Processes;
use super::session::Session;
use super::signals::Signals;
use super::slots::Slots;
use super::witness::Witness;
use crate::event::Event;
use crate::failure::{Exit, Failure};
use crate::plan::{Machine, Outlook, Plan};
use crate::schedule::{Schedule, Tokens};
use crate::store::{Access, mark_again, note_project};
use crate::ui::Watcher;

/// Seconds that a unit is thought to take if nothing is known.
pub(super) const BRIEF: f64 = 0.05;

/// How a run is to go.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Go on with what does not read a failure (`-k`).
    pub keep_going: bool,
    /// What is made although it is fresh.
    pub anew: Anew,
    /// What use is made of the cache.
    pub access: Access,
    /// Whether every stage was asked for, so that what is left of others can be swept.
    pub whole: bool,
    /// Whether commands are traced, and told what they do undeclared.
    pub audit: bool,
}

impl Options {
    /// Returns whether nothing that was made before serves.
    pub(super) fn makes_everything(self) -> bool {
        self.anew == Anew::Everything || self.access == Access::Off
    }
}

/// What a run makes although it is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anew {
    /// Nothing.
    Nothing,
    /// What was asked for, from what is recorded of the rest: a check, which leaves no trace beside the store.
    Targets,
    /// Everything (`-B`).
    Everything,
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
    // It grows when a table is made that lists cells.
    let plan = std::mem::take(&mut session.plan);
    let checks = options.anew == Anew::Targets;
    let own = session.store.root().join("runs");
    let journal = Journal::begin(&if checks { own.clone() } else { project.runs() });
    let journal = journal.or_else(|error| match options.access {
        Access::Rw => Err(error),
        // A project that cannot be written to can still be run; what is told of it goes with all else that is made.
        Access::Ro | Access::Off => Journal::begin(&own),
    })?;
    if options.access == Access::Rw {
        note_project(session.store.root(), &project.runs())?;
        if let Some(warning) = neighbor::note(project)? {
            watcher.note(&warning);
        }
    }
    let latest = project.latest();
    let (sender, receiver) = channel();
    let processes = Arc::new(Processes::new(crate::worker::executable()?));
    // Until the last is said and written.
    let _signals = Signals::listen(&sender, Arc::clone(&processes))?;
    let workshop = Workshop {
        pipeline: &project.pipeline,
        store: &session.store,
        sources: &session.sources,
        processes,
        host: host::name(),
        processor: host::processor(),
        audit: options.audit,
    };
    let seconds = estimates(session, outlooks);
    let costs = outlooks.iter().map(tokens);
    let free = Tokens { cpus: machine.cpus, memory: machine.memory, gpus: machine.gpus.len() };
    // What is checked reads what is recorded: nothing waits for anything.
    let (reads, readers) = if checks {
        (vec![Vec::new(); plan.units.len()], vec![Vec::new(); plan.units.len()])
    } else {
        (plan.units.iter().map(|unit| unit.reads.clone()).collect(), plan.readers.clone())
    };
    let urgency = urgency(&plan, &seconds);
    let schedule = Schedule::new(&reads, readers, costs.collect(), &urgency, free);
    let mut run = Run::new(
        session, plan, &workshop, &latest, options, schedule, watcher, journal, sender, machine, seconds,
    );
    run.event(&Event::RunStarted {
        run: run.journal.id().to_owned(),
        profile: project.pipeline.profile.clone(),
        variables: project.variables(),
    });
    let (mut run, ended) = match run.settle() {
        Ok(()) => Slots::new(run).work(machine.cpus, &receiver),
        Err(failure) => (run, Err(failure)),
    };
    if options.access == Access::Rw {
        mark_again(session.store.root())?;
        mark_again(&project.home)?;
    }
    let exit = run.close();
    let folder = run.journal.folder().to_owned();
    let Run { used, failures, plan, replaced, .. } = run;
    session.plan = plan;
    ended?;
    if options.access == Access::Rw {
        session.history.note_failures(used.iter().map(|(id, _)| id), failures)?;
        session.history.note(used)?;
        if options.whole && exit.is_none() {
            let units = session.plan.order.iter().map(|unit| &session.plan.units[*unit]);
            latest.sweep(&project.pipeline, units)?;
        }
        session.store.keep_index()?;
        if options.whole && !checks && !replaced && exit.is_none() {
            Witness::keep(session, machine, &folder);
        }
    }
    Ok(exit)
}

/// Returns what a unit takes of the machine.
pub(super) fn tokens(outlook: &Outlook) -> Tokens {
    Tokens { cpus: outlook.cpus, memory: outlook.memory, gpus: outlook.gpus }
}

/// Returns how long each unit may take: as its kind foresees, else as it took before.
fn estimates(session: &Session<'_>, outlooks: &[Outlook]) -> Vec<f64> {
    let standings = session.standings.iter().zip(outlooks);
    let known = |(standing, outlook): (&super::Standing, &Outlook)| {
        let now = standing.record.as_ref().map(|record| record.seconds);
        let before = standing.before.as_ref().map(|record| record.seconds);
        outlook.seconds.or(now).or(before).unwrap_or(BRIEF)
    };
    standings.map(known).collect()
}

/// Returns for each unit how long it takes from its start to the end of all that reads it.
pub(super) fn urgency(plan: &Plan, seconds: &[f64]) -> Vec<f64> {
    let mut urgency = seconds.to_vec();
    for &unit in plan.order.iter().rev() {
        let after = plan.readers[unit].iter().map(|reader| urgency[*reader]).fold(0.0, f64::max);
        urgency[unit] += after;
    }
    urgency
}
