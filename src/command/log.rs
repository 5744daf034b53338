use fs_err as fs;

use super::print::{print, warn_unless_fresh};
use crate::cli::Reference;
use crate::failure::{Exit, Failure};
use crate::run::{Project, Session, log_name};

/// Prints what the last attempt of each stage printed.
pub(super) fn log(project: &Project, arguments: &Reference) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.references)?;
    let units: Vec<usize> =
        (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].target).collect();
    for &unit in &units {
        let id = &session.plan.units[unit].id;
        let key = session.history.last(id);
        let record = session.standings[unit].record.clone().or_else(|| session.store.record(key?));
        let text = match (&record, failed(project, id)) {
            (Some(record), _) if session.standings[unit].record.is_some() => match record.log {
                Some(log) => session.store.read(&log)?,
                None => Vec::new(),
            },
            (_, Some(failed)) => failed,
            (Some(record), None) => {
                warn_unless_fresh(&session, [unit]);
                match record.log {
                    Some(log) => session.store.read(&log)?,
                    None => Vec::new(),
                }
            }
            (None, None) => {
                return Err(Failure::usage(format!("error: '{id}' has not run yet: osteon run '{id}'")));
            }
        };
        if units.len() > 1 {
            print(&format!("── {id}\n"))?;
        }
        print(&String::from_utf8_lossy(&text))?;
    }
    Ok(None)
}

/// Returns what the last failed attempt of a unit printed, if its run is still there.
fn failed(project: &Project, id: &str) -> Option<Vec<u8>> {
    let runs = fs::read_dir(project.runs()).ok()?;
    let mut runs: Vec<_> = runs.filter_map(|run| Some(run.ok()?.path())).filter(|run| run.is_dir()).collect();
    runs.sort();
    runs.iter().rev().find_map(|run| fs::read(run.join(log_name(id))).ok())
}
