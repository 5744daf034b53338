//! From frames and marks to SVG: nothing is drawn that is not in them.
//!
//! A page is 180 mm wide, two columns of a journal; a unit is a quarter of a millimeter. All lengths have two decimals,
//! fonts are those that every machine has, and inks differ in lightness and in dashes too, for those who print in gray
//! or do not see all colors.

mod glyph;
mod ink;
mod legend;
mod measure;
mod panel;
mod scale;
mod text;

use svg::Document;
use svg::node::element::{Description, Group, Rectangle, Title};
use table::Mark;

use super::frame::Frame;
use super::page::Page;
use super::plot::number;
use measure::Measure;
use text::{Anchor, fixed, label, wrapped};

/// Width of a page, in units.
const WIDTH: f64 = 720.0;
/// White space around a page.
const MARGIN: f64 = 10.0;
/// White space between panels.
const GAP: f64 = 18.0;
/// Height of a heading.
const HEADING: f64 = 24.0;
/// Height of a line of a caption.
const LINE: f64 = 12.5;

/// Draws a page.
pub(super) fn svg(page: &Page, marks: &[Mark]) -> String {
    let columns = (page.columns as usize).clamp(1, page.frames.len().max(1));
    let across = number(columns);
    let outer = (WIDTH - 2.0 * MARGIN - GAP * (across - 1.0)) / across;
    let mut drawing = Group::new()
        .set("font-family", "Helvetica, Arial, 'Liberation Sans', sans-serif")
        .set("fill", ink::TEXT)
        .add(label(&page.title, MARGIN, MARGIN + 13.0, 14.0, Anchor::Start).set("font-weight", "bold"));
    let mut top = MARGIN + HEADING;
    for (row, frames) in page.frames.chunks(columns).enumerate() {
        let own: Vec<Vec<&Mark>> = frames
            .iter()
            .map(|frame| marks.iter().filter(|mark| mark.panel == frame.name).collect())
            .collect();
        let shared =
            frames.iter().map(|frame| Measure::of(frame, outer)).reduce(Measure::or).unwrap_or_default();
        for (column, (frame, own)) in frames.iter().zip(&own).enumerate() {
            let left = MARGIN + number(column) * (outer + GAP);
            let letter = (page.frames.len() > 1).then(|| letter(row * columns + column));
            drawing = drawing.add(panel::drawn(frame, own, letter, [left, top], outer, shared));
        }
        top += shared.head + shared.body + shared.foot + GAP;
    }
    for line in page.caption.iter().flat_map(|sentence| wrapped(sentence, 10.0, WIDTH - 2.0 * MARGIN)) {
        drawing = drawing.add(label(&line, MARGIN, top + 8.0, 10.0, Anchor::Start));
        top += LINE;
    }
    let height = top + MARGIN;
    let document = Document::new()
        .set("viewBox", format!("0 0 {} {}", fixed(WIDTH), fixed(height)))
        .set("width", format!("{}mm", fixed(WIDTH / 4.0)))
        .set("height", format!("{}mm", fixed(height / 4.0)))
        .set("role", "img")
        .set("aria-labelledby", "title desc")
        .add(Title::new(page.title.as_str()).set("id", "title"))
        .add(Description::new().set("id", "desc").add(svg::node::Text::new(description(page))))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#ffffff"))
        .add(drawing);
    format!("{document}\n")
}

/// Returns what a figure shows, for those who do not see it.
fn description(page: &Page) -> String {
    let axes = |frame: &Frame| {
        let sides = [&frame.y.label, &frame.x.label].map(String::as_str);
        sides.into_iter().filter(|label| !label.is_empty()).collect::<Vec<_>>().join(" over ")
    };
    let panel = |frame: &Frame| {
        let Frame { title, lines, legend, .. } = frame;
        let legend: Vec<&str> = legend.iter().map(|entry| entry.label.as_str()).collect();
        let parts = [axes(frame), lines.join("; "), legend.join("; ")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{title}: {}.", parts.join(". "))
    };
    page.frames.iter().map(panel).chain(page.caption.iter().cloned()).collect::<Vec<_>>().join(" ")
}

/// Returns the letter of a panel: a, b, c, …
fn letter(index: usize) -> char {
    u8::try_from(index).ok().and_then(|index| b'a'.checked_add(index)).map_or('z', char::from)
}
