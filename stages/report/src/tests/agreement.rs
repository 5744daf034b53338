use serde_json::{Value, json};
use table::{Label, Metadata, Opinion, TableCell};

use super::{Bench, reference};

fn opinion(image: usize, reader: usize, label: Label) -> Opinion {
    Opinion { image_id: format!("i{image}"), reader: format!("reader-{reader}"), label }
}

/// Returns a bench with the opinions of readers, image by image.
pub(super) fn read(images: &[Vec<Label>]) -> Bench {
    let said = images.iter().enumerate().flat_map(|(image, said)| {
        said.iter().enumerate().map(move |(reader, label)| opinion(image, reader, *label))
    });
    with(&said.collect::<Vec<_>>())
}

fn with(opinions: &[Opinion]) -> Bench {
    let mut bench = Bench::new("agreement");
    let path = bench.wire("opinions", &[], "opinions.parquet");
    table::write(&path, opinions, &Metadata::new()).expect("opinions are written");
    bench
}

#[test]
fn the_agreement_is_that_of_statsmodels() {
    let reference: Value = reference("agreement.json");
    for case in reference["cases"].as_array().expect("cases") {
        let images: Vec<Vec<Label>> = serde_json::from_value(case["images"].clone()).expect("labels");
        let bench = read(&images);
        bench.run(json!({})).expect("readers are compared");
        let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the table is written");
        for (row, kappa) in case["kappa"].as_object().expect("a kappa for each row") {
            let ours = cells.iter().find(|cell| cell.row == *row && cell.column == "kappa").expect("a cell");
            match (ours.mean, kappa.as_f64()) {
                (Some(ours), Some(kappa)) => {
                    assert!((ours - kappa).abs() < 1e-9, "{row}: {ours} and {kappa}");
                }
                (ours, kappa) => assert_eq!(ours, kappa, "{row}"),
            }
        }
    }
}

#[test]
fn an_image_that_fewer_have_read_is_left_out() {
    let (n, m, a) = (Label::Normal, Label::Metastatic, Label::Arthritic);
    let bench = read(&[vec![n, n, n], vec![m, m, a], vec![a, a], vec![n, n, n]]);
    bench.run(json!({})).expect("readers are compared");
    // Of nine opinions six, two and one; of three pairs of readers all, one and all agree.
    let (observed, expected) = (7.0 / 9.0, (36.0 + 4.0 + 1.0) / 81.0);
    let row = [3.0, 3.0, observed, expected, (observed - expected) / (1.0 - expected)];
    let cells: Vec<TableCell> = table::read(&bench.output("table")).expect("the table is written");
    for (cell, value) in cells.iter().filter(|cell| cell.row == "label").zip(row) {
        let ours = cell.mean.expect("it is defined");
        assert!((ours - value).abs() < 1e-12, "{}: {ours} and {value}", cell.column);
    }
    assert!(bench.text("markdown").contains("Left out: 1 images that fewer have read."));
}

#[test]
fn where_nobody_read_there_is_no_agreement_and_no_failure() {
    let bench = with(&[]);
    let warnings = bench.run(json!({})).expect("labels may come from a table");
    assert_eq!(warnings, ["no image has two readers: there is nobody to agree"]);
    assert!(bench.text("markdown").contains("undefined"));
}

#[test]
fn one_reader_has_one_opinion_of_an_image() {
    let twice = with(&[opinion(1, 1, Label::Normal), opinion(1, 1, Label::Both)]);
    let issue = twice.run(json!({})).expect_err("which of them?");
    assert_eq!(issue.message, "`reader-1` has two opinions of the image `i1`");
}
