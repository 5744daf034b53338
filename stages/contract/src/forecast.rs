use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// What is known of one input before anything runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Foreseen {
    /// A source: the file lies here and may be read.
    Source(PathBuf),
    /// The output of a kind, which foresees these facts of it (`rows`, `cols`, `images`, …).
    Facts(Value),
    /// The output of a command, or of a kind that foresees nothing.
    Unknown,
}

/// What a kind is told when it is asked for a [`Forecast`].
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// By input port; of a gather, one for each cell.
    pub inputs: BTreeMap<String, Vec<Foreseen>>,
    /// Memory of the machine, in bytes.
    pub memory: u64,
    /// Threads that the stage would run with.
    pub threads: usize,
}

impl Known {
    /// Returns a fact of the (first) artifact on `port` as a whole number, if it is foreseen.
    pub fn number(&self, port: &str, fact: &str) -> Option<u64> {
        match self.inputs.get(port)?.first()? {
            Foreseen::Facts(facts) => facts.get(fact)?.as_u64(),
            Foreseen::Source(_) | Foreseen::Unknown => None,
        }
    }

    /// Returns the file of the source on `port`, if it is one.
    pub fn source(&self, port: &str) -> Option<&PathBuf> {
        match self.inputs.get(port)?.first()? {
            Foreseen::Source(path) => Some(path),
            Foreseen::Facts(_) | Foreseen::Unknown => None,
        }
    }
}

/// What a stage will need and make, as far as its parameters and its sources tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Peak memory, in bytes.
    pub memory: Option<u64>,
    /// Wall time on this machine, in seconds.
    pub seconds: Option<f64>,
    /// Facts of each output, by port, for the forecasts of those who read it.
    pub outputs: BTreeMap<&'static str, Value>,
}
