use std::collections::BTreeMap;
use std::path::PathBuf;

use super::audit::Findings;
use crate::store::Artifact;

/// What an attempt made.
#[derive(Debug)]
pub(super) struct Made {
    /// By port.
    pub(super) outputs: BTreeMap<String, Artifact>,
    /// How long it took.
    pub(super) seconds: f64,
    /// What is worth a mention.
    pub(super) note: Option<String>,
    /// What it read and wrote undeclared, if that was looked at.
    pub(super) audit: Option<Findings>,
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// Which sort: `exit`, `signal`, `timeout`, `kind`, `output`, `source`, `system`.
    pub(super) class: &'static str,
    /// What the process returned.
    pub(super) exit: Option<i32>,
    /// What is wrong.
    pub(super) message: String,
    /// What it printed.
    pub(super) log: Option<PathBuf>,
    /// How long it took.
    pub(super) seconds: f64,
    /// Whether it was asked to end, and so is no failure of its own.
    pub(super) cancelled: bool,
}

impl Failed {
    /// Returns a failure of a sort.
    pub(super) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, exit: None, message: message.into(), log: None, seconds: 0.0, cancelled: false }
    }

    /// Returns the end of an attempt that was asked to end.
    pub(super) fn cancelled() -> Self {
        Self { cancelled: true, ..Self::new("signal", "it was asked to end") }
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::new("system", error.to_string())
    }
}
