use contract::{Issue, Scalar};
use serde_json::{Value, json};
use table::{Class, Image, Label, Metadata, Prediction, View};

use super::figure::{image, write_images};
use super::{Bench, described, prediction};

/// Returns two runs over two scans with both diseases, one without, and an image that was made from one of them.
pub(super) fn runs() -> Bench {
    let mut bench = Bench::new("examples");
    let of = |name: &str, label| image(name, name, View::Anterior, label);
    let made = Image { derived_from: Some("p".to_owned()), ..of("p-mirror", Label::Both) };
    let images = vec![of("m", Label::Metastatic), of("p", Label::Both), of("q", Label::Both), made];
    write_images(&bench.wire("images", &[], "images.parquet"), images);
    let of = |name: &str, probability| prediction(name, Class::Metastatic, probability);
    let first = [of("m", [0.0, 0.75, 0.25]), of("q", [0.25, 0.625, 0.125]), of("p", [0.125, 0.625, 0.25])];
    let second = [of("p", [0.0625, 0.75, 0.1875]), of("p-mirror", [0.0, 1.0, 0.0])];
    let write = |bench: &mut Bench, seed, answers: &[Prediction], metadata: &Metadata| {
        let cell = [("data", Scalar::Text("d2".to_owned())), ("seed", Scalar::Int(seed))];
        let path = bench.wire("predictions", &cell, "predictions.parquet");
        table::write(&path, answers, metadata).expect("predictions are written");
    };
    write(&mut bench, 1, &first, &described("8 epochs"));
    write(&mut bench, 2, &second, &Metadata::new());
    bench
}

/// Returns what the paper prints of its two examples, and a third.
pub(super) fn published() -> Value {
    json!([
        { "metastatic": 0.94, "arthritic": 0.05 },
        { "metastatic": 0.79, "arthritic": 0.15 },
        { "arthritic": 0.5 },
    ])
}

fn refused(params: Value) -> Issue {
    runs().run(params).expect_err("it is wrong")
}

#[test]
fn the_scans_of_the_figure_stand_beside_the_published_examples_with_their_names() {
    let bench = runs();
    bench.run(json!({ "published": published() })).expect("the table is made");
    let expected = "\
| scan | metastatic published | metastatic ours | metastatic difference | arthritic published | arthritic ours | arthritic difference |
| ---- | -------------------: | --------------: | --------------------: | ------------------: | -------------: | -------------------: |
| 1    |             0.94 [1] |            0.75 |                -0.190 |                0.05 |           0.19 |               +0.138 |
| 2    |             0.79 [2] |            0.62 |                -0.165 |                0.15 |           0.12 |               -0.025 |
| 3    |                      |     none tested |                       |                0.50 |    none tested |                      |

Of the scans with both diseases among the test samples those whose two most probable classes are the two diseases come \
first, and of these the surest; each once over all runs. All with data = d2. Ours are scaled networks: 8 epochs (2).

- [1] 1, metastatic: ours is p, seed 2
- [2] 2, metastatic: ours is q, seed 1
";
    assert_eq!(bench.text("markdown"), expected);
}

#[test]
fn an_example_without_a_probability_and_a_note_without_its_scan_are_refused() {
    assert_eq!(refused(json!({ "published": [{}] })).message, "`published` names no probability");
    let issue = refused(json!({ "published": published(), "notes": { "4.metastatic": "text" } }));
    assert_eq!(issue.message, "`notes`: \"4.metastatic\" belongs to no claim");
}
