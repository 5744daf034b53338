use contract::Digest;
use serde_json::{Value as Json, json};

use crate::key::Change;

/// One of the two that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    A,
    B,
}

/// Something in which two sides differ.
#[derive(Debug)]
pub(super) enum Finding {
    /// A variable.
    Variable { name: String, a: Option<Json>, b: Option<Json> },
    /// A stage run that only one of them has.
    Only { id: String, which: Which },
    /// What defines a stage run.
    Change { id: String, change: Change },
    /// A number or word in an output.
    Value { id: String, port: String, row: Vec<String>, column: String, a: Option<Json>, b: Option<Json> },
    /// The bytes of an output, of which nothing more is told.
    Bytes { id: String, port: String, a: Option<Digest>, b: Option<Digest> },
    /// A record or an output that would have to be compared and is gone from the cache.
    Gone { id: String, which: Which, what: String },
}

impl Finding {
    /// Writes it as one line of JSON.
    pub(super) fn json(&self) -> String {
        let line = match self {
            Self::Variable { name, a, b } => {
                json!({ "reason": "diff-variable", "name": name, "a": a, "b": b })
            }
            Self::Only { id, which } => json!({ "reason": "diff-only", "id": id, "side": which.name() }),
            Self::Change { id, change } => {
                let path = change.path.join(".");
                json!({ "reason": "diff-stage", "id": id, "path": path, "a": change.old, "b": change.new })
            }
            Self::Value { id, port, row, column, a, b } => json!({
                "reason": "diff-value", "id": id, "port": port, "row": row, "column": column,
                "a": a, "b": b, "difference": difference(a.as_ref(), b.as_ref()),
            }),
            Self::Bytes { id, port, a, b } => {
                json!({ "reason": "diff-output", "id": id, "port": port, "a": a, "b": b })
            }
            Self::Gone { id, which, what } => {
                json!({ "reason": "diff-gone", "id": id, "side": which.name(), "what": what })
            }
        };
        format!("{line}\n")
    }
}

impl Which {
    /// Returns its name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Returns the second number minus the first, if both are numbers.
pub(super) fn difference(a: Option<&Json>, b: Option<&Json>) -> Option<f64> {
    Some(b?.as_f64()? - a?.as_f64()?)
}
