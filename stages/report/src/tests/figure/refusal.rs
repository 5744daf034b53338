use contract::{Foreseen, Known};
use serde_json::{Value, json};
use table::{CurvePoint, Metadata, Part, Prediction};

use crate::tests::Bench;

fn refused(panel: &Value) -> String {
    let params = json!({ "title": "Figure", "panels": [panel] });
    Bench::new("figure").run(params).expect_err("it is wrong").to_string()
}

#[test]
fn a_panel_whose_input_is_not_wired_is_refused_before_anything_runs() {
    let bench = Bench::new("figure");
    let params = json!({ "title": "ROC", "panels": [{ "show": "roc" }] });
    let bound = (bench.kind.bind)(&params).expect("the parameters are right");
    let issue = bound.forecast(&Known::default()).expect_err("nothing is wired");
    assert_eq!(issue.message, "the panel `roc` is drawn from the input `predictions`, which is not wired");
    let inputs = [("predictions".to_owned(), vec![Foreseen::Unknown])].into();
    assert!(bound.forecast(&Known { inputs, ..Known::default() }).is_ok());
    assert!(refused(&json!({ "show": "maxima" })).contains("the input `images`, which is not wired"));
}

#[test]
fn parameters_that_make_no_figure_are_named() {
    let metrics = |published: Value| json!({ "show": "metrics", "by": "class", "metrics": ["f1"], "published": published });
    for (panel, message) in [
        (json!({ "show": "pie" }), "unknown variant `pie`"),
        (json!({ "show": "roc", "publish": 1.0 }), "unknown field `publish`"),
        (json!({ "show": "patients", "years": 0 }), "`years` is 0"),
        (metrics(json!({ "normal": [] })), "`published.normal` has 0 values for 1 metrics"),
        (json!({ "show": "metrics", "by": "class", "metrics": [] }), "`metrics` is empty"),
        (json!({ "show": "mistake", "label": "normal", "predicted": "normal" }), "is no mistake"),
    ] {
        let said = refused(&panel);
        assert!(said.contains(message), "{said}");
    }
    for (params, message) in [
        (json!({ "title": "Figure", "panels": [] }), "`panels` is empty"),
        (json!({ "title": "Figure", "columns": 7, "panels": [{ "show": "maxima" }] }), "`columns` is 7"),
    ] {
        let said = Bench::new("figure").run(params).expect_err("it is wrong").to_string();
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn an_empty_table_and_a_diverged_training_name_the_file() {
    let mut bench = Bench::new("figure");
    let path = bench.wire("predictions", &[], "predictions.parquet");
    table::write::<Prediction>(&path, &[], &Metadata::new()).expect("the table is written");
    let issue = bench.run(json!({ "title": "ROC", "panels": [{ "show": "roc" }] })).expect_err("it is empty");
    assert_eq!(issue.message, "has no row, and nothing can be drawn from it");
    assert_eq!(issue.place.expect("a place").file, path);

    let mut bench = Bench::new("figure");
    let path = bench.wire("curves", &[], "curves.parquet");
    let point = CurvePoint { epoch: 3, part: Part::Train, loss: f64::NAN, accuracy: 0.5 };
    table::write(&path, &[point], &Metadata::new()).expect("the table is written");
    let params = json!({ "title": "Curves", "panels": [{ "show": "curves", "value": "loss" }] });
    let issue = bench.run(params).expect_err("it diverged");
    assert_eq!(issue.message, "epoch 3 has no finite loss");
    assert_eq!(issue.place.expect("a place").file, path);
}
