use std::collections::BTreeMap;

use contract::Scalar;
use serde::Deserialize;
use serde_json::json;
use table::{Class, Comparison, Metadata, Prediction};

use super::{Bench, prediction, reference};

/// What `tests/reference/comparisons.py` writes.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    label: Vec<usize>,
    classifiers: BTreeMap<String, Vec<[f64; 3]>>,
    comparisons: Vec<(String, String, String, String, f64, f64, f64, f64)>,
}

fn wire(bench: &mut Bench, network: &str, seed: i64, predictions: &[Prediction]) {
    let cell = [("network", Scalar::Text(network.to_owned())), ("seed", Scalar::Int(seed))];
    let path = bench.wire("predictions", &cell, "predictions.parquet");
    table::write(&path, predictions, &Metadata::new()).expect("predictions are written");
}

fn read(bench: &Bench) -> Vec<Comparison> {
    table::read(&bench.output("comparisons")).expect("the comparisons are read")
}

#[test]
fn every_test_agrees_with_statsmodels_and_mlstatkit() {
    let reference: Reference = reference("comparisons.json");
    for case in reference.cases {
        let mut bench = Bench::new("compare");
        for (name, probabilities) in &case.classifiers {
            let samples = case.label.iter().zip(probabilities).enumerate();
            let predictions: Vec<Prediction> = samples
                .map(|(index, (label, parts))| prediction(&index.to_string(), Class::ALL[*label], *parts))
                .collect();
            wire(&mut bench, name, 1, &predictions);
        }
        bench
            .run(json!({ "axis": "network", "order": ["good", "better", "poor"] }))
            .expect("they are compared");
        let ours = read(&bench);
        assert_eq!(ours.len(), case.comparisons.len(), "{}", case.name);
        for (ours, (first, second, test, class, difference, statistic, p, p_holm)) in
            ours.iter().zip(&case.comparisons)
        {
            assert_eq!((&ours.first, &ours.second, &ours.test, &ours.class), (first, second, test, class));
            let numbers = [ours.difference, ours.statistic, ours.p, ours.p_holm];
            for (ours, expected) in numbers.into_iter().zip([difference, statistic, p, p_holm]) {
                let ours = ours.expect("the test is defined");
                assert!((ours - expected).abs() < 1e-9, "{first}, {second}, {class}: {ours} {expected}");
            }
        }
    }
}

/// Returns six samples; whom `right` names is answered rightly, all others with the next class.
fn answers(right: &[usize]) -> Vec<Prediction> {
    let sample = |number: usize| {
        let label = number % 3;
        let mut parts = [0.125; 3];
        parts[if right.contains(&number) { label } else { (label + 1) % 3 }] = 0.75;
        prediction(&number.to_string(), Class::ALL[label], parts)
    };
    (0..6).map(sample).collect()
}

pub(super) fn two_seeds() -> Bench {
    let mut bench = Bench::new("compare");
    for seed in [1, 2] {
        wire(&mut bench, "good", seed, &answers(&[0, 1, 2, 3, 4, 5]));
        wire(&mut bench, "poor", seed, &answers(if seed == 1 { &[0] } else { &[] }));
    }
    bench
}

#[test]
fn a_pair_has_its_mean_differences_and_one_chance_for_each_seed() {
    let bench = two_seeds();
    let warnings = bench.run(json!({ "axis": "network", "order": ["poor"], "level": 0.05 }));
    assert_eq!(warnings.expect("they are compared"), Vec::<String>::new());
    let expected = "\
| network     |         accuracy |         mcnemar |              auc |             delong |
| ----------- | ---------------: | --------------: | ---------------: | -----------------: |
| poor - good | -0.9167 ± 0.1179 | 0.0625, 0.0312* | -0.6875 ± 0.0884 | <0.0001*, <0.0001* |
";
    assert!(bench.text("markdown").starts_with(expected), "{}", bench.text("markdown"));
    assert!(bench.text("markdown").contains("One p for each of seed=1; seed=2; * is below 0.05."));
}

#[test]
fn too_few_samples_of_a_class_leave_delong_out() {
    let mut bench = Bench::new("compare");
    for name in ["good", "poor"] {
        wire(&mut bench, name, 1, &answers(&[0])[..5]);
    }
    let warnings = bench.run(json!({ "axis": "network" })).expect("they are compared");
    assert_eq!(warnings, ["no DeLong test where a class has fewer than two test samples"]);
    let tests = read(&bench);
    assert_eq!((tests[0].p, tests[0].p_holm, tests[4].p), (Some(1.0), Some(1.0), None));
    assert!(bench.text("markdown").contains("undefined"), "{}", bench.text("markdown"));
}

#[test]
fn errors_name_the_parameter_or_the_file() {
    let compare = |bench: &Bench, params| bench.run(params).expect_err("it is wrong").message;
    let bench = two_seeds();
    assert_eq!(compare(&bench, json!({ "axis": "network", "level": 1 })), "`level` is not between 0 and 1");
    assert_eq!(compare(&bench, json!({ "axis": "patient" })), "its cell has no axis `patient`");
    let mut alone = Bench::new("compare");
    wire(&mut alone, "good", 1, &answers(&[]));
    assert_eq!(compare(&alone, json!({ "axis": "network" })), "no cell has two values of `network`");
    wire(&mut alone, "poor", 1, &answers(&[])[1..]);
    let message = compare(&alone, json!({ "axis": "network" }));
    assert!(message.starts_with("its samples are not those of"), "{message}");
}
