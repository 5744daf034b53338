use std::io::Write;

use contract::{Issue, Tool};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::presentation::Verdict;
use crate::print::{Entry, decode, put};
use crate::render::Named;

/// Tells how the claims of tables fare, as one line of JSON for the engine, which answers for it with its exit code.
pub(crate) const TOOL: Tool = Tool { name: "hold", run };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    tables: Vec<Entry>,
}

/// How all claims fare.
#[derive(Default, Serialize)]
struct Answer {
    /// How many are within their tolerance.
    held: usize,
    /// A line for each that is not, or that nothing of ours stands against.
    missed: Vec<String>,
    /// Tables that hold nothing to anything: without a tolerance, or without a claim.
    open: Vec<String>,
}

impl Answer {
    fn add(&mut self, named: &Named) {
        let presentation = &named.presentation;
        let mut judged = false;
        for (row, column, cell) in named.table.named_cells() {
            let published = or_nothing(&cell.published_text);
            let claim = format!("{} {row}.{column}: published {published}", named.name);
            let verdict = presentation.verdict(row, cell);
            judged |= verdict != Verdict::Open;
            match verdict {
                Verdict::Open => {}
                Verdict::Held => self.held += 1,
                Verdict::Missed if cell.difference.is_none() => {
                    self.missed.push(format!("{claim}, ours {}", or_nothing(&cell.ours_text)));
                }
                Verdict::Missed => self.missed.push(format!(
                    "{claim}, ours {}, difference {}, tolerance {}",
                    cell.ours_text,
                    cell.difference_text,
                    presentation.tolerance(row).unwrap_or_default()
                )),
                Verdict::NotRun => self.missed.push(format!("{claim}, {}", cell.ours_text)),
            }
        }
        if !judged {
            self.open.push(named.name.clone());
        }
    }
}

/// Returns a text, or what stands in place of one that is empty: a layer that only one of two networks has, say.
fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn run(request: &Value, out: &mut dyn Write) -> Result<(), Issue> {
    let request: Request = decode(request)?;
    let mut answer = Answer::default();
    for entry in request.tables {
        answer.add(&entry.read()?);
    }
    let line = serde_json::to_string(&answer).expect("an answer holds text and numbers");
    put(out, &format!("{line}\n"))
}
