//! Everything that happens in a run, once: for the event log, `--message-format json` and those who watch.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use contract::Digest;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// Its name.
        run: String,
        /// Under which profile.
        profile: Option<String>,
        /// The values of the variables.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        variables: BTreeMap<String, Json>,
    },
    /// `run -n`: what would be done.
    StagePlanned {
        /// The unit.
        id: String,
        /// Its key, if it can be known.
        key: Option<Digest>,
        /// `run`, `may-run` or `hit`.
        plan: String,
        /// Why.
        cause: String,
    },
    /// An attempt begins.
    StageStarted {
        /// The unit.
        id: String,
        /// Its key.
        key: Digest,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A command was traced: what it did undeclared.
    StageAudited {
        /// The unit.
        id: String,
        /// The files that it read; those in the project by their way from the manifest.
        reads: Vec<String>,
        /// The files that it wrote, renamed or removed.
        writes: Vec<String>,
    },
    /// A unit has ended.
    StageFinished {
        /// The unit.
        id: String,
        /// Its key, if it was known.
        key: Option<Digest>,
        /// How it ended.
        outcome: Outcome,
        /// How long it ran.
        seconds: f64,
        /// What it made, by port.
        outputs: BTreeMap<String, Digest>,
        /// Of a failure: which sort.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        class: Option<String>,
        /// Of a failure: what the process returned.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        exit: Option<i32>,
        /// Of a failure: what was said.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
    },
    /// A run has ended.
    RunFinished {
        /// Its name.
        run: String,
        /// How many units ran.
        executed: usize,
        /// How many had a record.
        hit: usize,
        /// How many failed.
        failed: usize,
        /// How many read a failure.
        skipped: usize,
        /// How many were stopped, or never started.
        cancelled: usize,
        /// How long it took.
        seconds: f64,
    },
}

/// How a unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran, and what it made is recorded.
    Executed,
    /// What it would make was recorded.
    Hit,
    /// It ran and failed.
    Failed,
    /// Something that it reads failed.
    Skipped,
    /// The run was stopped.
    Cancelled,
}

/// Reads what the run in a folder told; nothing if it has told nothing yet.
///
/// # Errors
/// If it cannot be read.
pub fn read(run: &Path) -> io::Result<Option<Vec<Event>>> {
    match fs::read(run.join("events.jsonl")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => Ok(Some(parse(&text?).collect())),
    }
}

/// Reads one event a line; the last line of a run that was killed may be cut short.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Event> {
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}
