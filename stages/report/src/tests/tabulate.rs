use std::fs;

use contract::Scalar;
use serde_json::{Value, json};
use table::{Metadata, Metric, TableCell};

use super::{Bench, described, metrics};

fn text(value: &str) -> Scalar {
    Scalar::Text(value.to_owned())
}

/// Two data sets with two and one runs, of a network that is scaled.
fn runs() -> Bench {
    let mut bench = Bench::new("tabulate");
    for (data, seed, accuracy, auc) in [("d1", 1, 0.5, 0.75), ("d1", 2, 0.75, 0.75), ("d2", 1, 0.8125, 0.875)]
    {
        let cell = [("data", text(data)), ("network", text("dspic-am")), ("seed", Scalar::Int(seed))];
        let path = bench.wire("metrics", &cell, "metrics.parquet");
        let mut rows = metrics(&[("accuracy", accuracy), ("auc", auc)]);
        rows.push(Metric { class: "normal".to_owned(), metric: "accuracy".to_owned(), value: 0.0 });
        table::write(&path, &rows, &described("channels x 1/8")).expect("metrics are written");
    }
    bench
}

fn params() -> Value {
    json!({
        "rows": "data",
        "columns": ["accuracy", "auc"],
        "published": { "d1": [0.7, 0.75], "d3": [0.7286, 0.9] },
    })
}

#[test]
fn published_values_stand_beside_the_mean_and_spread_of_ours() {
    let bench = runs();
    assert_eq!(bench.run(params()).expect("the table is made"), Vec::<String>::new());
    let expected = "\
| data | accuracy published |   accuracy ours | accuracy difference | auc published |        auc ours | auc difference |
| ---- | -----------------: | --------------: | ------------------: | ------------: | --------------: | -------------: |
| d1   |             0.7000 | 0.6250 ± 0.1768 |             -0.0750 |        0.7500 | 0.7500 ± 0.0000 |        +0.0000 |
| d2   |                    |          0.8125 |                     |               |          0.8750 |                |
| d3   |             0.7286 |         not run |                     |        0.9000 |         not run |                |

Mean ± sample standard deviation over seed = 1, 2. All with network = dspic-am. Ours are scaled networks: \
channels x 1/8 (d1, d2).
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn the_cells_are_a_table_of_their_own() {
    let bench = runs();
    bench.run(params()).expect("the table is made");
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    assert_eq!(cells.len(), 6);
    let first = &cells[0];
    assert_eq!(
        (first.row.as_str(), first.column.as_str(), first.seeds, first.scaled),
        ("d1", "accuracy", 2, true)
    );
    assert_eq!((first.mean, first.sd), (Some(0.625), Some(0.03125_f64.sqrt())));
    assert_eq!((first.published, first.difference), (Some(0.7), Some(0.625 - 0.7)));
    assert_eq!((cells[2].sd, cells[2].published_text.as_str()), (None, ""));
    assert_eq!((cells[4].mean, cells[4].seeds, cells[4].ours_text.as_str()), (None, 0, "not run"));

    let csv = bench.text("csv");
    assert_eq!(csv.lines().nth(3), Some("d2,accuracy,,0.8125,,,,1,,,0.8125,true,"));
}

#[test]
fn many_columns_have_their_lines_below_each_other() {
    let mut bench = Bench::new("tabulate");
    let path = bench.wire("metrics", &[("network", text("am"))], "metrics.json");
    fs::write(&path, r#"{"accuracy": 0.5, "f1": 0.25, "auc": 1, "loss": 3.5}"#).expect("metrics are written");
    let params = json!({
        "rows": "network", "columns": ["accuracy", "f1", "auc"], "published": { "am": [0.5, 0.5, 0.9] },
    });
    bench.run(params).expect("the table is made");
    let expected = "\
| network |            | accuracy |      f1 |     auc |
| ------- | ---------- | -------: | ------: | ------: |
| am      | published  |   0.5000 |  0.5000 |  0.9000 |
|         | ours       |   0.5000 |  0.2500 |  1.0000 |
|         | difference |  +0.0000 | -0.2500 | +0.1000 |
";
    assert_eq!(bench.text("markdown"), expected);
    let expected = "\
\\begin{table}
  \\centering
  \\begin{tabular}{llrrr}
    \\toprule
    network &  & accuracy & f1 & auc \\\\
    \\midrule
    am & published & 0.5000 & 0.5000 & 0.9000 \\\\
     & ours & 0.5000 & 0.2500 & 1.0000 \\\\
     & difference & $+$0.0000 & $-$0.2500 & $+$0.1000 \\\\
    \\bottomrule
  \\end{tabular}
\\end{table}
";
    assert_eq!(bench.text("latex"), expected);
}

#[test]
fn rows_follow_the_order_that_is_given_and_then_their_names() {
    let mut bench = Bench::new("tabulate");
    for size in [10, 9, 100] {
        let path = bench.wire("metrics", &[("size", Scalar::Int(size))], "metrics.csv");
        fs::write(&path, format!("metric,value\nauc,0.{size}\n")).expect("metrics are written");
    }
    let rows = |params: Value| {
        bench.run(params).expect("the table is made");
        let table: Value = serde_json::from_str(&bench.text("json")).expect("the table is JSON");
        table["rows"].clone()
    };
    let params = json!({ "rows": "size", "columns": ["auc"], "published": { "20": [0.5] } });
    assert_eq!(rows(params), json!(["9", "10", "20", "100"]));
    let params = json!({ "rows": "size", "columns": ["auc"], "order": ["100", "9"] });
    assert_eq!(rows(params), json!(["100", "9", "10"]));
}

#[test]
fn a_metric_that_some_runs_lack_is_averaged_over_the_others_and_noted() {
    let mut bench = Bench::new("tabulate");
    for (seed, rows) in [(1, metrics(&[("auc", 0.5), ("f1", 0.5)])), (2, metrics(&[("f1", 0.5)]))] {
        let cell = [("data", text("d1")), ("seed", Scalar::Int(seed))];
        let path = bench.wire("metrics", &cell, "metrics.parquet");
        table::write(&path, &rows, &Metadata::new()).expect("metrics are written");
    }
    bench.run(json!({ "rows": "data", "columns": ["auc"] })).expect("the table is made");
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    assert_eq!((cells[0].seeds, cells[0].note.as_str()), (1, "undefined in 1 of 2 runs"));
    assert!(bench.text("markdown").contains("- [1] d1, auc: undefined in 1 of 2 runs\n"));
}

#[test]
fn a_metric_that_no_run_defines_is_undefined_and_no_mistake() {
    let mut bench = Bench::new("tabulate");
    let rows = metrics(&[("f1", 0.5)]);
    let mut metadata = Metadata::new();
    table::tell_undefined(&mut metadata, &rows, &[("macro", "auc"), ("normal", "auc")]);
    let path = bench.wire("metrics", &[("data", text("d1"))], "metrics.parquet");
    table::write(&path, &rows, &metadata).expect("metrics are written");
    let params = json!({ "rows": "data", "columns": ["auc"], "published": { "d1": [0.9], "d2": [0.9] } });
    bench.run(params).expect("the table is made");
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    assert_eq!(
        (cells[0].ours_text.as_str(), cells[0].note.as_str()),
        ("undefined", "undefined in 1 of 1 runs")
    );
    assert_eq!((cells[1].ours_text.as_str(), cells[1].note.as_str()), ("not run", ""));
    let issue = bench.run(json!({ "rows": "data", "columns": ["ouc"] })).expect_err("it is a mistake");
    assert_eq!(issue.help.as_deref(), Some("there are auc, f1"));
}

#[test]
fn a_mean_over_two_axes_is_warned_of() {
    let mut bench = Bench::new("tabulate");
    for (protocol, seed) in [("paper", 1), ("clean", 2)] {
        let cell = [("data", text("d1")), ("protocol", text(protocol)), ("seed", Scalar::Int(seed))];
        let path = bench.wire("metrics", &cell, "metrics.parquet");
        table::write(&path, &metrics(&[("auc", 0.5)]), &Metadata::new()).expect("metrics are written");
    }
    let warnings = bench.run(json!({ "rows": "data", "columns": ["auc"] })).expect("the table is made");
    assert_eq!(warnings, ["each mean goes over several axes: protocol, seed"]);
}

#[test]
fn errors_name_the_parameter_or_the_file() {
    let bench = runs();
    for (params, message) in [
        (json!({ "rows": "network", "columns": [] }), "`columns` is empty"),
        (json!({ "rows": "data", "columns": ["f1", "f1"] }), "`columns`: \"f1\" stands there twice"),
        (
            json!({ "rows": "data", "columns": ["auc"], "published": { "d1": [0.5, 0.6] } }),
            "`published.d1` has 2 values for 1 columns",
        ),
        (json!({ "rows": "data", "columns": ["auc"], "tolerance": -1 }), "`tolerance` is below 0"),
        (
            json!({ "rows": "data", "columns": ["auc"], "notes": { "d1.auc": "text" } }),
            "`notes`: \"d1.auc\" belongs to no claim",
        ),
        (json!({ "rows": "patient", "columns": ["auc"] }), "its cell has no axis `patient`"),
        (
            json!({ "rows": "data", "columns": ["acuracy"] }),
            "no run has the metric `acuracy` of the class `macro`",
        ),
    ] {
        assert_eq!(bench.run(params).expect_err("it is wrong").message, message);
    }
}

#[test]
fn files_of_commands_that_are_no_metrics_are_errors_that_name_the_place() {
    for (file, content, message) in [
        (
            "m.json",
            "[1]",
            "is no JSON object of metrics: invalid type: sequence, expected a map at line 1 column 0",
        ),
        ("m.json", "{\"auc\": \"high\"}", "`auc` is \"high\", no number"),
        ("m.csv", "name,value\n", "line 1: the header is not `metric,value`"),
        ("m.csv", "metric,value\nauc\n", "line 2: there is no comma"),
        ("m.csv", "metric,value\n\nauc,high\n", "line 3: \"high\" is no number"),
        ("m.csv", "metric,value\nauc,1\nauc,1\n", "line 3: `auc` appears twice"),
        ("m.csv", "metric,value\nauc,inf\n", "`auc` is inf"),
        ("m.txt", "auc 0.5\n", "holds metrics in an unknown form"),
    ] {
        let mut bench = Bench::new("tabulate");
        let path = bench.wire("metrics", &[("data", text("d1"))], file);
        fs::write(&path, content).expect("metrics are written");
        let issue = bench.run(json!({ "rows": "data", "columns": ["auc"] })).expect_err("it is wrong");
        assert_eq!(issue.message, message);
        assert_eq!(issue.place.expect("a place").file, path);
    }
}
