use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Output;

/// The lines of `--message-format json`.
#[must_use = "look at the exit code: ok() or exits(code)"]
pub struct Events {
    output: Output,
    lines: Vec<Json>,
}

impl Events {
    /// Reads what a run with `--message-format json` printed.
    pub fn of(output: Output) -> Self {
        let read = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{}", output.text()))
        };
        let lines = output.stdout().lines().map(read).collect();
        Self { output, lines }
    }

    /// Asserts that the run ended well.
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts the exit code of the run.
    pub fn exits(self, code: i32) -> Self {
        Self { output: self.output.exits(code), ..self }
    }

    /// Returns what was said on stderr.
    pub fn stderr(&self) -> String {
        self.output.stderr()
    }

    /// Returns the events in their order.
    pub fn all(&self) -> &[Json] {
        &self.lines
    }

    /// Returns those with this reason.
    pub fn with_reason(&self, reason: &str) -> Vec<&Json> {
        self.lines.iter().filter(|line| line["reason"] == reason).collect()
    }

    /// Returns the one event with this reason, of this unit.
    pub fn of_unit(&self, reason: &str, id: &str) -> &Json {
        let found: Vec<&Json> =
            self.with_reason(reason).into_iter().filter(|line| line["id"] == id).collect();
        assert_eq!(found.len(), 1, "one {reason} of '{id}' in {:#?}", self.lines);
        found[0]
    }

    /// Returns how each unit ended.
    pub fn outcomes(&self) -> BTreeMap<&str, &str> {
        let ended = self.with_reason("stage-finished");
        ended.iter().filter_map(|line| Some((line["id"].as_str()?, line["outcome"].as_str()?))).collect()
    }

    /// Returns how many units ended so, by the last event.
    pub fn count(&self, outcome: &str) -> u64 {
        let last = self.lines.last().filter(|line| line["reason"] == "run-finished");
        let count = last.and_then(|line| line[outcome].as_u64());
        count.unwrap_or_else(|| panic!("a run-finished with `{outcome}` at the end of {:#?}", self.lines))
    }
}
