use contract::{Issue, Scalar};
use serde_json::{Value, json};
use table::Metadata;

use super::{Bench, metrics};
use crate::TOOLS;

/// Returns a table with a claim that is near, one that is far, and one without a run.
fn table() -> Bench {
    let mut bench = Bench::new("tabulate");
    for (data, auc) in [("d1", 0.75), ("d2", 0.5)] {
        let path = bench.wire("metrics", &[("data", Scalar::Text(data.to_owned()))], "metrics.parquet");
        table::write(&path, &metrics(&[("auc", auc)]), &Metadata::new()).expect("metrics are written");
    }
    let published = json!({ "d1": [0.7747], "d2": [0.9], "d3": [0.8] });
    bench
        .run(json!({ "rows": "data", "columns": ["auc"], "published": published }))
        .expect("the table is made");
    bench
}

fn hold(bench: &Bench, params: &Value) -> Result<Value, Issue> {
    let tool = TOOLS.iter().find(|tool| tool.name == "hold").expect("a tool of this crate");
    let table = json!({ "name": "table8", "params": params, "json": bench.output("json") });
    let mut out = Vec::new();
    (tool.run)(&json!({ "tables": [table] }), &mut out)?;
    Ok(serde_json::from_slice(&out).expect("the answer is JSON"))
}

#[test]
fn claims_that_are_far_or_without_a_run_are_named() {
    let answer = hold(&table(), &json!({ "rows": "data", "tolerance": 0.05 }));
    let missed = [
        "table8 d2.auc: published 0.9000, ours 0.5000, difference -0.4000, tolerance 0.05",
        "table8 d3.auc: published 0.8000, not run",
    ];
    assert_eq!(answer, Ok(json!({ "held": 1, "missed": missed, "open": [] })));
}

#[test]
fn a_table_without_tolerance_or_without_claims_holds_nothing_to_anything() {
    let open = json!({ "held": 0, "missed": [], "open": ["table8"] });
    assert_eq!(hold(&table(), &json!({ "rows": "data" })), Ok(open.clone()));

    let bench = Bench::new("describe");
    bench.run(json!({ "ours": { "batch": 8 } })).expect("the table is made");
    assert_eq!(hold(&bench, &json!({ "tolerance": 0.0 })), Ok(open));
}

#[test]
fn a_parameter_is_held_by_its_number_or_its_text() {
    let bench = Bench::new("describe");
    let ours = json!({ "batch": 8, "epochs": 8, "optimizer": "SGD" });
    let published = json!({ "batch": "8/16", "epochs": 300, "optimizer": "Adam", "rate": 0.0001 });
    bench.run(json!({ "ours": ours, "published": published })).expect("the table is made");
    let missed = [
        "table8 epochs.value: published 300, ours 8, difference -292, tolerance 0",
        "table8 optimizer.value: published Adam, ours SGD",
        "table8 rate.value: published 0.0001, ours nothing",
    ];
    let expected = json!({ "held": 1, "missed": missed, "open": [] });
    assert_eq!(hold(&bench, &json!({ "tolerance": 0 })), Ok(expected));
}

#[test]
fn a_changed_layer_is_named_and_one_that_is_not_published_too() {
    let mut bench = Bench::new("describe");
    for (network, layers) in [("am", r#"["conv 3x3 8", "dense 8", "softmax 3"]"#), ("mine", r#"["dense 3"]"#)]
    {
        let cell = [("network", Scalar::Text(network.to_owned()))];
        let path = bench.wire("networks", &cell, "network.toml");
        std::fs::write(path, format!("layers = {layers}")).expect("the network is written");
    }
    let published = json!({ "am": ["conv 3x3 8", "dense 16"], "rm": ["softmax 3"] });
    bench.run(json!({ "published": published })).expect("the table is made");
    let missed = [
        "table8 1.rm: published softmax 3, not run",
        "table8 2.am: published dense 16, ours dense 8",
        "table8 3.am: published nothing, ours softmax 3",
    ];
    let expected = json!({ "held": 1, "missed": missed, "open": [] });
    assert_eq!(hold(&bench, &json!({ "tolerance": 0 })), Ok(expected));
}

#[test]
fn each_row_of_a_census_has_its_own_tolerance() {
    let bench = super::census::scans();
    let published = json!({ "patients": 384, "metastases": 2, "arthritic-lesions": 3, "images": 768 });
    bench.run(json!({ "published": published })).expect("it counts");
    let tolerance = json!({ "patients": 0, "metastases": 1, "arthritic-lesions": 1 });
    let missed = [
        "table8 patients.number: published 384, ours 3, difference -381, tolerance 0",
        "table8 arthritic-lesions.number: published 3, ours 1, difference -2, tolerance 1",
    ];
    let expected = json!({ "held": 1, "missed": missed, "open": [] });
    assert_eq!(hold(&bench, &json!({ "tolerance": tolerance })), Ok(expected));
}
