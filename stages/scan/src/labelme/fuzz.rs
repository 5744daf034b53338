use std::path::Path;

use fuzzer::{Grammar, Target};

use super::{Annotation, Bounds, Finding};

const GRAMMAR: Grammar = Grammar::text(&[
    "{\"label\": \"M:metastasis:rib\", \"points\": [[1, 2], [3, 4]], \"shape_type\": \"circle\"}",
    "\"shapes\": [",
    "\"points\": [",
    "[1.5, 2]",
    "\"shape_type\": \"rectangle\"",
    "\"shape_type\": \"oriented_rectangle\"",
    "\"shape_type\": null",
    "\"imagePath\": \"a\"",
    "\"imageHeight\": 1024",
    "\"imageWidth\": null",
    "\"imageData\": \"/9j/\"",
    "A:arthritis",
    "m : METASTASIS",
    ":",
    "\u{130}",
    "\"\\ud800\"",
    "[",
    "{",
    ",",
]);

#[test]
fn an_annotation_reads_back_or_says_what_is_wrong() {
    Target::new("labelme", GRAMMAR).memory(256 << 10, 64).run(|bytes| {
        let annotation = match Annotation::parse(bytes, Path::new("a.json")) {
            Ok(annotation) => annotation,
            Err(issue) => {
                let span = issue.place.as_ref().and_then(|place| place.span.clone());
                assert!(span.is_none_or(|span| span.end <= bytes.len()), "its place lies in the file");
                return issue.to_string();
            }
        };
        let text = annotation.text().unwrap_or_else(|error| panic!("{error}"));
        let again = Annotation::parse(text.as_bytes(), Path::new("a.json"));
        assert_eq!(again.as_ref(), Ok(&annotation), "what is written reads back");
        let mut outcome = format!("{:?}", annotation.image_width.is_some());
        for shape in &annotation.shapes {
            let Bounds { x_min, y_min, x_max, y_max } = shape.bounds();
            assert!(x_min <= x_max && y_min <= y_max, "the box of {shape:?} is one");
            assert!(
                [x_min, y_min, x_max, y_max].iter().all(|edge| edge.is_finite()),
                "{shape:?} is somewhere"
            );
            let finding = shape.label.parse::<Finding>();
            let site = finding.as_ref().map(|finding| finding.site.is_some());
            outcome += &format!(" {:?} {site:?}", shape.shape_type);
            if let Ok(finding) = finding {
                assert_eq!(finding.to_string().parse(), Ok(finding), "a finding reads back");
            }
        }
        outcome
    });
}
