use std::fs;

use contract::{Issue, Scalar};
use serde_json::{Value, json};
use table::Metadata;

use super::{Bench, described, metrics};
use crate::TOOLS;

/// Returns two rows of one column, of which one is far from its claim.
fn table() -> Bench {
    let mut bench = Bench::new("tabulate");
    for (data, auc) in [("d1", 0.75), ("d2", 0.5)] {
        let path = bench.wire("metrics", &[("data", Scalar::Text(data.to_owned()))], "metrics.parquet");
        let metadata = if data == "d2" { described("8 epochs") } else { Metadata::new() };
        table::write(&path, &metrics(&[("auc", auc)]), &metadata).expect("metrics are written");
    }
    let published = json!({ "d1": [0.7747], "d2": [0.9] });
    bench
        .run(json!({ "rows": "data", "columns": ["auc"], "published": published }))
        .expect("the table is made");
    bench
}

fn print(bench: &Bench, format: &str, color: bool) -> Result<String, Issue> {
    let params = json!({
        "rows": "data",
        "labels": { "d1": "D_1", "d2": "D_2", "auc": "AUC" },
        "notes": { "d1.auc": "the paper's | mean" },
        "tolerance": 0.05,
    });
    let table =
        json!({ "name": "table8", "title": "Table 8. AUC", "params": params, "json": bench.output("json") });
    run(&json!({ "format": format, "tables": [table], "color": color }))
}

fn run(request: &Value) -> Result<String, Issue> {
    let tool = TOOLS.iter().find(|tool| tool.name == "table").expect("a tool of this crate");
    let mut out = Vec::new();
    (tool.run)(request, &mut out)?;
    Ok(String::from_utf8(out).expect("the answer is text"))
}

#[test]
fn title_labels_notes_and_tolerance_are_put_on_when_a_table_is_printed() {
    let expected = "\
**Table 8. AUC**

| data | AUC published | AUC ours | AUC difference |
| ---- | ------------: | -------: | -------------: |
| D_1  |    0.7747 [1] |   0.7500 |        -0.0247 |
| D_2  |        0.9000 |   0.5000 |      -0.4000 ! |

Ours are scaled networks: 8 epochs (D_2). Within 0.05 of the published value: 1 of 2; the others are marked !.

- [1] D_1, AUC: the paper's | mean
";
    assert_eq!(print(&table(), "markdown", false), Ok(expected.to_owned()));
}

#[test]
fn color_tells_what_is_held_and_what_is_missed() {
    let text = print(&table(), "markdown", true).expect("the table is printed");
    assert!(text.contains("\x1b[32m       -0.0247\x1b[0m"), "{text}");
    assert!(text.contains("\x1b[31m     -0.4000 !\x1b[0m"), "{text}");
}

#[test]
fn latex_has_the_title_as_caption_and_its_letters_escaped() {
    let text = print(&table(), "latex", false).expect("the table is printed");
    assert!(text.contains("\\caption{Table 8. AUC. Ours are scaled networks: 8 epochs (D\\_2)."), "{text}");
    assert!(text.contains("    D\\_1 & 0.7747 [1] & 0.7500 & $-$0.0247 \\\\\n"), "{text}");
}

#[test]
fn csv_of_several_tables_is_one_table() {
    let bench = table();
    let entry = |name: &str| json!({ "name": name, "json": bench.output("json") });
    let text =
        run(&json!({ "format": "csv", "tables": [entry("a"), entry("b,c")] })).expect("they are printed");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("table,row,column,published,"));
    assert!(lines[1].starts_with("a,d1,auc,0.7747,0.75,,,,1,-0.0247"), "{}", lines[1]);
    assert!(lines[4].starts_with("\"b,c\",d2,auc,0.9,0.5,,,,1,-0.4,0.9000,0.5000,true,"), "{}", lines[4]);
}

#[test]
fn json_holds_the_table_and_its_presentation() {
    let text = print(&table(), "json", false).expect("the table is printed");
    let value: Value = serde_json::from_str(&text).expect("the answer is JSON");
    assert_eq!(value[0]["name"], "table8");
    assert_eq!(value[0]["presentation"]["title"], "Table 8. AUC");
    assert_eq!(value[0]["table"]["cells"][1]["ours-text"], "0.5000");
}

#[test]
fn a_file_that_is_no_table_is_an_error_that_names_it() {
    let bench = table();
    let path = bench.folder.path().join("broken.json");
    let request =
        json!({ "format": "csv", "tables": [{ "name": "a", "title": null, "params": null, "json": path }] });
    assert!(run(&request).expect_err("it is missing").message.starts_with("holds no table: No such file"));

    let mut table: Value = serde_json::from_str(&bench.text("json")).expect("the table is JSON");
    table["rows"] = json!(["d1"]);
    fs::write(&path, table.to_string()).expect("the folder is there");
    let issue = run(&request).expect_err("it has too many cells");
    assert_eq!(issue.message, "holds no table: 2 cells do not fill its rows and columns");
    assert_eq!(issue.place.expect("a place").file, path);
}
