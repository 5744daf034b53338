use std::collections::BTreeMap;
use std::time::Duration;

use contract::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::plain::lines;
use super::{Watcher, show_seconds};
use crate::event::Event;

/// Most running units that are shown at once.
const SHOWN: usize = 8;

/// Shows on a terminal what runs, how far it is, and how long it will still take.
#[derive(Debug)]
pub struct Fancy {
    all: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
}

impl Default for Fancy {
    fn default() -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(0));
        total.set_style(style("{bar:24.cyan/black} {pos} of {len} stages  {elapsed}  {msg}"));
        Self { all, total, running: BTreeMap::new() }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

impl Fancy {
    fn print(&self, text: &str) {
        // A terminal that went away shows nothing.
        let _nobody_looks = self.all.println(text);
    }
}

impl Watcher for Fancy {
    fn event(&mut self, event: &Event) {
        match event {
            Event::StageStarted { id, .. } if self.running.len() < SHOWN => {
                let bar = self.all.insert_before(&self.total, ProgressBar::new_spinner());
                bar.set_style(style("  {spinner} {prefix}  {elapsed}  {msg}"));
                bar.set_prefix(id.clone());
                bar.enable_steady_tick(Duration::from_millis(120));
                self.running.insert(id.clone(), bar);
            }
            Event::StageFinished { id, .. } => {
                if let Some(bar) = self.running.remove(id) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
            }
            Event::RunFinished { .. } => {
                self.total.finish_and_clear();
                lines(event).iter().for_each(|line| say!("{line}"));
                return;
            }
            _ => {}
        }
        lines(event).iter().for_each(|line| self.print(line));
    }

    fn progress(&mut self, id: &str, progress: &Progress) {
        match progress {
            Progress::Done { done, total, unit } => {
                if let Some(bar) = self.running.get(id) {
                    bar.set_message(format!("{done} of {total} {unit}"));
                }
            }
            Progress::Warning(text) => self.print(&format!("warning  '{id}': {text}")),
        }
    }

    fn note(&mut self, text: &str) {
        self.print(text);
    }

    fn tick(&mut self, done: usize, total: usize, left: Option<f64>) {
        self.total.set_length(total as u64);
        self.total.set_position(done as u64);
        self.total
            .set_message(left.map_or(String::new(), |left| format!("about {} left", show_seconds(left))));
    }
}
