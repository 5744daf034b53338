use contract::Issue;
use serde_json::{Value, json};
use table::Metadata;

use super::{Bench, count, metrics};
use crate::TOOLS;

/// Asks about four runs of two networks with two seeds.
fn ask(query: &str, format: &str) -> Result<String, Issue> {
    let bench = Bench::new("tabulate");
    let mut files = Vec::new();
    for (network, seed, auc) in [("am", 1, 0.5), ("am", 2, 0.75), ("rm", 1, 0.25), ("rm", 2, 1.0)] {
        let path = bench.folder.path().join(format!("{network}-{seed}.parquet"));
        let rows = metrics(&[("auc", auc), ("accuracy", 0.5)]);
        table::write(&path, &rows, &Metadata::new()).expect("metrics are written");
        files.push(json!({ "path": path, "cell": { "network": network, "seed": seed, "class": "x" } }));
    }
    let images = count::images();
    let pictures = json!([{ "path": images.inputs["images"][0].path }]);
    let missing = json!([{ "path": bench.folder.path().join("missing.parquet"), "cell": {} }]);
    run(&json!({ "query": query, "format": format, "tables": [
        { "name": "evaluate.metrics", "files": files },
        { "name": "d1.images", "files": pictures },
        { "name": "gone.metrics", "files": missing },
    ] }))
}

fn run(request: &Value) -> Result<String, Issue> {
    let tool = TOOLS.iter().find(|tool| tool.name == "sql").expect("a tool of this crate");
    let mut out = Vec::new();
    (tool.run)(request, &mut out)?;
    Ok(String::from_utf8(out).expect("the answer is text"))
}

#[test]
fn a_mean_over_seeds_is_one_query() {
    let query = "SELECT network, avg(value) AS auc, count(*) AS runs FROM \"evaluate.metrics\" \
                 WHERE metric = 'auc' AND seed >= 1 GROUP BY network ORDER BY network";
    let expected = "\
network    auc  runs
-------  -----  ----
am       0.625     2
rm       0.625     2
";
    assert_eq!(ask(query, "text"), Ok(expected.to_owned()));
    assert_eq!(ask(query, "csv"), Ok("network,auc,runs\nam,0.625,2\nrm,0.625,2\n".to_owned()));
    let expected =
        "[{\"network\":\"am\",\"auc\":0.625,\"runs\":2},\n {\"network\":\"rm\",\"auc\":0.625,\"runs\":2}]\n";
    assert_eq!(ask(query, "json"), Ok(expected.to_owned()));
}

#[test]
fn all_rows_are_printed_in_the_order_of_the_cells() {
    let text = ask("SELECT seed, value FROM \"evaluate.metrics\" WHERE metric = 'auc'", "csv");
    assert_eq!(text, Ok("seed,value\n1,0.5\n2,0.75\n1,0.25\n2,1.0\n".to_owned()));
    let text = ask("SELECT * FROM \"d1.images\"", "csv").expect("images are a table");
    assert_eq!(text.lines().count(), 8);
    assert!(!text.contains("pixels"), "{text}");
}

#[test]
fn an_axis_that_is_called_like_a_column_keeps_both() {
    let text = ask("SELECT class, axis_class FROM \"evaluate.metrics\" LIMIT 1", "csv");
    assert_eq!(text, Ok("class,axis_class\nmacro,x\n".to_owned()));
}

#[test]
fn groups_come_in_the_order_of_their_columns() {
    let query = "SELECT seed, max(value) AS top FROM \"evaluate.metrics\" GROUP BY seed";
    assert_eq!(ask(query, "csv"), Ok("seed,top\n1,0.5\n2,1.0\n".to_owned()));
}

#[test]
fn joins_and_common_table_expressions_work() {
    let query = "WITH best AS (SELECT network, max(value) AS top FROM \"evaluate.metrics\" GROUP BY network) \
                 SELECT m.seed, b.top FROM \"evaluate.metrics\" AS m JOIN best AS b ON m.network = b.network \
                 WHERE m.value = b.top ORDER BY b.top";
    assert_eq!(ask(query, "csv"), Ok("seed,top\n2,0.75\n2,1.0\n".to_owned()));
}

#[test]
fn only_tables_that_are_asked_for_are_read() {
    assert!(ask("SELECT count(*) FROM \"evaluate.metrics\"", "csv").is_ok());
    let issue = ask("SELECT * FROM \"gone.metrics\"", "csv").expect_err("its file is missing");
    assert!(issue.message.starts_with("cannot be opened"), "{}", issue.message);
}

#[test]
fn an_unknown_table_is_named_and_the_known_ones_are_listed() {
    let issue = ask("SELECT * FROM \"evaluate.metric\"", "text").expect_err("there is no such table");
    assert_eq!(issue.message, "no table is called \"evaluate.metric\"");
    let known = "there are \"evaluate.metrics\", \"d1.images\", \"gone.metrics\"";
    assert_eq!(issue.help.as_deref(), Some(known));

    let query = "WITH a AS (SELECT 1) SELECT * FROM a JOIN b ON true";
    let issue = ask(query, "text").expect_err("there is no such table");
    assert_eq!(issue.message, "no table is called \"b\"");
}

#[test]
fn a_dot_without_quotes_is_explained() {
    let issue = ask("SELECT * FROM evaluate.metrics", "text").expect_err("the dot is SQL's");
    assert_eq!(issue.help.as_deref(), Some("write FROM \"evaluate.metrics\""));
}

#[test]
fn an_unknown_column_is_named_and_the_known_ones_are_listed() {
    let issue = ask("SELECT acc FROM \"evaluate.metrics\"", "text").expect_err("there is no such column");
    assert!(issue.message.contains("acc"), "{}", issue.message);
    let known = "the columns are axis_class, class, metric, network, seed, value";
    assert_eq!(issue.help.as_deref(), Some(known));
}

#[test]
fn what_is_no_query_is_an_error() {
    for query in ["", "SELEC 1", "SELECT 1; SELECT 2", "DROP TABLE \"evaluate.metrics\"", "SELECT FROM WHERE"]
    {
        assert!(ask(query, "text").is_err(), "{query}");
    }
}
