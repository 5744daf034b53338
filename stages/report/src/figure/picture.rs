use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use table::{Class, Glyph, Image, Lesion, Mark, Pixel, Pixels, Prediction};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::Material;
use super::plot::{Plot, mark, rectangle};

/// Share of an image's pixels, in percent, that are no darker than black: the brightest hide all else.
const WINDOW: usize = 99;

/// Pixels between a lesion and its outline.
const MARGIN: f64 = 6.0;

/// A scan and what a network answered to it.
pub(super) struct Case {
    /// Heading.
    pub(super) title: String,
    /// Lines that come last.
    pub(super) lines: Vec<String>,
    /// The run that answered; empty if there is one alone.
    pub(super) run: String,
    /// The answer.
    pub(super) sample: Prediction,
}

/// Returns a scan with its `lesions`, on which readers agree, and the answer beside it.
pub(super) fn plot(
    name: &str,
    case: &Case,
    image: &Image,
    lesions: &[Lesion],
    material: &Material<'_>,
) -> Plot {
    let (width, height) = (f64::from(image.cols), f64::from(image.rows));
    let (black, gray) = gray(&image.pixels);
    let picture = table::png(Pixel::Gray, image.cols as usize, &gray);
    let uri = format!("data:image/png;base64,{}", STANDARD.encode(picture));
    let mut marks = vec![Mark { text: uri, ..rectangle(Glyph::Image, "", [0.0, width], [0.0, height]) }];
    marks.extend(lesions.iter().map(|lesion| {
        let x = [lesion.x_min - MARGIN, lesion.x_max + MARGIN];
        let y = [lesion.y_min - MARGIN, lesion.y_max + MARGIN];
        Mark { category: lesion.site.clone(), ..rectangle(Glyph::Outline, &lesion.disease, x, y) }
    }));
    let mut lines = vec![format!("{} {}", image.patient_id, image.view)];
    lines.extend((!case.run.is_empty()).then(|| case.run.clone()));
    lines.push(format!("label: {}", material.label(image.label.as_str())));
    lines.push(format!("answer: {}", material.label(case.sample.predicted.as_str())));
    let mut classes: Vec<Class> = Class::ALL.to_vec();
    let probability = |class: Class| case.sample.probability(class);
    classes.sort_by(|a, b| probability(*b).total_cmp(&probability(*a)));
    lines.extend(
        classes
            .iter()
            .map(|class| format!("p({}) {:.2}", material.label(class.as_str()), probability(*class))),
    );
    lines.extend(case.lines.iter().cloned());
    lines.push(format!("black: {black} counts"));
    material.say(format!(
        "Scans have {} x {} pixels; white is no count, black is the {WINDOW}th percentile of a scan and more. Outlines: \
         lesions that at least two readers marked, solid for metastasis and broken for arthritis.",
        image.cols, image.rows
    ));
    let diseases = ["metastasis", "arthritis"];
    let frame = Frame {
        name: name.to_owned(),
        title: case.title.clone(),
        lines,
        x: Axis::pixels("column (pixels)", 0.0, width),
        y: Axis::pixels("row (pixels)", height, 0.0),
        look: Look::Picture,
        legend: diseases.iter().map(|disease| Entry::new(*disease, *disease)).collect(),
    };
    Plot { frame, marks }
}

/// Returns a panel that says why there is no image in it.
pub(super) fn none(name: &str, title: &str, note: &str) -> Plot {
    let frame = Frame {
        name: name.to_owned(),
        title: title.to_owned(),
        lines: Vec::new(),
        x: Axis::pixels("", 0.0, 1.0),
        y: Axis::pixels("", 1.0, 0.0),
        look: Look::Blank,
        legend: Vec::new(),
    };
    let marks = vec![Mark { text: note.to_owned(), ..mark(Glyph::Note, "", 0.5, 0.5) }];
    Plot { frame, marks }
}

/// Returns the value that becomes black, as text, and all pixels as bytes: 255 is white and nothing.
fn gray(pixels: &Pixels) -> (String, Vec<u8>) {
    let values: Vec<f32> = match pixels {
        Pixels::U16(counts) => counts.iter().map(|count| f32::from(*count)).collect(),
        Pixels::F32(values) => values.clone(),
    };
    let mut sorted = values.clone();
    sorted.sort_by(f32::total_cmp);
    let black = sorted.get(sorted.len().saturating_sub(1) * WINDOW / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    let byte = |value: &f32| 255 - (255.0 * (value / black).clamp(0.0, 1.0)).round() as u8;
    let bytes = if black > 0.0 { values.iter().map(byte).collect() } else { vec![255; values.len()] };
    (format!("{black}"), bytes)
}
