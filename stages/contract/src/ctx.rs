use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Cell, Issue};

/// One artifact of an input, with the cell that made it (empty for a stage without a grid, and for a source).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    /// Values of the cell, typed.
    pub cell: Cell,
    /// The file or folder, read-only.
    pub path: PathBuf,
}

/// One stage run, as it is handed to a worker process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Name of the kind.
    pub kind: String,
    /// Its parameters.
    pub params: Value,
    /// Artifacts by input port.
    pub inputs: BTreeMap<String, Vec<Gathered>>,
    /// Where each output is to be written.
    pub outputs: BTreeMap<String, PathBuf>,
    /// A folder for what the next attempt may use; it outlives a failure.
    pub scratch: PathBuf,
    /// Size of the thread pool.
    pub threads: usize,
}

/// What a running stage tells while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// `done` of `total` units are done.
    Done {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted, in the plural: `epochs`, `patients`.
        unit: String,
    },
    /// Something that a reader of the log should know.
    Warning(String),
}

/// All that a running stage sees.
pub struct Ctx<'a> {
    task: &'a Task,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Ctx<'a> {
    /// Returns the context of `task`, which tells its progress to `progress`.
    pub fn new(task: &'a Task, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { task, progress }
    }

    /// Returns the artifact on an input port.
    ///
    /// # Errors
    /// If the port has none.
    pub fn input(&self, port: &str) -> Result<&'a Path, Issue> {
        self.optional(port).ok_or_else(|| Issue::new(format!("the input `{port}` is not wired")))
    }

    /// Returns the artifact on an input port that may be left out.
    pub fn optional(&self, port: &str) -> Option<&'a Path> {
        self.gathered(port).first().map(|artifact| artifact.path.as_path())
    }

    /// Returns the artifacts on an input port, in the order of their cells.
    pub fn gathered(&self, port: &str) -> &'a [Gathered] {
        self.task.inputs.get(port).map_or(&[], Vec::as_slice)
    }

    /// Returns where an output is to be written; a folder exists already and is empty.
    ///
    /// # Errors
    /// If the kind declares no such output.
    pub fn output(&self, port: &str) -> Result<&'a Path, Issue> {
        let path = self.task.outputs.get(port);
        path.map(PathBuf::as_path).ok_or_else(|| Issue::new(format!("no output is called `{port}`")))
    }

    /// Returns a folder for what a later attempt may use, such as checkpoints.
    pub fn scratch(&self) -> &'a Path {
        &self.task.scratch
    }

    /// Returns how many threads the stage may use.
    pub fn threads(&self) -> usize {
        self.task.threads
    }

    /// Tells that `done` of `total` units are done.
    pub fn progress(&self, done: usize, total: usize, unit: &str) {
        (self.progress)(Progress::Done { done: done as u64, total: total as u64, unit: unit.to_owned() });
    }

    /// Tells something that a reader of the log should know.
    pub fn warn(&self, text: impl Into<String>) {
        (self.progress)(Progress::Warning(text.into()));
    }
}
