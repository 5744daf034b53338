mod agreement;
mod calibration;
mod census;
mod compare;
mod count;
mod describe;
mod difference;
mod evaluate;
mod examples;
mod figure;
mod four_way;
mod gap;
mod hold;
mod intervals;
mod print;
mod sql;
mod tabulate;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use contract::{Cell, Ctx, Gathered, Issue, Kind, Progress, Scalar, Task};
use serde::de::DeserializeOwned;
use serde_json::Value;
use table::{Class, Metadata, Metric, Prediction};
use tempfile::TempDir;

use crate::KINDS;

/// A kind with a folder of its own, as the engine would run it.
struct Bench {
    kind: &'static Kind,
    folder: TempDir,
    inputs: BTreeMap<String, Vec<Gathered>>,
}

impl Bench {
    fn new(kind: &str) -> Self {
        let kind = KINDS.iter().find(|known| known.name == kind).expect("a kind of this crate");
        Self { kind, folder: tempfile::tempdir().expect("a temporary folder"), inputs: BTreeMap::new() }
    }

    /// Returns a path for one more artifact on a port, after wiring it.
    fn wire(&mut self, port: &str, cell: &[(&str, Scalar)], file: &str) -> PathBuf {
        let artifacts = self.inputs.entry(port.to_owned()).or_default();
        let path = self.folder.path().join(format!("{}-{file}", artifacts.len()));
        let cell: Cell = cell.iter().map(|(axis, value)| ((*axis).to_owned(), value.clone())).collect();
        artifacts.push(Gathered { cell, path: path.clone() });
        path
    }

    fn output(&self, port: &str) -> PathBuf {
        self.folder.path().join(self.kind.output(port).expect("an output of the kind").file)
    }

    fn text(&self, port: &str) -> String {
        fs::read_to_string(self.output(port)).expect("the output is written")
    }

    /// Runs the kind and returns its warnings.
    fn run(&self, params: Value) -> Result<Vec<String>, Issue> {
        let outputs = self.kind.outputs.iter().map(|port| (port.name.to_owned(), self.output(port.name)));
        let task = Task {
            kind: self.kind.name.to_owned(),
            params,
            inputs: self.inputs.clone(),
            outputs: outputs.collect(),
            scratch: self.folder.path().join("scratch"),
            threads: 1,
        };
        let warnings = Mutex::new(Vec::new());
        let tell = |progress| {
            if let Progress::Warning(text) = progress {
                warnings.lock().expect("no test panics while it holds the lock").push(text);
            }
        };
        (self.kind.bind)(&task.params)?.run(&Ctx::new(&task, &tell))?;
        Ok(warnings.into_inner().expect("no test panics while it holds the lock"))
    }
}

/// Reads what a script in `tests/reference` wrote.
fn reference<T: DeserializeOwned>(name: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/");
    let text = fs::read_to_string(format!("{folder}{name}")).expect("the reference is part of the project");
    serde_json::from_str(&text).expect("the reference is JSON")
}

/// Asserts that a kind wrote these metrics, in this order.
fn assert_metrics(bench: &Bench, case: &str, expected: &[(String, String, f64)]) {
    let ours: Vec<Metric> = table::read(&bench.output("metrics")).expect("metrics are read");
    assert_eq!(ours.len(), expected.len(), "{case}");
    for (ours, (class, metric, value)) in ours.iter().zip(expected) {
        assert_eq!((&ours.class, &ours.metric), (class, metric), "{case}");
        assert!((ours.value - value).abs() < 1e-12, "{case}: {class} {metric}: {} {value}", ours.value);
    }
}

/// Returns the metrics of a run, all of the macro average.
fn metrics(values: &[(&str, f64)]) -> Vec<Metric> {
    let metric = |(name, value): &(&str, f64)| Metric {
        class: "macro".to_owned(),
        metric: (*name).to_owned(),
        value: *value,
    };
    values.iter().map(metric).collect()
}

/// Returns a prediction; the answer is the most probable class.
pub(crate) fn prediction(
    name: &str,
    label: Class,
    [p_normal, p_metastatic, p_arthritic]: [f64; 3],
) -> Prediction {
    let mut sample = Prediction {
        sample_id: name.to_owned(),
        image_id: name.to_owned(),
        label,
        generated: false,
        p_normal,
        p_metastatic,
        p_arthritic,
        predicted: Class::Normal,
    };
    for class in Class::ALL {
        if sample.probability(*class) > sample.probability(sample.predicted) {
            sample.predicted = *class;
        }
    }
    sample
}

/// Returns the metadata with which `train` describes a network.
fn described(scaling: &str) -> Metadata {
    let text =
        format!("{{\"title\": \"dSPIC\", \"scaled\": {}, \"scaling\": \"{scaling}\"}}", !scaling.is_empty());
    Metadata::from([("network".to_owned(), text), ("other".to_owned(), "1".to_owned())])
}
