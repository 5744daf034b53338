use std::fs;

use contract::{Digest, Scalar};
use serde_json::json;
use table::{Class, Label};

use super::{
    Bench, agreement, calibration, census, compare, count, described, examples, four_way, gap, prediction,
};

/// Returns the kind, its version, and the digest of all that it wrote.
fn result(bench: &Bench) -> (&'static str, u32, String) {
    let bytes: Vec<u8> = bench
        .kind
        .outputs
        .iter()
        .flat_map(|port| fs::read(bench.output(port.name)).expect("the output is written"))
        .collect();
    (bench.kind.name, bench.kind.version, Digest::of(&bytes).short())
}

#[test]
fn a_changed_result_raises_the_version() {
    let mut evaluate = Bench::new("evaluate");
    let path = evaluate.wire("predictions", &[], "predictions.parquet");
    let predictions = [
        prediction("a", Class::Normal, [0.5, 0.25, 0.25]),
        prediction("b", Class::Metastatic, [0.5, 0.25, 0.25]),
        prediction("c", Class::Arthritic, [0.125, 0.125, 0.75]),
    ];
    table::write(&path, &predictions, &described("8 epochs")).expect("predictions are written");
    evaluate.run(json!({})).expect("predictions are evaluated");

    let mut tabulate = Bench::new("tabulate");
    for seed in [1, 2] {
        let cell = [("data", Scalar::Text("d1".to_owned())), ("seed", Scalar::Int(seed))];
        for (port, from) in [("metrics", evaluate.output("metrics")), ("predictions", path.clone())] {
            let wired = tabulate.wire(port, &cell, &format!("{port}.parquet"));
            fs::copy(from, wired).expect("the folder is there");
        }
    }
    let params = json!({ "rows": "data", "columns": ["auc"], "published": { "d1": [0.9272], "d2": [0.9] } });
    tabulate.run(params).expect("the table is made");

    let count = count::images();
    count.run(json!({ "published": { "normal": 334 } })).expect("images are counted");

    let census = census::scans();
    census.run(json!({ "published": { "patients": 384 } })).expect("it counts");

    let describe = Bench::new("describe");
    let ours = json!({ "batch": 8, "epochs": 8, "optimizer": "SGD" });
    let published = json!({ "batch": "8/16", "epochs": 300, "optimizer": "Adam" });
    describe.run(json!({ "ours": ours, "published": published })).expect("the table is made");

    let examples = examples::runs();
    examples.run(json!({ "published": examples::published() })).expect("the table is made");

    let agreement =
        agreement::read(&[vec![Label::Normal; 3], vec![Label::Both, Label::Both, Label::Arthritic]]);
    agreement.run(json!({})).expect("readers are compared");

    let gaps = gap::runs();
    gaps.run(gap::params()).expect("the table is made");

    let compared = compare::two_seeds();
    compared.run(json!({ "axis": "network" })).expect("classifiers are compared");

    let calibrated = calibration::calibrated(&predictions, 2);

    let found = [("a", Label::Normal), ("b", Label::Both), ("c", Label::Arthritic)];
    let four = four_way::read(&predictions, &found, 0.05).expect("predictions are read");

    let mut figure = Bench::new("figure");
    for seed in [1, 2] {
        let path = figure.wire("predictions", &[("seed", Scalar::Int(seed))], "predictions.parquet");
        table::write(&path, &predictions, &described("8 epochs")).expect("predictions are written");
    }
    let panels = json!([{ "show": "roc", "published": 0.9272 }, { "show": "confusion" }]);
    figure.run(json!({ "title": "Scores", "columns": 2, "panels": panels })).expect("the figure is drawn");

    let results = [
        &evaluate,
        &four,
        &tabulate,
        &census,
        &count,
        &describe,
        &examples,
        &agreement,
        &gaps,
        &compared,
        &calibrated,
        &figure,
    ]
    .map(result);
    let pinned = [
        ("evaluate", 2, "51bfd8ebceb8"),
        ("four-way", 2, "dc6392dcb0cd"),
        ("tabulate", 3, "c229fa86db7b"),
        ("census", 2, "86773bf39d27"),
        ("count", 3, "194effa6dd08"),
        ("describe", 3, "d14a8cf63fdd"),
        ("examples", 1, "0d6fb8733462"),
        ("agreement", 1, "e8a042b9ffce"),
        ("gap", 2, "571fbe3316a2"),
        ("compare", 1, "92d8bbda29e0"),
        ("calibration", 1, "be27da766d1c"),
        ("figure", 4, "cc2ca289e37f"),
    ]
    .map(|(kind, version, digest)| (kind, version, digest.to_owned()));
    assert_eq!(results, pinned);
}
