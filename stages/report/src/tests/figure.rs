//! Each panel as the engine runs it: what is in the table of marks, and that the drawing is fit to be read.

mod cohort;
mod gallery;
mod refusal;
mod reliability;
mod scores;

use std::path::Path;

use serde_json::Value;
use table::{Image, ImageWriter, Label, Lesion, Mark, Metadata, PixelType, Pixels, Shape, View};

use super::Bench;

/// Returns the marks that a figure drew, of the panel called `panel`.
fn marks(bench: &Bench, panel: &str) -> Vec<Mark> {
    let marks: Vec<Mark> = table::read(&bench.output("marks")).expect("marks are read");
    marks.into_iter().filter(|mark| mark.panel == panel).collect()
}

/// Returns what the metadata of a table of marks says of the page.
fn page(bench: &Bench) -> Value {
    let metadata = table::metadata(&bench.output("marks")).expect("metadata is read");
    serde_json::from_str(&metadata["page"]).expect("the page is JSON")
}

/// Runs a figure of the given panels, and checks what holds of every drawing.
fn drawn(bench: &Bench, params: Value) -> String {
    bench.run(params).expect("the figure is drawn");
    let svg = bench.text("figure");
    let document = roxmltree::Document::parse(&svg).expect("the drawing is XML");
    let root = document.root_element();
    let texts = |name: &str| -> Vec<String> {
        let nodes = root.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
        nodes.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
    };
    assert_eq!(root.tag_name().name(), "svg");
    assert_eq!(texts("title").len(), 1);
    assert!(!texts("title")[0].is_empty() && !texts("desc")[0].is_empty());
    for attribute in root.descendants().flat_map(|node| node.attributes()) {
        assert!(!["NaN", "inf"].iter().any(|wrong| attribute.value().contains(wrong)), "{attribute:?}");
    }
    let page = page(bench);
    let written = texts("text");
    for frame in page["frames"].as_array().expect("frames") {
        let is_plot = frame["look"] == "wide" || frame["look"] == "square";
        for axis in ["x", "y"] {
            let label = frame[axis]["label"].as_str().expect("a label");
            assert!(
                !is_plot || frame[axis]["names"] == true || label.ends_with(')'),
                "an axis of numbers tells its unit: {label:?}"
            );
            assert!(
                !is_plot || label.is_empty() || written.iter().any(|text| text == label),
                "{label:?} is drawn"
            );
        }
    }
    svg
}

/// Returns a scan of four by two pixels.
pub(super) fn image(name: &str, patient: &str, view: View, label: Label) -> Image {
    Image {
        image_id: name.to_owned(),
        patient_id: patient.to_owned(),
        view,
        sex: None,
        age_years: None,
        label,
        rows: 4,
        cols: 2,
        counts_total: 28.0,
        counts_max: 7.0,
        source_digest: String::new(),
        derived_from: None,
        operation: None,
        pixels: Pixels::U16((0..8).collect()),
    }
}

pub(super) fn write_images(path: &Path, images: Vec<Image>) {
    let shape = Shape { rows: 4, cols: 2 };
    let mut writer =
        ImageWriter::create(path, PixelType::U16, shape, &Metadata::new()).expect("the folder is there");
    for image in images {
        writer.push(image).expect("it fits");
    }
    writer.finish().expect("the file ends");
}

/// Returns a shape that a reader drew over the upper half of a scan.
pub(super) fn lesion(image: &str, reader: &str, disease: &str, site: &str) -> Lesion {
    Lesion {
        image_id: image.to_owned(),
        reader: reader.to_owned(),
        disease: disease.to_owned(),
        site: site.to_owned(),
        x_min: 0.0,
        y_min: 0.0,
        x_max: 2.0,
        y_max: 2.0,
    }
}
