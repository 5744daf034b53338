use contract::Scalar;
use serde_json::{Value, json};
use table::{Class, Glyph, Image, Label, Metadata, Prediction, View};

use super::{drawn, image, lesion, marks, write_images};
use crate::tests::{Bench, prediction};

/// Two runs over four scans and an image that was made from one of them.
fn bench() -> Bench {
    let mut bench = Bench::new("figure");
    let derived =
        Image { derived_from: Some("n".to_owned()), ..image("n-flip", "p1", View::Anterior, Label::Normal) };
    let images = vec![
        image("n", "p1", View::Anterior, Label::Normal),
        image("o", "p2", View::Posterior, Label::Normal),
        image("m", "p3", View::Anterior, Label::Metastatic),
        image("b", "p4", View::Anterior, Label::Both),
        derived,
    ];
    write_images(&bench.wire("images", &[], "images.parquet"), images);
    let lesions = [
        lesion("m", "r1", "metastasis", "rib"),
        lesion("m", "r2", "metastasis", "rib"),
        lesion("o", "r1", "arthritis", "knee"),
    ];
    let path = bench.wire("lesions", &[], "lesions.parquet");
    table::write(&path, &lesions, &Metadata::new()).expect("lesions are written");
    let of = |sample: &str, image: &str, label, probability| Prediction {
        image_id: image.to_owned(),
        ..prediction(sample, label, probability)
    };
    let first = [of("m", "m", Class::Metastatic, [0.1, 0.8, 0.1])];
    let second = [
        of("n", "n", Class::Normal, [0.3, 0.1, 0.6]),
        of("o", "o", Class::Normal, [0.2, 0.1, 0.7]),
        of("n-flip", "n-flip", Class::Normal, [0.0, 0.0, 1.0]),
        of("m", "m", Class::Metastatic, [0.6, 0.3, 0.1]),
        of("b/metastatic", "b", Class::Metastatic, [0.01, 0.94, 0.05]),
        of("b/arthritic", "b", Class::Arthritic, [0.01, 0.94, 0.05]),
    ];
    for (seed, predictions) in [(1, &first[..]), (2, &second[..])] {
        let path = bench.wire("predictions", &[("seed", Scalar::Int(seed))], "predictions.parquet");
        table::write(&path, predictions, &Metadata::new()).expect("predictions are written");
    }
    bench
}

fn figure(panel: &Value) -> Value {
    json!({ "title": "Scans", "columns": 2, "panels": [panel] })
}

#[test]
fn the_surest_mistake_over_a_scan_itself_is_shown_with_the_run_that_made_it() {
    let bench = bench();
    let svg =
        drawn(&bench, figure(&json!({ "show": "mistake", "label": "normal", "predicted": "arthritic" })));
    assert!(
        svg.contains("p2 posterior") && svg.contains("seed 2") && svg.contains("such answers: 2"),
        "{svg}"
    );
    let marks = marks(&bench, "normal-as-arthritic");
    assert_eq!(marks.iter().map(|mark| mark.glyph).collect::<Vec<_>>(), [Glyph::Image]);
    assert!(marks[0].text.starts_with("data:image/png;base64,iVBORw0KGgo"));
}

#[test]
fn lesions_on_which_readers_agree_are_outlined() {
    let bench = bench();
    drawn(&bench, figure(&json!({ "show": "mistake", "label": "metastatic", "predicted": "normal" })));
    let outlines: Vec<(String, String)> = marks(&bench, "metastatic-as-normal")
        .into_iter()
        .filter(|mark| mark.glyph == Glyph::Outline)
        .map(|mark| (mark.series, mark.category))
        .collect();
    assert_eq!(outlines, [("metastasis".to_owned(), "rib".to_owned())]);
}

#[test]
fn a_mistake_that_nobody_made_says_so() {
    let bench = bench();
    drawn(&bench, figure(&json!({ "show": "mistake", "label": "metastatic", "predicted": "arthritic" })));
    let marks = marks(&bench, "metastatic-as-arthritic");
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0].text, "None of 2 metastatic scans in the test samples was taken for arthritic.");
}

#[test]
fn a_scan_with_both_diseases_is_shown_once_beside_the_published_example_and_a_missing_one_is_told() {
    let bench = bench();
    let published =
        json!([{ "metastatic": 0.94, "arthritic": 0.05 }, { "metastatic": 0.79, "arthritic": 0.15 }]);
    let svg = drawn(&bench, figure(&json!({ "show": "both", "published": published })));
    assert!(svg.contains("p4 anterior") && svg.contains("published example:"), "{svg}");
    assert_eq!(marks(&bench, "both")[0].glyph, Glyph::Image);
    let second = marks(&bench, "both-2");
    assert_eq!(second[0].text, "No further scan with both diseases is in the test samples.");
}
