use contract::Scalar;
use serde_json::json;
use table::{Class, Glyph, Metadata, Prediction, Reliability};

use super::{drawn, marks};
use crate::tests::calibration::calibrated;
use crate::tests::{Bench, prediction};

/// Wires the reliability of some predictions, in two bins.
fn wire(bench: &mut Bench, network: &str, seed: i64, predictions: &[Prediction]) {
    let rows: Vec<Reliability> =
        table::read(&calibrated(predictions, 2).output("reliability")).expect("curves are read");
    let cell = [("network", Scalar::Text(network.to_owned())), ("seed", Scalar::Int(seed))];
    let path = bench.wire("reliability", &cell, "reliability.parquet");
    table::write(&path, &rows, &Metadata::new()).expect("the folder is there");
}

/// Said with 0.75 and right, said with 0.75 and wrong, said with 1 and right.
fn three() -> [Prediction; 3] {
    [
        prediction("a", Class::Normal, [0.75, 0.25, 0.0]),
        prediction("b", Class::Arthritic, [0.75, 0.0, 0.25]),
        prediction("c", Class::Normal, [1.0, 0.0, 0.0]),
    ]
}

#[test]
fn a_curve_has_a_corner_where_samples_are_and_counts_those_of_all_seeds_together() {
    let mut bench = Bench::new("figure");
    wire(&mut bench, "am", 1, &three()[..1]);
    wire(&mut bench, "am", 2, &three()[1..]);
    wire(&mut bench, "rm", 1, &three()[2..]);
    let panels = json!([{ "show": "reliability", "by": "network", "order": ["rm"] }]);
    let svg =
        drawn(&bench, json!({ "title": "Reliability", "panels": panels, "labels": { "rm": "The RM" } }));
    let marks = marks(&bench, "reliability");
    assert_eq!((marks[0].glyph, marks[0].x_end, marks[0].y_end), (Glyph::Rule, Some(1.0), Some(1.0)));
    let corners: Vec<(&str, f64, f64)> =
        marks[1..].iter().map(|mark| (mark.series.as_str(), mark.x, mark.y)).collect();
    assert_eq!(corners, [("rm", 1.0, 1.0), ("am", 2.5 / 3.0, 2.0 / 3.0)]);
    assert!(svg.contains("The RM") && svg.contains("Samples are counted together over seed."), "{svg}");
}

#[test]
fn a_curve_of_a_class_is_that_class_against_the_rest_and_an_unknown_one_is_refused() {
    let mut bench = Bench::new("figure");
    wire(&mut bench, "am", 1, &three());
    let panel = |class: &str| json!({ "title": "R", "panels": [{ "show": "reliability", "by": "network", "class": class }] });
    drawn(&bench, panel("arthritic"));
    let corners: Vec<(f64, f64)> =
        marks(&bench, "reliability")[1..].iter().map(|mark| (mark.x, mark.y)).collect();
    assert_eq!(corners, [(0.25 / 3.0, 1.0 / 3.0)]);
    let issue = bench.run(panel("healthy")).expect_err("there is no such class");
    assert_eq!(issue.message, "`panels`: no run has a reliability curve of `healthy`");
}
