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
    bench
        .run(json!({ "ours": { "batch": 8 }, "published": { "batch": "8/16" } }))
        .expect("the table is made");
    assert_eq!(hold(&bench, &json!({ "tolerance": 0.0 })), Ok(open));
}
