//! Those who watch a run: plain lines, a terminal, JSON.

mod fancy;
mod json;
mod plain;

use std::time::{Duration, SystemTime};

use contract::Progress;

use crate::event::Event;

pub use fancy::Fancy;
pub use json::Json;
pub use plain::Plain;

/// Somebody who watches a run.
pub trait Watcher: Send {
    /// Something happened.
    fn event(&mut self, event: &Event);

    /// A running unit goes on.
    fn progress(&mut self, id: &str, progress: &Progress);

    /// Something that is worth a mention.
    fn note(&mut self, text: &str);

    /// Time went by: so many units are done of all, and about so many seconds are left.
    fn tick(&mut self, done: usize, total: usize, left: Option<f64>);
}

/// Writes a time for people.
pub fn show_seconds(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// Returns the moment nearest to this one that has a date: clocks and files may tell any.
pub fn datable(time: SystemTime) -> SystemTime {
    // The last second of the year 9999.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    time.clamp(SystemTime::UNIX_EPOCH, last)
}
