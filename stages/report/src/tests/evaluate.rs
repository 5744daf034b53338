use serde::Deserialize;
use serde_json::json;
use table::{Class, Confusion, Metadata, Metric, Prediction};

use super::{Bench, assert_metrics, described, prediction, reference};

/// What `tests/reference/metrics.py` writes.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    label: Vec<usize>,
    probability: Vec<[f64; 3]>,
    predicted: Vec<usize>,
    metrics: Vec<(String, String, f64)>,
}

fn evaluate(predictions: &[Prediction], metadata: &Metadata) -> (Bench, Vec<String>) {
    let mut bench = Bench::new("evaluate");
    let path = bench.wire("predictions", &[], "predictions.parquet");
    table::write(&path, predictions, metadata).expect("predictions are written");
    let warnings = bench.run(json!({})).expect("predictions are evaluated");
    (bench, warnings)
}

fn six() -> Vec<Prediction> {
    vec![
        prediction("a", Class::Normal, [0.8, 0.1, 0.1]),
        prediction("b", Class::Normal, [0.4, 0.5, 0.1]),
        prediction("c", Class::Metastatic, [0.2, 0.7, 0.1]),
        prediction("d", Class::Metastatic, [0.3, 0.3, 0.4]),
        prediction("e", Class::Arthritic, [0.1, 0.1, 0.8]),
        prediction("f", Class::Arthritic, [0.1, 0.2, 0.7]),
    ]
}

#[test]
fn every_metric_agrees_with_scikit_learn() {
    let reference: Reference = reference("metrics.json");
    for case in reference.cases {
        let samples = case.label.iter().zip(&case.probability).zip(&case.predicted).enumerate();
        let predictions: Vec<Prediction> = samples
            .map(|(index, ((label, probability), predicted))| Prediction {
                predicted: Class::ALL[*predicted],
                ..prediction(&index.to_string(), Class::ALL[*label], *probability)
            })
            .collect();
        let (bench, _) = evaluate(&predictions, &Metadata::new());
        assert_metrics(&bench, &case.name, &case.metrics);
    }
}

#[test]
fn six_predictions_by_hand() {
    let (bench, warnings) = evaluate(&six(), &Metadata::new());
    assert_eq!(warnings, Vec::<String>::new());
    let metrics: Vec<Metric> = table::read(&bench.output("metrics")).expect("metrics are read");
    let value = |class: &str, metric: &str| {
        metrics.iter().find(|row| row.class == class && row.metric == metric).map(|row| row.value)
    };
    // Normal and metastatic: one of two found, one of one and one of two answers right. Arthritic: 2 of 2, 2 of 3.
    assert_eq!(value("macro", "accuracy"), Some(4.0 / 6.0));
    assert_eq!(value("normal", "precision"), Some(1.0));
    assert_eq!(value("metastatic", "precision"), Some(0.5));
    assert_eq!(value("arthritic", "precision"), Some(2.0 / 3.0));
    assert_eq!(value("macro", "precision"), Some((1.0 + 0.5 + 2.0 / 3.0) / 3.0));
    assert_eq!(value("macro", "sensitivity"), Some((0.5 + 0.5 + 1.0) / 3.0));
    assert_eq!(value("macro", "specificity"), Some((1.0 + 0.75 + 0.75) / 3.0));
    assert_eq!(value("metastatic", "auc"), Some(7.0 / 8.0));
    assert_eq!(value("macro", "samples"), Some(6.0));

    let confusion: Vec<Confusion> = table::read(&bench.output("confusion")).expect("the matrix is read");
    let counts: Vec<u64> = confusion.iter().map(|row| row.count).collect();
    assert_eq!(counts, [1, 1, 0, 0, 1, 1, 0, 0, 2]);
}

#[test]
fn the_auc_of_an_absent_class_and_the_macro_auc_are_left_out_with_a_warning() {
    let (bench, warnings) = evaluate(&six()[..4], &Metadata::new());
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("no AUC for arthritic"), "{}", warnings[0]);
    let metrics: Vec<Metric> = table::read(&bench.output("metrics")).expect("metrics are read");
    let auc: Vec<&str> =
        metrics.iter().filter(|row| row.metric == "auc").map(|row| row.class.as_str()).collect();
    assert_eq!(auc, ["normal", "metastatic", "micro"]);
    let metadata = table::metadata(&bench.output("metrics")).expect("metadata is read");
    assert_eq!(metadata["undefined"], "arthritic auc, macro auc");
}

#[test]
fn the_description_of_the_network_is_carried_on_and_nothing_else() {
    let (bench, _) = evaluate(&six(), &described("channels x 1/8"));
    let metadata = table::metadata(&bench.output("metrics")).expect("metadata is read");
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["network"]);
    assert_eq!(metadata["network"], described("channels x 1/8")["network"]);
}

#[test]
fn no_prediction_and_no_number_are_errors_that_name_the_file() {
    let diverged = prediction("x", Class::Normal, [f64::NAN, 0.5, 0.5]);
    for (predictions, message) in [
        (Vec::new(), "holds no prediction"),
        (vec![diverged], "the sample `x` has a probability that is no number"),
    ] {
        let mut bench = Bench::new("evaluate");
        let path = bench.wire("predictions", &[], "predictions.parquet");
        table::write(&path, &predictions, &Metadata::new()).expect("predictions are written");
        let issue = bench.run(json!({})).expect_err("there is nothing to evaluate");
        assert_eq!(issue.message, message);
        assert_eq!(issue.place.expect("a place").file, path);
    }
}
