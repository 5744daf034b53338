use std::path::Path;

use contract::Issue;
use serde_json::json;
use table::{Image, ImageWriter, Label, Metadata, Metric, PixelType, Pixels, Shape, View};

use super::metrics;
use crate::TOOLS;

fn ask(recorded: &Path, rebuilt: &Path) -> Result<String, Issue> {
    let tool = TOOLS.iter().find(|tool| tool.name == "first-difference").expect("a tool of this crate");
    let mut out = Vec::new();
    (tool.run)(&json!({ "recorded": recorded, "rebuilt": rebuilt }), &mut out)?;
    Ok(String::from_utf8(out).expect("the answer is text"))
}

/// Asks about two tables of metrics.
fn between(recorded: &[Metric], rebuilt: &[Metric], metadata: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["recorded", "rebuilt"].map(|side| folder.path().join(side));
    table::write(&paths[0], recorded, &Metadata::new()).expect("metrics are written");
    let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    table::write(&paths[1], rebuilt, &metadata).expect("metrics are written");
    ask(&paths[0], &paths[1]).expect("both are tables")
}

/// Writes two images, the second with a last pixel of this value.
fn images(path: &Path, last: u16) {
    let shape = Shape { rows: 8, cols: 8 };
    let metadata = Metadata::new();
    let mut writer =
        ImageWriter::create(path, PixelType::U16, shape, &metadata).expect("the folder is there");
    for (index, last) in [0, last].into_iter().enumerate() {
        let mut pixels = vec![0; 64];
        pixels[63] = last;
        let image = Image {
            image_id: index.to_string(),
            patient_id: "p".to_owned(),
            view: View::Anterior,
            sex: None,
            age_years: None,
            label: Label::Normal,
            rows: 8,
            cols: 8,
            counts_total: 1.0,
            counts_max: 1.0,
            source_digest: String::new(),
            derived_from: None,
            operation: None,
            pixels: Pixels::U16(pixels),
        };
        writer.push(image).expect("it fits");
    }
    writer.finish().expect("the file ends");
}

#[test]
fn the_first_value_that_differs_is_told_with_its_row_and_column() {
    let old = metrics(&[("auc", 0.5), ("accuracy", 0.25), ("f1", 0.1)]);
    let new = metrics(&[("auc", 0.5), ("accuracy", 0.75), ("f2", 0.1)]);
    assert_eq!(between(&old, &new, &[]), "row 1 (from 0), column \"value\": 0.25 recorded, 0.75 rebuilt\n");
    let last = between(&old[2..], &new[2..], &[]);
    assert_eq!(last, "row 0 (from 0), column \"metric\": f1 recorded, f2 rebuilt\n");
}

#[test]
fn a_difference_far_down_is_found_at_its_row() {
    let old: Vec<Metric> = (0..5000).flat_map(|_| metrics(&[("auc", 0.5)])).collect();
    let mut new = old.clone();
    new[4321].value = -0.5;
    assert_eq!(between(&old, &new, &[]), "row 4321 (from 0), column \"value\": 0.5 recorded, -0.5 rebuilt\n");
}

#[test]
fn more_rows_and_other_metadata_are_told() {
    let old = metrics(&[("auc", 0.5)]);
    let new = metrics(&[("auc", 0.5), ("f1", 0.5)]);
    assert_eq!(between(&old, &new, &[]), "1 rows recorded, 2 rebuilt; those that both have are equal\n");
    let expected = "all rows are equal: metadata differ, or how the file is written\n";
    assert_eq!(between(&old, &old, &[("epochs", "8")]), expected);
}

#[test]
fn tables_of_two_sorts_differ_in_their_columns() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["metrics", "images"].map(|side| folder.path().join(side));
    table::write(&paths[0], &metrics(&[("auc", 0.5)]), &Metadata::new()).expect("metrics are written");
    images(&paths[1], 1);
    let answer = ask(&paths[0], &paths[1]).expect("both are tables");
    assert!(answer.starts_with("columns recorded: class: Utf8, metric: Utf8, value: Float64\n"), "{answer}");
}

#[test]
fn of_pixels_only_the_part_that_differs_is_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["recorded", "rebuilt"].map(|side| folder.path().join(side));
    images(&paths[0], 1);
    images(&paths[1], 258);
    let expected = "row 1 (from 0), column \"pixels\": …0000000000100 recorded, …0000000000201 rebuilt\n";
    assert_eq!(ask(&paths[0], &paths[1]), Ok(expected.to_owned()));
}

#[test]
fn what_is_no_table_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("text.parquet");
    std::fs::write(&path, "1\n").expect("a temporary folder can be written to");
    assert!(ask(&path, &path).is_err());
}
