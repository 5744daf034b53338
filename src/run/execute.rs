use std::sync::mpsc::channel;

use contract::Progress;

use super::attempt::{Job, Workshop};
use super::drive::Run;
use super::host;
use super::journal::Journal;
use super::made::{Failed, Made};
use super::processes::Processes;
use super::session::Session;
use super::signals::Signals;
use crate::event::Event;
use crate::failure::{Exit, Failure};
use crate::plan::{Machine, Outlook};
use crate::schedule::{Schedule, Tokens};
use crate::store::{Access, gc};
use crate::ui::Watcher;

/// Seconds that a unit is thought to take if nothing is known.
const BRIEF: f64 = 0.05;

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
    let checks = options.anew == Anew::Targets;
    let journal = Journal::begin(&if checks { session.store.root().join("runs") } else { project.runs() })?;
    if options.access == Access::Rw {
        gc::note_project(session.store.root(), &project.runs())?;
    }
    let (sender, receiver) = channel();
    let signals = Signals::listen(&sender)?;
    let workshop = Workshop {
        pipeline: &project.pipeline,
        store: &session.store,
        sources: &session.sources,
        processes: Processes::default(),
        executable: crate::worker::executable()?,
        host: host::name(),
        processor: host::processor(),
        audit: options.audit,
    };
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(machine.cpus).build().map_err(std::io::Error::other)?;
    let seconds = estimates(session, outlooks);
    let costs: Vec<Tokens> = outlooks
        .iter()
        .map(|outlook| Tokens { cpus: outlook.cpus, memory: outlook.memory, gpus: outlook.gpus })
        .collect();
    let free = Tokens { cpus: machine.cpus, memory: machine.memory, gpus: machine.gpus.len() };
    // What is checked reads what is recorded: nothing waits for anything.
    let (reads, readers) = if checks {
        (vec![Vec::new(); costs.len()], vec![Vec::new(); costs.len()])
    } else {
        let reads = session.plan.units.iter().map(|unit| unit.reads.clone()).collect();
        (reads, session.plan.readers.clone())
    };
    let schedule = Schedule::new(&reads, readers, costs, &urgency(session, &seconds), free);
    let mut run = Run::new(session, &workshop, options, schedule, watcher, journal, sender, machine, seconds);
    run.event(&Event::RunStarted {
        run: run.journal.id().to_owned(),
        profile: project.pipeline.profile.clone(),
    });
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
