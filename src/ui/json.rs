use std::io::{self, Write};

use contract::Progress;

use super::Watcher;
use crate::event::Event;

/// Writes each event as one line of JSON to standard output.
#[derive(Debug, Default)]
pub struct Json {
    /// Why a line was not written.
    lost: Option<io::Error>,
}

impl Json {
    /// Ends the lines.
    ///
    /// # Errors
    /// If one could not be written; a reader that went away wants nothing more.
    pub fn end(self) -> io::Result<()> {
        match self.lost {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

impl Watcher for Json {
    fn event(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("an event is JSON");
        // The work goes on.
        if let Err(error) = writeln!(io::stdout().lock(), "{line}") {
            self.lost.get_or_insert(error);
        }
    }

    fn progress(&mut self, _id: &str, _progress: &Progress) {}

    fn note(&mut self, text: &str) {
        say!("{text}");
    }

    fn tick(&mut self, _done: usize, _total: usize, _left: Option<f64>) {}
}
