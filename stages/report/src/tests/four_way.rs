use contract::Issue;
use serde::Deserialize;
use serde_json::json;
use table::{Class, Label, Metric, Prediction, View};

use super::figure::{image, write_images};
use super::{Bench, assert_metrics, described, prediction, reference};

/// What `tests/reference/four_way.py` writes.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tau: f64,
    label: Vec<usize>,
    probability: Vec<[f64; 3]>,
    metrics: Vec<(String, String, f64)>,
}

/// Reads predictions of images; `found` is what readers found in each.
pub(super) fn read(predictions: &[Prediction], found: &[(&str, Label)], tau: f64) -> Result<Bench, Issue> {
    let mut bench = Bench::new("four-way");
    let path = bench.wire("predictions", &[], "predictions.parquet");
    table::write(&path, predictions, &described("8 epochs")).expect("predictions are written");
    let path = bench.wire("images", &[], "images.parquet");
    write_images(
        &path,
        found.iter().map(|(name, label)| image(name, name, View::Anterior, *label)).collect(),
    );
    bench.run(json!({ "tau": tau })).map(|_| bench)
}

fn metrics(bench: &Bench) -> Vec<Metric> {
    table::read(&bench.output("metrics")).expect("metrics are read")
}

#[test]
fn metrics_of_four_classes_and_of_abnormal_agree_with_scikit_learn() {
    let reference: Reference = reference("four-way.json");
    for case in reference.cases {
        let names: Vec<String> = (0..case.label.len()).map(|index| index.to_string()).collect();
        let samples = names.iter().zip(&case.probability);
        let predictions: Vec<Prediction> =
            samples.map(|(name, parts)| prediction(name, Class::Normal, *parts)).collect();
        let found: Vec<(&str, Label)> =
            names.iter().zip(&case.label).map(|(name, label)| (name.as_str(), Label::ALL[*label])).collect();
        let bench = read(&predictions, &found, case.tau).expect("predictions are read");
        assert_metrics(&bench, &case.name, &case.metrics);
    }
}

#[test]
fn an_image_that_is_tested_as_both_diseases_counts_once() {
    let of =
        |label| Prediction { sample_id: format!("a-{label}"), ..prediction("a", label, [0.0, 0.79, 0.21]) };
    let bench = read(&[of(Class::Metastatic), of(Class::Arthritic)], &[("a", Label::Both)], 0.05);
    let rows = metrics(&bench.expect("predictions are read"));
    let value = |class: &str, metric: &str| {
        rows.iter().find(|row| row.class == class && row.metric == metric).map(|row| row.value)
    };
    assert_eq!([value("macro", "images"), value("macro", "accuracy")], [Some(1.0), Some(1.0)]);
    assert_eq!([value("both", "first"), value("both", "second")], [Some(0.79), Some(0.21)]);
}

#[test]
fn an_image_that_nobody_knows_and_a_threshold_that_no_second_class_reaches_are_refused() {
    let sample = prediction("a", Class::Normal, [1.0, 0.0, 0.0]);
    let refused = |found: &[(&str, Label)], tau| {
        read(std::slice::from_ref(&sample), found, tau).err().map(|issue| issue.to_string())
    };
    assert!(refused(&[("b", Label::Normal)], 0.05).is_some_and(|text| text.contains("has no image `a`")));
    assert!(refused(&[("a", Label::Normal)], 0.6).is_some_and(|text| text.contains("`tau` is 0.6")));
}
