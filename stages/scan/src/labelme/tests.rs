use std::fs;
use std::path::Path;

use contract::Issue;
use proptest::prelude::*;

use super::annotation::Annotation;
use super::shape::{Shape, ShapeType};
use crate::shared;

fn parse(text: &str) -> Result<Annotation, Issue> {
    Annotation::parse(text.as_bytes(), Path::new("a.json"))
}

fn small() -> Annotation {
    let points = vec![[1.0, 2.5], [3.0, 2.5], [3.0, 7.25]];
    Annotation {
        shapes: vec![Shape { label: "M:metastasis:rib".to_owned(), points, shape_type: ShapeType::Polygon }],
        image_path: "a.dcm".to_owned(),
        image_height: Some(1024),
        image_width: Some(256),
    }
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    small().write(&path).unwrap();
    assert_eq!(Annotation::read(&path), Ok(small()));
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\n  \"version\": \"5.7.0\",\n  \"flags\": {},"));
}

#[test]
fn a_coordinate_that_json_cannot_hold_is_not_written() {
    let mut annotation = small();
    annotation.shapes[0].points[0][0] = f64::NAN;
    assert!(annotation.write(Path::new("a.json")).unwrap_err().message.contains("not finite"));
}

#[test]
fn an_old_file_without_types_and_sizes_is_read() {
    let text = r#"{"shapes": [{"label": "x", "points": [[1, 2]], "line_color": null}], "imagePath": "a", "imageData": "e"}"#;
    let annotation = parse(text).unwrap();
    assert_eq!(annotation.shapes[0].shape_type, ShapeType::Polygon);
    assert_eq!((annotation.image_height, annotation.shapes[0].points[0]), (None, [1.0, 2.0]));
}

#[test]
fn an_error_names_its_place() {
    let issue = parse("{\"shapes\": [],\n \"imagePath\": 3}").unwrap_err();
    assert_eq!(issue.place.unwrap().span, Some(29..29));
    assert!(parse("{}").unwrap_err().message.contains("missing field `shapes`"));
    let circle =
        r#"{"shapes": [{"label": "x", "points": [[1, 2]], "shape_type": "circle"}], "imagePath": "a"}"#;
    assert_eq!(parse(circle).unwrap_err().message, "shapes[0] has 1 points and needs 2");
    let empty = r#"{"shapes": [{"label": "x", "points": []}], "imagePath": "a"}"#;
    assert_eq!(parse(empty).unwrap_err().message, "shapes[0] has 0 points and needs 1");
}

#[test]
fn numbers_beyond_all_bounds_are_refused_and_deep_nesting_is_passed_over() {
    let huge = r#"{"shapes": [{"label": "x", "points": [[1e999, 2]]}], "imagePath": "a"}"#;
    assert!(parse(huge).is_err());
    let deep =
        format!(r#"{{"shapes": [], "imagePath": "a", "more": {}{}}}"#, "[".repeat(9999), "]".repeat(9999));
    assert!(parse(&deep).unwrap().shapes.is_empty());
}

#[test]
fn files_of_three_versions_are_read() {
    let mut shapes = Vec::new();
    for version in ["wkentaro-v2.9.0", "wkentaro-v3.16.0", "wkentaro-HEAD"] {
        let Some(folder) = shared::folder(&format!("data/labelme/{version}")) else { return };
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &std::path::PathBuf| Annotation::read(path).unwrap().shapes.len();
        shapes.push(paths.iter().map(read).collect::<Vec<_>>());
    }
    assert_eq!(shapes, [vec![5, 3], vec![2, 0], vec![2, 4, 0, 5, 8, 3, 4, 3]]);
}

proptest! {
    #[test]
    fn damage_gives_an_annotation_or_an_error(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = small().text().unwrap().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(annotation) = Annotation::parse(&bytes, Path::new("a.json")) {
            prop_assert!(annotation.shapes.iter().all(|shape| shape.bounds().x_min.is_finite()));
        }
    }
}
