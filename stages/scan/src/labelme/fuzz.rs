use contract::Issue;
use fuzzer::{Grammar, Target};

use super::{Annotation, Bounds, Finding, xml};

const JSON: Grammar = Grammar::text(&[
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

const XML: Grammar = Grammar::text(&[
    "<object><name>M:metastasis:rib</name><deleted>0</deleted><polygon><pt><x>1</x><y>2</y></pt></polygon></object>",
    "<segm><box><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></box></segm>",
    "<imagesize><nrows>1024</nrows><ncols>256</ncols></imagesize>",
    "<deleted>1</deleted>",
    "<annotation>",
    "</annotation>",
    "<pt>",
    "</pt>",
    "<!-- -->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&lt;",
    "&#x10FFFF;",
    " a=\"\"",
    " xmlns:a=\"b\"",
    "1e308",
    "NaN",
]);

#[test]
fn an_annotation_reads_back_or_says_what_is_wrong() {
    Target::new("labelme", JSON).memory(256 << 10, 64).run(|bytes| outcome(Annotation::parse(bytes)));
}

#[test]
fn an_annotation_of_the_web_tool_is_one_or_says_what_is_wrong() {
    Target::new("labelme-xml", XML).memory(256 << 10, 96).run(|bytes| outcome(xml::parse(bytes)));
}

/// Holds what is true of every annotation, and returns the shape of the outcome.
fn outcome(parsed: Result<Annotation, Issue>) -> String {
    let annotation = match parsed {
        Ok(annotation) => annotation,
        Err(issue) => return issue.to_string(),
    };
    let text = annotation.text().unwrap_or_else(|error| panic!("{error}"));
    let again = Annotation::parse(text.as_bytes());
    assert_eq!(again.as_ref(), Ok(&annotation), "what is written reads back");
    let mut outcome = format!("{:?}", annotation.image_width.is_some());
    for shape in &annotation.shapes {
        let Bounds { x_min, y_min, x_max, y_max } = shape.bounds();
        assert!(x_min <= x_max && y_min <= y_max, "the box of {shape:?} is one");
        assert!([x_min, y_min, x_max, y_max].iter().all(|edge| edge.is_finite()), "{shape:?} is somewhere");
        let finding = shape.label.parse::<Finding>();
        let site = finding.as_ref().map(|finding| finding.site.is_some());
        outcome += &format!(" {:?} {site:?}", shape.shape_type);
        if let Ok(finding) = finding {
            assert_eq!(finding.to_string().parse(), Ok(finding), "a finding reads back");
        }
    }
    outcome
}
