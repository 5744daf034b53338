use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use contract::Digest;
use serde_json::Value as Json;

use crate::event::{self, Event, Outcome};
use crate::key::Key;
use crate::store::runs_in;

/// What a run told, read again.
#[derive(Debug, Default)]
pub struct PastRun {
    /// Its name, which sorts by time.
    pub name: String,
    /// Under which profile.
    pub profile: Option<String>,
    /// The values of the variables, if it told them.
    pub variables: BTreeMap<String, Json>,
    /// The units whose outputs were there in the end.
    pub units: BTreeMap<String, Ended>,
}

/// How a unit of a run ended.
#[derive(Debug, PartialEq)]
pub struct Ended {
    /// Its key.
    pub key: Key,
    /// Whether it was made then, and not before.
    pub executed: bool,
    /// The digests of its outputs, by port.
    pub outputs: BTreeMap<String, Digest>,
}

/// Reads what the runs in a folder told, the oldest first.
///
/// # Errors
/// If the folder, or what a run told, is there and cannot be read.
pub fn past_runs(runs: &Path) -> io::Result<Vec<PastRun>> {
    let read = |run: &PathBuf| {
        let name = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(event::read(run)?.map(|events| PastRun { name, ..told(events) }))
    };
    runs_in(runs)?.iter().map(read).filter_map(Result::transpose).collect()
}

fn told(events: Vec<Event>) -> PastRun {
    let mut run = PastRun::default();
    for event in events {
        match event {
            Event::RunStarted { profile, variables, .. } => {
                (run.profile, run.variables) = (profile, variables);
            }
            Event::StageFinished {
                id,
                key: Some(key),
                outcome: outcome @ (Outcome::Executed | Outcome::Hit),
                outputs,
                ..
            } => {
                let executed = outcome == Outcome::Executed;
                run.units.insert(id, Ended { key: Key(key), executed, outputs });
            }
            _ => {}
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_and_a_failure_are_left_out() {
        let key = Digest::of(b"k");
        let line = |id: &str, outcome: &str| {
            format!(
                r#"{{"reason":"stage-finished","id":"{id}","key":"{key}","outcome":"{outcome}","seconds":1.0,"outputs":{{}}}}"#
            )
        };
        let text = [
            r#"{"reason":"run-started","run":"r","profile":"p","variables":{"x":[1]}}"#.to_owned(),
            line("a", "executed"),
            line("b", "failed"),
            line("c", "hit"),
            line("d", "hit")[..40].to_owned(),
        ];
        let run = told(event::parse(text.join("\n").as_bytes()).collect());
        assert_eq!(run.profile.as_deref(), Some("p"));
        assert_eq!(run.variables["x"], serde_json::json!([1]));
        assert_eq!(run.units.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(run.units["c"], Ended { key: Key(key), executed: false, outputs: BTreeMap::new() });
    }
}
