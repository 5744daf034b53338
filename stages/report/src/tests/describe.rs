use std::fs;

use contract::Scalar;
use serde_json::json;
use table::TableCell;

use super::Bench;

fn networks(files: &[(&str, &str)]) -> Bench {
    let mut bench = Bench::new("describe");
    for (network, content) in files {
        let cell = [("network", Scalar::Text((*network).to_owned()))];
        let path = bench.wire("networks", &cell, "network.toml");
        fs::write(path, content).expect("the network is written");
    }
    bench
}

#[test]
fn parameters_stand_beside_the_published_ones_and_of_two_published_values_either_will_do() {
    let bench = Bench::new("describe");
    let params = json!({
        "ours": { "batch": 8, "epochs": 8, "optimizer": "SGD", "device": "flex", "gate": "attention 16" },
        "published": { "batch": "8/16", "epochs": 300.0, "optimizer": "Adam", "learning-rate": 0.0001, "gate": "attention" },
    });
    bench.run(params).expect("the table is made");
    let expected = "\
| parameter     | value published |   value ours | value difference |
| ------------- | --------------: | -----------: | ---------------: |
| batch         |            8/16 |            8 |                  |
| device        |                 |         flex |                  |
| epochs        |           300.0 |            8 |             -292 |
| gate          |       attention | attention 16 |                  |
| learning-rate |          0.0001 |              |          differs |
| optimizer     |            Adam |          SGD |          differs |
";
    assert_eq!(bench.text("markdown"), expected);
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the cells are read");
    assert_eq!((cells[0].note.as_str(), cells[0].published, cells[0].mean), ("", None, Some(8.0)));
    assert_eq!((cells[2].note.as_str(), cells[2].difference), ("", Some(-292.0)));
    assert_eq!((cells[3].note.as_str(), cells[5].note.as_str()), ("", "differs"));
}

#[test]
fn layers_stand_beside_the_published_ones() {
    let bench = networks(&[
        ("am", "title = \"AM\"\nlayers = [\"conv 3x3 8\", \"attention 16\", \"softmax 3\"]"),
        ("rm", "layers = [\"conv 3x3 8\"]"),
    ]);
    let published =
        json!({ "am": ["conv 3x3 8", "softmax 3"], "rm": ["conv 3x3 8"], "alexnet": ["conv 11x11 64"] });
    bench.run(json!({ "published": published })).expect("the table is made");
    let expected = "\
| layer |            |       alexnet |           am |         rm |
| ----- | ---------- | ------------: | -----------: | ---------: |
| 1     | published  | conv 11x11 64 |   conv 3x3 8 | conv 3x3 8 |
|       | ours       |       not run |   conv 3x3 8 | conv 3x3 8 |
| 2     | published  |               |    softmax 3 |            |
|       | ours       |               | attention 16 |            |
|       | difference |               |      differs |            |
| 3     | published  |               |              |            |
|       | ours       |               |    softmax 3 |            |
|       | difference |               |      differs |            |
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn the_two_forms_do_not_mix() {
    let bench = Bench::new("describe");
    for (params, message) in [
        (
            json!({ "published": { "a": 1, "b": ["x"] } }),
            "`published` mixes single values and lists of layers",
        ),
        (json!({ "published": { "b": ["x"] }, "ours": { "a": 1 } }), "`ours` stands beside published layers"),
        (
            json!({ "published": { "a": { "b": 1 } } }),
            "`published.a`: {\"b\":1} is no text, number or truth value",
        ),
    ] {
        assert_eq!(bench.run(params).expect_err("it is wrong").message, message);
    }
}

#[test]
fn a_file_that_is_no_network_is_an_error_with_its_place() {
    for (content, message, span) in [
        ("layers = [", "is no TOML", 10..10),
        ("layers = 3", "describes no network: `layers` is no list of texts", 9..10),
        ("layers = [\"a\", 3]", "describes no network: `layers` is no list of texts", 15..16),
    ] {
        let issue = networks(&[("am", content)]).run(json!({})).expect_err("it is no network");
        assert!(issue.message.starts_with(message), "{}", issue.message);
        assert_eq!(issue.place.expect("a place").span, Some(span));
    }
    let issue = networks(&[("am", "title = \"AM\"")]).run(json!({})).expect_err("it is no network");
    assert_eq!(issue.message, "describes no network: `layers` is missing");
}
