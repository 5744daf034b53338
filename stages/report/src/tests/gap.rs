use contract::Scalar;
use serde_json::{Value, json};
use table::{Metadata, Metric, TableCell};

use super::{Bench, described, metrics};

fn cell<'a>(data: &str, protocol: &str, seed: i64) -> [(&'a str, Scalar); 3] {
    let text = |value: &str| Scalar::Text(value.to_owned());
    [("data", text(data)), ("protocol", text(protocol)), ("seed", Scalar::Int(seed))]
}

/// Two data sets under both protocols, and what is given away in the splits.
pub(super) fn runs() -> Bench {
    let mut bench = Bench::new("gap");
    for (data, protocol, seed, auc) in [
        ("d1", "clean", 1, 0.5),
        ("d1", "paper", 1, 0.75),
        ("d2", "clean", 1, 0.5),
        ("d2", "clean", 2, 0.625),
        ("d2", "paper", 1, 0.75),
        ("d2", "paper", 2, 0.625),
    ] {
        let path = bench.wire("metrics", &cell(data, protocol, seed), "metrics.parquet");
        table::write(&path, &metrics(&[("auc", auc)]), &described("8 epochs")).expect("metrics are written");
    }
    for (data, protocol, given_away) in [("d1", "paper", 3.0), ("d2", "paper", 6.0), ("d2", "clean", 0.0)] {
        let row = |metric: &str, value| Metric { class: "all".to_owned(), metric: metric.to_owned(), value };
        let rows = [row("siblings", given_away), row("siblings-share", given_away / 8.0)];
        for seed in [1, 2] {
            let path = bench.wire("leaks", &cell(data, protocol, seed), "leaks.parquet");
            table::write(&path, &rows, &Metadata::new()).expect("leaks are written");
        }
    }
    bench
}

pub(super) fn params() -> Value {
    json!({
        "rows": ["data"], "columns": ["auc"], "axis": "protocol", "between": ["paper", "clean"],
        "leaks": ["siblings"],
    })
}

#[test]
fn both_values_stand_beside_their_gap_and_what_is_given_away() {
    let bench = runs();
    assert_eq!(bench.run(params()).expect("the table is made"), Vec::<String>::new());
    let expected = "\
| data |       auc paper |       auc clean |          auc gap |   siblings |
| ---- | --------------: | --------------: | ---------------: | ---------: |
| d1   |          0.7500 |          0.5000 |          +0.2500 | 3 (37.5 %) |
| d2   | 0.6875 ± 0.0884 | 0.5625 ± 0.0884 | +0.1250 ± 0.1768 | 6 (75.0 %) |

Gap: paper minus clean. Mean ± sample standard deviation over seed = 1, 2. Beside it, test samples that the training \
part gives away under paper, and their share of all. Ours are scaled networks: 8 epochs.
";
    assert_eq!(bench.text("markdown"), expected);
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    let gap = cells.iter().find(|cell| cell.row == "d2" && cell.column == "auc gap").expect("a gap");
    assert_eq!((gap.mean, gap.seeds, gap.scaled), (Some(0.125), 2, true));
    assert_eq!(cells.last().and_then(|cell| cell.mean), Some(0.75));
}

#[test]
fn a_gap_takes_pairs_alone() {
    let mut bench = runs();
    let path = bench.wire("metrics", &cell("d1", "paper", 2), "metrics.parquet");
    table::write(&path, &metrics(&[("auc", 1.0)]), &Metadata::new()).expect("metrics are written");
    bench.run(params()).expect("the table is made");
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    let means: Vec<Option<f64>> = cells.iter().take(3).map(|cell| cell.mean).collect();
    assert_eq!(means, [Some(0.875), Some(0.5), Some(0.25)]);
}

#[test]
fn what_has_no_pair_is_said_not_to_have_run() {
    let mut bench = Bench::new("gap");
    let path = bench.wire("metrics", &cell("d1", "paper", 1), "metrics.parquet");
    table::write(&path, &metrics(&[("auc", 0.75)]), &Metadata::new()).expect("metrics are written");
    let params =
        json!({ "rows": ["data"], "columns": ["auc"], "axis": "protocol", "between": ["paper", "clean"] });
    bench.run(params).expect("the table is made");
    let expected = "\
| data | auc paper | auc clean | auc gap |
| ---- | --------: | --------: | ------: |
| d1   |    0.7500 |   not run | not run |

Gap: paper minus clean. All with seed = 1.
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn what_no_run_defines_is_said_to_be_undefined() {
    let mut bench = Bench::new("gap");
    let mut metadata = Metadata::new();
    table::tell_undefined(&mut metadata, &[], &[("macro", "auc")]);
    for (protocol, auc) in [("paper", &[("auc", 0.75)][..]), ("clean", &[])] {
        let path = bench.wire("metrics", &cell("d1", protocol, 1), "metrics.parquet");
        table::write(&path, &metrics(auc), &metadata).expect("metrics are written");
    }
    let params =
        json!({ "rows": ["data"], "columns": ["auc"], "axis": "protocol", "between": ["paper", "clean"] });
    bench.run(params).expect("the table is made");
    let line = "| d1   |    0.7500 | undefined | undefined |";
    assert!(bench.text("markdown").contains(line), "{}", bench.text("markdown"));
}

#[test]
fn errors_name_the_parameter_or_the_file() {
    let changed = |name: &str, value: Value| {
        let mut params = params();
        params[name] = value;
        params
    };
    for (params, message) in [
        (changed("rows", json!([])), "`rows` is empty"),
        (changed("columns", json!([])), "`columns` is empty"),
        (changed("columns", json!(["auc", "auc"])), "`columns`: \"auc\" stands there twice"),
        (changed("rows", json!(["protocol"])), "`rows`: \"protocol\" is the axis that is judged"),
        (changed("rows", json!(["patient"])), "its cell has no axis `patient`"),
        (changed("between", json!(["paper", "paper"])), "`between` has one value twice"),
        (changed("between", json!(["paper", "dirty"])), "its `protocol` is clean, not paper or dirty"),
        (changed("columns", json!(["acuracy"])), "`columns`: no run has \"acuracy\""),
        (changed("leaks", json!(["cousins"])), "`leaks`: no run has \"cousins\""),
    ] {
        assert_eq!(runs().run(params).expect_err("it is wrong").message, message);
    }
}
