use contract::Catalogue;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::worker::tool_answer;

/// Name of the tool that judges claims.
pub(super) const TOOL: &str = "hold";

/// How the claims of some tables fare.
#[derive(Deserialize)]
struct Answer {
    held: usize,
    missed: Vec<String>,
    open: Vec<String>,
}

/// Says on standard error which claims of `tables` do not hold; returns how the process is to end.
///
/// Tables that are missing or no longer `fresh` are no mismatch, but nothing to rely on either.
///
/// # Errors
/// If a table cannot be read.
pub(super) fn hold(catalogue: &Catalogue, tables: &[Json], fresh: bool) -> Result<Option<Exit>, Failure> {
    let answer = tool_answer(catalogue, TOOL, json!({ "tables": tables }));
    let answer: Answer = answer.and_then(|answer| serde_json::from_str(&answer).ok()).ok_or_else(|| {
        Failure::usage("error: the claims cannot be read: osteon run -B on their tables makes them anew")
    })?;
    for name in &answer.open {
        say!("{name} holds nothing to anything: it has no tolerance, or publishes nothing");
    }
    for claim in &answer.missed {
        say!("{claim}");
    }
    let claims = answer.held + answer.missed.len();
    if claims > 0 {
        say!("{} of {claims} claims hold", answer.held);
    }
    Ok(match (answer.missed.is_empty(), fresh) {
        (false, _) => Some(Exit::Mismatch),
        (true, false) => Some(Exit::Stale),
        (true, true) => None,
    })
}
