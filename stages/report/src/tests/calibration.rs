use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use table::{Class, Metadata, Prediction, Reliability};

use super::{Bench, assert_metrics, described, prediction, reference};

/// What `tests/reference/calibration.py` writes.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    bins: u32,
    label: Vec<usize>,
    probability: Vec<[f64; 3]>,
    curves: BTreeMap<String, Vec<(u64, Option<f64>, Option<f64>)>>,
    metrics: Vec<(String, String, f64)>,
}

pub(super) fn calibrated(predictions: &[Prediction], bins: u32) -> Bench {
    let mut bench = Bench::new("calibration");
    let path = bench.wire("predictions", &[], "predictions.parquet");
    table::write(&path, predictions, &described("8 epochs")).expect("predictions are written");
    bench.run(json!({ "bins": bins })).expect("predictions are held to what came true");
    bench
}

#[test]
fn curves_errors_and_scores_agree_with_scikit_learn() {
    let reference: Reference = reference("calibration.json");
    let near = |ours: Option<f64>, expected: Option<f64>| match (ours, expected) {
        (Some(ours), Some(expected)) => (ours - expected).abs() < 1e-12,
        (ours, expected) => ours == expected,
    };
    for case in reference.cases {
        let samples = case.label.iter().zip(&case.probability).enumerate();
        let predictions: Vec<Prediction> = samples
            .map(|(index, (label, parts))| prediction(&index.to_string(), Class::ALL[*label], *parts))
            .collect();
        let bench = calibrated(&predictions, case.bins);
        assert_metrics(&bench, &case.name, &case.metrics);
        let curves: Vec<Reliability> = table::read(&bench.output("reliability")).expect("curves are read");
        assert_eq!(curves.len(), 4 * case.bins as usize);
        for (class, expected) in &case.curves {
            let ours: Vec<&Reliability> = curves.iter().filter(|bin| bin.class == *class).collect();
            assert_eq!(ours.len(), expected.len(), "{class}");
            for (ours, (samples, confidence, accuracy)) in ours.iter().zip(expected) {
                assert_eq!(ours.samples, *samples, "{class} up to {}", ours.upper);
                assert!(near(ours.confidence, *confidence) && near(ours.accuracy, *accuracy), "{ours:?}");
            }
        }
    }
}

#[test]
fn a_bound_belongs_to_the_bin_below_and_nothing_to_the_first() {
    let predictions = [
        prediction("a", Class::Normal, [0.5, 0.5, 0.0]),
        prediction("b", Class::Arthritic, [0.0, 0.25, 0.75]),
    ];
    let bench = calibrated(&predictions, 2);
    let curves: Vec<Reliability> = table::read(&bench.output("reliability")).expect("curves are read");
    let of = |class: &str| -> Vec<(u64, Option<f64>, Option<f64>)> {
        let bins = curves.iter().filter(|bin| bin.class == class);
        bins.map(|bin| (bin.samples, bin.confidence, bin.accuracy)).collect()
    };
    assert_eq!(of("normal"), [(2, Some(0.25), Some(0.5)), (0, None, None)]);
    assert_eq!(of("arthritic"), [(1, Some(0.0), Some(0.0)), (1, Some(0.75), Some(1.0))]);
    assert_eq!(of("top"), [(1, Some(0.5), Some(1.0)), (1, Some(0.75), Some(1.0))]);
}

#[test]
fn the_description_of_the_network_is_carried_on() {
    let bench = calibrated(&[prediction("a", Class::Normal, [1.0, 0.0, 0.0])], 10);
    let metadata: Metadata = table::metadata(&bench.output("metrics")).expect("metadata is read");
    assert_eq!(metadata.get("network"), described("8 epochs").get("network"));
}

#[test]
fn no_bins_too_many_bins_and_no_prediction_are_refused() {
    let mut bench = Bench::new("calibration");
    assert!(bench.run(json!({ "bins": 0 })).is_err());
    assert_eq!(bench.run(json!({ "bins": 1000 })).expect_err("too many").message, "`bins` is 1000");
    let path = bench.wire("predictions", &[], "predictions.parquet");
    table::write::<Prediction>(&path, &[], &Metadata::new()).expect("predictions are written");
    let issue = bench.run(json!({})).expect_err("there is nothing to hold to anything");
    assert_eq!((issue.message.as_str(), issue.place.expect("a place").file), ("holds no prediction", path));
}
