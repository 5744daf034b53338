use contract::Scalar;
use serde_json::{Value, json};
use table::{Class, Glyph, Image, Label, Lesion, Metadata, Prediction, View};

use super::{drawn, image, lesion, marks, page, write_images};
use crate::tests::{Bench, prediction};

/// Runs with seeds from 1 over scans and what readers marked in them.
fn of(images: &[Image], lesions: &[Lesion], runs: &[&[Prediction]]) -> Bench {
    let mut bench = Bench::new("figure");
    write_images(&bench.wire("images", &[], "images.parquet"), images.to_vec());
    let path = bench.wire("lesions", &[], "lesions.parquet");
    table::write(&path, lesions, &Metadata::new()).expect("lesions are written");
    for (seed, predictions) in (1..).zip(runs) {
        let path = bench.wire("predictions", &[("seed", Scalar::Int(seed))], "predictions.parquet");
        table::write(&path, predictions, &Metadata::new()).expect("predictions are written");
    }
    bench
}

/// Two runs over four scans and an image that was made from one of them.
fn bench() -> Bench {
    let derived =
        Image { derived_from: Some("n".to_owned()), ..image("n-flip", "p1", View::Anterior, Label::Normal) };
    let images = [
        image("n", "p1", View::Anterior, Label::Normal),
        image("o", "p2", View::Posterior, Label::Normal),
        image("m", "p3", View::Anterior, Label::Metastatic),
        image("b", "p4", View::Anterior, Label::Both),
        derived,
    ];
    let lesions = [
        lesion("m", "r1", "metastasis", "rib"),
        lesion("m", "r2", "metastasis", "rib"),
        lesion("o", "r1", "arthritis", "knee"),
    ];
    let answered = |sample: &str, image: &str, label, probability| Prediction {
        image_id: image.to_owned(),
        ..prediction(sample, label, probability)
    };
    let first = [answered("m", "m", Class::Metastatic, [0.1, 0.8, 0.1])];
    let second = [
        answered("n", "n", Class::Normal, [0.3, 0.1, 0.6]),
        answered("o", "o", Class::Normal, [0.2, 0.1, 0.7]),
        answered("n-flip", "n-flip", Class::Normal, [0.0, 0.0, 1.0]),
        answered("m", "m", Class::Metastatic, [0.6, 0.3, 0.1]),
        answered("b/metastatic", "b", Class::Metastatic, [0.01, 0.94, 0.05]),
        answered("b/arthritic", "b", Class::Arthritic, [0.01, 0.94, 0.05]),
    ];
    of(&images, &lesions, &[&first, &second])
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
fn where_nobody_made_the_mistake_another_is_shown_and_the_heading_says_so() {
    let bench = bench();
    let svg =
        drawn(&bench, figure(&json!({ "show": "mistake", "label": "metastatic", "predicted": "arthritic" })));
    let heading = "metastatic taken for normal; none was taken for arthritic";
    assert_eq!(page(&bench)["frames"][0]["title"], heading);
    assert!(svg.contains("p3 anterior") && svg.contains("seed 2") && svg.contains("answer: normal"), "{svg}");
    assert!(svg.contains("Where none was taken for the class"), "{svg}");
    assert_eq!(marks(&bench, "metastatic-as-arthritic")[0].glyph, Glyph::Image);
}

#[test]
fn the_mistake_that_is_shown_instead_is_the_nearest_to_the_one_that_nobody_made() {
    let images = ["a", "b", "c"].map(|name| image(name, name, View::Anterior, Label::Normal));
    let predictions = [
        prediction("a", Class::Normal, [0.4, 0.6, 0.0]),
        prediction("b", Class::Normal, [0.1, 0.6, 0.3]),
        prediction("c", Class::Normal, [0.5, 0.1, 0.4]),
    ];
    let bench = of(&images, &[], &[&predictions]);
    let svg =
        drawn(&bench, figure(&json!({ "show": "mistake", "label": "normal", "predicted": "arthritic" })));
    assert!(svg.contains("b anterior") && svg.contains("such answers: 2"), "c was answered correctly: {svg}");
}

#[test]
fn a_class_without_a_mistake_says_so() {
    let images = [image("m", "p3", View::Anterior, Label::Metastatic)];
    let right = [prediction("m", Class::Metastatic, [0.1, 0.8, 0.1])];
    let bench = of(&images, &[], &[&right, &right]);
    drawn(&bench, figure(&json!({ "show": "mistake", "label": "metastatic", "predicted": "arthritic" })));
    let marks = marks(&bench, "metastatic-as-arthritic");
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0].text, "None of 2 metastatic scans in the test samples was misclassified.");
}

#[test]
fn no_image_is_shown_twice_as_long_as_there_is_another() {
    let images = ["a", "b"].map(|name| image(name, name, View::Anterior, Label::Normal));
    let predictions =
        [prediction("a", Class::Normal, [0.1, 0.2, 0.7]), prediction("b", Class::Normal, [0.2, 0.2, 0.6])];
    let bench = of(&images, &[], &[&predictions]);
    let panel = |predicted: &str| json!({ "show": "mistake", "label": "normal", "predicted": predicted });
    let panels = ["arthritic", "metastatic", "arthritic"].map(panel);
    drawn(&bench, json!({ "title": "Scans", "columns": 3, "panels": panels }));
    let shown: Vec<Value> = page(&bench)["frames"]
        .as_array()
        .expect("frames")
        .iter()
        .map(|frame| frame["lines"][0].clone())
        .collect();
    assert_eq!(shown, ["a anterior", "b anterior", "a anterior"]);
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
