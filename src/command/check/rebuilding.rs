use std::collections::BTreeMap;

use contract::Progress;

use crate::event::{Event, Outcome};
use crate::ui::{Plain, Watcher, show_seconds};

/// Watches how units are made again: tells people, and remembers how each ended.
#[derive(Debug)]
pub(super) struct Rebuilding {
    /// Which time of how many, if more than one.
    round: String,
    /// How each unit ended.
    pub(super) ended: BTreeMap<String, Outcome>,
}

impl Rebuilding {
    /// Begins to watch the round `round` of `times`.
    pub(super) fn new(round: usize, times: usize) -> Self {
        let round = if times == 1 { String::new() } else { format!(" ({round} of {times})") };
        Self { round, ended: BTreeMap::new() }
    }
}

impl Watcher for Rebuilding {
    fn event(&mut self, event: &Event) {
        let Event::StageFinished { id, outcome, seconds, message, .. } = event else { return };
        let round = &self.round;
        match outcome {
            Outcome::Executed => say!("rebuilt  '{id}'{round} in {}", show_seconds(*seconds)),
            Outcome::Failed => say!("failed   '{id}': {}", message.as_deref().unwrap_or("it failed")),
            Outcome::Hit | Outcome::Skipped | Outcome::Cancelled => {}
        }
        self.ended.insert(id.clone(), *outcome);
    }

    fn progress(&mut self, id: &str, progress: &Progress) {
        Plain.progress(id, progress);
    }

    fn note(&mut self, text: &str) {
        Plain.note(text);
    }

    fn tick(&mut self, _done: usize, _total: usize, _left: Option<f64>) {}
}
