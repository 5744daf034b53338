use contract::Progress;

use super::{Watcher, show_seconds};
use crate::event::{Event, Outcome};

/// Writes a line to standard error for each unit that ran.
#[derive(Debug, Default)]
pub struct Plain;

/// Returns the lines that tell people of an event; hits are not worth one.
pub(super) fn lines(event: &Event) -> Vec<String> {
    match event {
        Event::StageFinished { id, outcome, seconds, message, .. } => match outcome {
            Outcome::Executed => vec![format!("executed '{id}' in {}", show_seconds(*seconds))],
            Outcome::Failed => {
                let message = message.as_deref().unwrap_or("it failed");
                vec![format!("failed   '{id}': {message}")]
            }
            Outcome::Skipped => vec![format!("skipped  '{id}': something that it reads failed")],
            Outcome::Hit | Outcome::Cancelled => vec![],
        },
        Event::RunFinished { executed, hit, failed, skipped, cancelled, seconds, .. } => {
            let mut text = format!("executed {executed}, hit {hit}");
            for (count, what) in [(failed, "failed"), (skipped, "skipped"), (cancelled, "cancelled")] {
                if *count > 0 {
                    text.push_str(&format!(", {what} {count}"));
                }
            }
            vec![format!("{text} in {}", show_seconds(*seconds))]
        }
        Event::StageStarted { id, attempt, .. } if *attempt > 1 => {
            vec![format!("retrying '{id}': attempt {attempt}")]
        }
        Event::RunStarted { .. }
        | Event::StagePlanned { .. }
        | Event::StageStarted { .. }
        | Event::StageAudited { .. } => vec![],
    }
}

impl Watcher for Plain {
    fn event(&mut self, event: &Event) {
        lines(event).iter().for_each(|line| say!("{line}"));
    }

    fn progress(&mut self, id: &str, progress: &Progress) {
        if let Progress::Warning(text) = progress {
            say!("warning  '{id}': {text}");
        }
    }

    fn note(&mut self, text: &str) {
        say!("{text}");
    }

    fn tick(&mut self, _done: usize, _total: usize, _left: Option<f64>) {}
}
