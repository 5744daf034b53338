use std::io::Write;

use contract::Progress;

use super::Watcher;
use crate::event::Event;

/// Writes each event as one line of JSON to standard output.
#[derive(Debug, Default)]
pub struct Json;

impl Watcher for Json {
    fn event(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("an event is JSON");
        // A reader that went away wants nothing more.
        let _nobody_reads = writeln!(std::io::stdout().lock(), "{line}");
    }

    fn progress(&mut self, _id: &str, _progress: &Progress) {}

    fn note(&mut self, text: &str) {
        say!("{text}");
    }

    fn tick(&mut self, _done: usize, _total: usize, _left: Option<f64>) {}
}
