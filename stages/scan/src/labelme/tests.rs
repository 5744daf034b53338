use std::fs;
use std::path::Path;

use contract::Issue;
use proptest::prelude::*;

use super::annotation::Annotation;
use super::shape::{Shape, ShapeType};
use super::xml;
use crate::shared;

fn parse(text: &str) -> Result<Annotation, Issue> {
    Annotation::parse(text.as_bytes())
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
    assert_eq!(
        issue.message,
        "it is no LabelMe annotation: a value is not what it has to be at line 2, column 15"
    );
    assert!(parse("{}").unwrap_err().message.contains("missing field `shapes`"));
    let circle =
        r#"{"shapes": [{"label": "x", "points": [[1, 2]], "shape_type": "circle"}], "imagePath": "a"}"#;
    assert_eq!(parse(circle).unwrap_err().message, "shapes[0] has 1 points and needs 2");
    let empty = r#"{"shapes": [{"label": "x", "points": []}], "imagePath": "a"}"#;
    assert_eq!(parse(empty).unwrap_err().message, "shapes[0] has 0 points and needs 1");
}

#[test]
fn no_error_quotes_what_is_in_the_file() {
    for text in [
        r#"{"shapes": "Doe^Jane", "imagePath": "a"}"#,
        r#"{"shapes": [{"label": "x", "points": [[1, 2]], "shape_type": "Doe^Jane"}], "imagePath": "a"}"#,
        r#"{"shapes": [], "imagePath": {"Doe^Jane": 1}}"#,
        r#"{"shapes": [], Doe^Jane}"#,
    ] {
        let issue = parse(text).unwrap_err().to_string();
        assert!(!issue.contains("Doe"), "{issue}");
    }
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

/// What the web tool saves: the size between two objects, one of three objects deleted, text between line breaks.
const WEB: &str = "<annotation><filename>\nanterior.jpg\n</filename><folder>d</folder>\
<object><name>\nM:metastasis:rib &amp; co\n</name><deleted>0</deleted><date>1-Jan-2018</date><id>0</id><polygon>\
<username>anna</username><pt><x>1</x><y>2.5</y></pt><pt><x>\n3\n</x><y>2.5</y></pt><pt><x>3</x><y>7.25</y></pt></polygon></object>\
<imagesize><nrows>1024</nrows><ncols>\n256\n</ncols></imagesize>\
<object><name>A:arthritis</name><deleted>1</deleted></object>\
<object><name>A:arthritis:knee</name><deleted>0</deleted><segm><username>anna</username><box><xmin>4</xmin>\
<ymin>5.75</ymin><xmax>6.5</xmax><ymax>9</ymax></box><mask>m.png</mask></segm></object></annotation>";

#[test]
fn a_file_of_the_web_tool_is_read_without_what_was_deleted() {
    let annotation = xml::parse(WEB.as_bytes()).unwrap();
    assert_eq!(annotation.image_path, "anterior.jpg");
    assert_eq!((annotation.image_height, annotation.image_width), (Some(1024), Some(256)));
    let rib = Shape { label: "M:metastasis:rib & co".to_owned(), ..small().shapes[0].clone() };
    let knee = Shape {
        label: "A:arthritis:knee".to_owned(),
        points: vec![[4.0, 5.75], [6.5, 9.0]],
        shape_type: ShapeType::Rectangle,
    };
    assert_eq!(annotation.shapes, [rib, knee]);
}

#[test]
fn what_is_wrong_in_a_file_of_the_web_tool_is_told_with_its_place_and_without_its_text() {
    let wrong = |from: &str, to: &str| {
        assert!(WEB.contains(from), "{from}");
        xml::parse(WEB.replacen(from, to, 1).as_bytes()).unwrap_err().message
    };
    assert_eq!(
        wrong("</folder>", "</Doe>"),
        "it is no LabelMe annotation: it is no XML from line 3, column 21 on"
    );
    assert_eq!(
        wrong("annotation>", "html>").split(" line").next(),
        Some("it is no LabelMe annotation: it is no XML from")
    );
    assert_eq!(wrong("<x>1</x>", "<x>Doe</x>"), "object 1 has a point or a box without a number `x`");
    assert_eq!(wrong("<x>1</x>", "<x>nan</x>"), "object 1 has a point or a box without a number `x`");
    assert_eq!(
        wrong("<box>", "<p>").split(" line").next(),
        Some("it is no LabelMe annotation: it is no XML from")
    );
    assert_eq!(wrong("<deleted>0", "<deleted>Doe"), "object 1 has a `deleted` that is neither 0 nor 1");
    assert_eq!(wrong("256", "-1"), "it is no LabelMe annotation: its `ncols` is no whole number");
    let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><annotation/>";
    assert!(xml::parse(entity.as_bytes()).is_err());
    assert_eq!(
        xml::parse(b"<html/>").unwrap_err().message,
        "it is no LabelMe annotation: its outermost element is not `annotation`"
    );
}

#[test]
fn real_files_of_the_web_tool_are_read() {
    let Some(folder) = shared::folder("data/labelme/mit-labelme3") else { return };
    let read = |name: &str| Annotation::read(&folder.join(name)).unwrap();
    assert_eq!(read("template.xml").shapes, []);
    for name in ["img1.xml", "img1_tmp.xml"] {
        let annotation = read(name);
        assert_eq!((annotation.image_height, annotation.image_width), (Some(1920), Some(2560)));
        let [window, plate] = annotation.shapes.as_slice() else { panic!("{annotation:?}") };
        assert_eq!((window.points.len(), window.shape_type), (4, ShapeType::Polygon));
        assert_eq!(plate.points, [[1457.0, 1671.75], [1559.0, 1706.75]]);
    }
}

proptest! {
    #[test]
    fn damage_to_a_file_of_the_web_tool_gives_an_annotation_or_an_error(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = WEB.as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(annotation) = xml::parse(&bytes) {
            prop_assert!(annotation.shapes.iter().all(|shape| shape.bounds().x_min.is_finite()));
        }
    }

    #[test]
    fn damage_gives_an_annotation_or_an_error(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = small().text().unwrap().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(annotation) = Annotation::parse(&bytes) {
            prop_assert!(annotation.shapes.iter().all(|shape| shape.bounds().x_min.is_finite()));
        }
    }
}
