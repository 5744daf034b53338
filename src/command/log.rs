use std::collections::BTreeMap;
use std::path::PathBuf;

use contract::Digest;
use fs_err as fs;

use super::print::{print, unknown_cells, warn_unless_fresh};
use crate::cli::Reference;
use crate::event::{self, Event, Outcome};
use crate::failure::{Exit, Failure};
use crate::key::Key;
use crate::run::{Project, Session, log_name};
use crate::store::runs_in;

/// Prints what the last attempt of each stage printed.
pub(super) fn log(project: &Project, arguments: &Reference) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.references)?;
    let units: Vec<usize> =
        (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].target).collect();
    let attempts = attempts(project)?;
    for &unit in &units {
        let id = &session.plan.units[unit].id;
        if session.plan.units[unit].awaited {
            return Err(unknown_cells(&session.plan.units[unit]));
        }
        let text = logged(&session, unit, attempts.get(id).map_or(&[], Vec::as_slice))?
            .ok_or_else(|| Failure::usage(format!("error: '{id}' has not run yet: osteon run '{id}'")))?;
        if units.len() > 1 {
            print(&format!("── {id}\n"))?;
        }
        print(&String::from_utf8_lossy(&text))?;
    }
    Ok(None)
}

/// Returns the log of the last attempt at the key that a unit has now; else of the last attempt at any key of it.
fn logged(session: &Session<'_>, unit: usize, attempts: &[Attempt]) -> Result<Option<Vec<u8>>, Failure> {
    let id = &session.plan.units[unit].id;
    let standing = &session.standings[unit];
    let now = standing.key.map(|key| key.0);
    let same_key = attempts.iter().find(|attempt| now.is_some() && attempt.key == now);
    let last = attempts.first().filter(|_| standing.record.is_none());
    if let Some(failed) = same_key.or(last).and_then(|attempt| attempt.failed.clone()) {
        return Ok(Some(fs::read(failed).unwrap_or_default()));
    }
    let known = last.and_then(|attempt| attempt.key).map(Key).or(session.history.last(id).copied());
    let now = standing.key.and_then(|key| session.store.record(&key));
    let record = now.or_else(|| {
        let record = session.store.record(&known?)?;
        warn_unless_fresh(session, [unit]);
        Some(record)
    });
    match record.map(|record| record.log) {
        Some(Some(log)) => Ok(Some(session.store.read(&log)?)),
        Some(None) => Ok(Some(Vec::new())),
        None => Ok(None),
    }
}

/// One attempt that a run tells of.
struct Attempt {
    key: Option<Digest>,
    /// Where lies what it printed, if it failed.
    failed: Option<PathBuf>,
}

/// Returns the attempts at each unit that the runs tell of, the last first.
fn attempts(project: &Project) -> Result<BTreeMap<String, Vec<Attempt>>, Failure> {
    let mut attempts: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for run in runs_in(&project.runs())?.iter().rev() {
        let events = event::read(run).unwrap_or_else(|error| {
            say!("warning: {error}");
            None
        });
        for event in events.into_iter().flatten() {
            let Event::StageFinished { id, key, outcome, class, .. } = event else { continue };
            let failed = class.is_some().then(|| run.join(log_name(&id)));
            if failed.is_some() || outcome == Outcome::Executed {
                attempts.entry(id).or_default().push(Attempt { key, failed });
            }
        }
    }
    Ok(attempts)
}
