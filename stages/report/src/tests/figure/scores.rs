use std::collections::BTreeMap;

use contract::Scalar;
use serde::Deserialize;
use serde_json::json;
use table::{Class, CurvePoint, Glyph, Mark, Metadata, Part, Prediction};

use super::{drawn, marks, page};
use crate::tests::{Bench, described, metrics, prediction, reference};

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
}

/// A curve that `tests/reference/roc.py` writes.
#[derive(Deserialize)]
struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    area: f64,
}

/// Wires one more run, the first of which has seed 1.
fn wire<R: table::Row>(bench: &mut Bench, port: &str, network: &str, seed: i64, rows: &[R]) {
    let cell = [("network", Scalar::Text(network.to_owned())), ("seed", Scalar::Int(seed))];
    let path = bench.wire(port, &cell, "run.parquet");
    table::write(&path, rows, &described("8 epochs")).expect("the table is written");
}

fn area(corners: &[(f64, f64)]) -> f64 {
    corners.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
}

fn corners(marks: &[Mark], series: &str) -> Vec<(f64, f64)> {
    let line = marks.iter().filter(|mark| mark.glyph == Glyph::Line && mark.series == series);
    line.map(|mark| (mark.x, mark.y)).collect()
}

#[test]
fn roc_curves_have_the_corners_and_areas_of_scikit_learn() {
    let cases: Reference = reference("metrics.json");
    let curves: BTreeMap<String, BTreeMap<String, Curve>> = reference("roc.json");
    for case in cases.cases {
        let samples = case.label.iter().zip(&case.probability).enumerate();
        let predictions: Vec<Prediction> = samples
            .map(|(index, (label, probability))| {
                prediction(&index.to_string(), Class::ALL[*label], *probability)
            })
            .collect();
        let mut bench = Bench::new("figure");
        wire(&mut bench, "predictions", "am", 1, &predictions);
        drawn(&bench, json!({ "title": "ROC", "panels": [{ "show": "roc" }] }));
        let marks = marks(&bench, "roc");
        let expected = &curves[&case.name];
        for name in ["macro", "micro", "normal", "metastatic", "arthritic"] {
            let ours = corners(&marks, name);
            let Some(theirs) = expected.get(name) else {
                assert!(ours.is_empty(), "{}: {name} is absent", case.name);
                continue;
            };
            assert!((area(&ours) - theirs.area).abs() < 1e-12, "{}: {name}", case.name);
            // Their macro curve has one value at each place: the upper one.
            let upper = |(index, corner): (usize, &(f64, f64))| {
                (name != "macro" || ours.get(index + 1).is_none_or(|next| next.0 > corner.0))
                    .then_some(*corner)
            };
            let ours: Vec<(f64, f64)> = ours.iter().enumerate().filter_map(upper).collect();
            assert_eq!(ours.len(), theirs.x.len(), "{}: {name}", case.name);
            for ((x, y), (their_x, their_y)) in ours.iter().zip(theirs.x.iter().zip(&theirs.y)) {
                assert!((x - their_x).abs() < 1e-12 && (y - their_y).abs() < 1e-12, "{}: {name}", case.name);
            }
        }
    }
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
fn over_seeds_the_mean_curve_is_bold_and_each_is_thin() {
    let mut bench = Bench::new("figure");
    let perfect: Vec<Prediction> = six()
        .into_iter()
        .map(|sample| prediction(&sample.sample_id, sample.label, one_hot(sample.label)))
        .collect();
    wire(&mut bench, "predictions", "am", 1, &six());
    wire(&mut bench, "predictions", "am", 2, &perfect);
    let svg = drawn(&bench, json!({ "title": "ROC", "panels": [{ "show": "roc", "published": 0.9272 }] }));
    let marks = marks(&bench, "roc");
    let threads: Vec<&str> =
        marks.iter().filter(|mark| mark.glyph == Glyph::Thread).map(|mark| mark.category.as_str()).collect();
    assert!(threads.contains(&"seed 1") && threads.contains(&"seed 2"));
    // One of four pairs of d with another is a tie, and one is wrong: 7 of 8; the other run is perfect.
    assert!((area(&corners(&marks, "metastatic")) - 15.0 / 16.0).abs() < 1e-12);
    assert!(svg.contains("area under each curve; published 0.9272"));
    assert!(svg.contains("Drawn from network = am; seed = 1, 2."), "{svg}");
    assert!(svg.contains("Ours are scaled networks: 8 epochs."));
}

const fn one_hot(class: Class) -> [f64; 3] {
    let mut probability = [0.0; 3];
    probability[class.index()] = 1.0;
    probability
}

#[test]
fn matrices_come_in_the_order_asked_for_and_sum_over_seeds() {
    let mut bench = Bench::new("figure");
    for (network, seed) in [("a", 1), ("a", 2), ("b", 1)] {
        wire(&mut bench, "predictions", network, seed, &six());
    }
    let panel = json!({ "show": "confusion", "by": "network", "order": ["b", "a"] });
    let svg = drawn(&bench, json!({ "title": "Matrices", "panels": [panel], "labels": { "b": "The B" } }));
    let page = page(&bench);
    assert_eq!((&page["frames"][0]["title"], &page["frames"][1]["title"]), (&"The B".into(), &"a".into()));
    let texts = |panel: &str| marks(&bench, panel).iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts("b")[..3], ["1\n50 %", "1\n50 %", "0\n0 %"]);
    assert_eq!(texts("a")[6..], ["0\n0 %", "0\n0 %", "4\n100 %"]);
    let cells = marks(&bench, "b");
    let mistaken =
        cells.iter().find(|cell| cell.category == "normal as metastatic").expect("a cell of each pair");
    assert_eq!((mistaken.x, mistaken.y), (0.5, -0.5), "answers go to the right, labels go down");
    assert!(svg.contains("accuracy 0.667 of 12 samples"), "{svg}");
    assert!(svg.contains("summed over seed"));
}

#[test]
fn bars_of_metrics_are_means_with_their_spread_and_the_published_value() {
    let mut bench = Bench::new("figure");
    for (network, seed, f1) in [("a", 1, 0.5), ("a", 2, 0.7), ("b", 1, 0.9)] {
        wire(&mut bench, "metrics", network, seed, &metrics(&[("f1", f1)]));
    }
    let panel =
        json!({ "show": "metrics", "by": "network", "metrics": ["f1"], "published": { "b": [0.95] } });
    drawn(&bench, json!({ "title": "Metrics", "panels": [panel] }));
    let marks = marks(&bench, "metrics");
    let told: Vec<(Glyph, &str, f64)> =
        marks.iter().map(|mark| (mark.glyph, mark.series.as_str(), mark.y_end.unwrap_or(mark.y))).collect();
    let sd = (0.02_f64).sqrt();
    let expected = [
        (Glyph::Bar, "a", 0.6),
        (Glyph::Whisker, "a", 0.6 + sd),
        (Glyph::Bar, "b", 0.9),
        (Glyph::Dash, "b", 0.95),
    ];
    assert_eq!(told.len(), expected.len());
    for ((glyph, series, value), (their_glyph, their_series, their_value)) in told.iter().zip(expected) {
        assert_eq!((*glyph, *series), (their_glyph, their_series));
        assert!((value - their_value).abs() < 1e-12);
    }
}

#[test]
fn a_curve_is_the_mean_over_seeds_and_one_epoch_is_enough() {
    let mut bench = Bench::new("figure");
    let point = |part, loss| CurvePoint { epoch: 1, part, loss, accuracy: 0.5 };
    wire(&mut bench, "curves", "a", 1, &[point(Part::Train, 1.0), point(Part::Test, 1.5)]);
    wire(&mut bench, "curves", "a", 2, &[point(Part::Train, 2.0), point(Part::Test, 1.5)]);
    let panels = json!([{ "show": "curves", "value": "loss" }, { "show": "curves", "value": "accuracy" }]);
    drawn(&bench, json!({ "title": "Curves", "columns": 2, "panels": panels }));
    assert_eq!(corners(&marks(&bench, "loss"), "train"), [(1.0, 1.5)]);
    assert_eq!(corners(&marks(&bench, "accuracy"), "test"), [(1.0, 0.5)]);
    let threads = marks(&bench, "loss").iter().filter(|mark| mark.glyph == Glyph::Thread).count();
    assert_eq!(threads, 4);
}

#[test]
fn what_is_drawn_does_not_depend_on_the_metadata_of_a_command() {
    let mut bench = Bench::new("figure");
    let path = bench.wire("predictions", &[], "run.parquet");
    table::write(&path, &six(), &Metadata::new()).expect("the table is written");
    let svg = drawn(&bench, json!({ "title": "ROC", "panels": [{ "show": "roc" }] }));
    assert!(!svg.contains("scaled") && !svg.contains("Drawn from"));
}
