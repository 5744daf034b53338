use contract::Digest;
use fs_err as fs;

use super::print::{print, unknown_cells, warn_unless_fresh};
use crate::cli::Reference;
use crate::event::{Event, Outcome};
use crate::failure::{Exit, Failure};
use crate::key::Key;
use crate::run::{Project, Session, log_name};

/// Prints what the last attempt of each stage printed.
pub(super) fn log(project: &Project, arguments: &Reference) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.references)?;
    let units: Vec<usize> =
        (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].target).collect();
    for &unit in &units {
        let id = &session.plan.units[unit].id;
        if session.plan.units[unit].awaited {
            return Err(unknown_cells(&session.plan.units[unit]));
        }
        let text = logged(&session, unit)?
            .ok_or_else(|| Failure::usage(format!("error: '{id}' has not run yet: osteon run '{id}'")))?;
        if units.len() > 1 {
            print(&format!("── {id}\n"))?;
        }
        print(&String::from_utf8_lossy(&text))?;
    }
    Ok(None)
}

/// Returns the log of the last attempt at the key that a unit has now; else of the last attempt at any key of it.
fn logged(session: &Session<'_>, unit: usize) -> Result<Option<Vec<u8>>, Failure> {
    let id = &session.plan.units[unit].id;
    let standing = &session.standings[unit];
    let attempts = attempts(session.project, id);
    let now = standing.key.map(|key| key.0);
    let same_key = attempts.iter().find(|attempt| now.is_some() && attempt.key == now);
    let last = attempts.first().filter(|_| standing.record.is_none());
    if let Some(failed) = same_key.or(last).and_then(|attempt| attempt.failed.clone()) {
        return Ok(Some(failed));
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
    /// What it printed, if it failed.
    failed: Option<Vec<u8>>,
}

/// Returns the attempts at a unit that the runs tell of, the last first.
fn attempts(project: &Project, id: &str) -> Vec<Attempt> {
    let runs = fs::read_dir(project.runs()).into_iter().flatten().flatten();
    let mut runs: Vec<_> = runs.map(|run| run.path()).filter(|run| run.is_dir()).collect();
    runs.sort();
    let of_run = |run: &std::path::PathBuf| {
        let events = fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
        let attempt = |line: &str| match serde_json::from_str(line).ok()? {
            Event::StageFinished { id: of, key, outcome: Outcome::Executed, .. } if of == id => {
                Some(Attempt { key, failed: None })
            }
            Event::StageFinished { id: of, key, class: Some(_), .. } if of == id => {
                let failed = fs::read(run.join(log_name(id))).unwrap_or_default();
                Some(Attempt { key, failed: Some(failed) })
            }
            _ => None,
        };
        events.lines().filter_map(attempt).collect::<Vec<_>>()
    };
    runs.iter().rev().flat_map(of_run).collect()
}
