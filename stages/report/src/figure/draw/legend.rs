use svg::node::element::{Circle, Group, Line, Rectangle};
use table::{Glyph, Mark};

use super::ink;
use super::measure::{LINE, SMALL};
use super::text::{Anchor, fixed, label, width};
use crate::figure::frame::{Entry, Frame};

/// Width of the sample of a line or an area.
const SAMPLE: f64 = 22.0;
/// White space between two entries.
const SPACE: f64 = 12.0;

/// Returns the entries of each row of a legend that is `widest` wide.
pub(super) fn rows(legend: &[Entry], widest: f64) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut used = f64::INFINITY;
    for (index, entry) in legend.iter().enumerate() {
        let width = extent(entry);
        match rows.last_mut() {
            Some(row) if used + width <= widest => row.push(index),
            _ => {
                rows.push(vec![index]);
                used = 0.0;
            }
        }
        used += width;
    }
    rows
}

fn extent(entry: &Entry) -> f64 {
    SAMPLE + 4.0 + width(&entry.label, SMALL) + SPACE
}

/// Draws a legend in rows; the base line of the first is at `top`.
pub(super) fn above(frame: &Frame, marks: &[&Mark], [left, top]: [f64; 2], widest: f64) -> Group {
    let mut group = Group::new();
    for (line, row) in rows(&frame.legend, widest).iter().enumerate() {
        let mut x = left;
        for index in row {
            let y = top + LINE * super::number(line);
            group = group.add(entry(frame, marks, *index, [x, y]));
            x += extent(&frame.legend[*index]);
        }
    }
    group
}

/// Draws a legend whose lower right corner is given.
pub(super) fn inside(frame: &Frame, marks: &[&Mark], [right, bottom]: [f64; 2]) -> Group {
    let wide = frame.legend.iter().map(extent).fold(0.0, f64::max) - SPACE;
    let high = LINE * super::number(frame.legend.len());
    let (left, top) = (right - wide - 8.0, bottom - high - 8.0);
    let back = Rectangle::new()
        .set("x", fixed(left - 4.0))
        .set("y", fixed(top - 3.0))
        .set("width", fixed(wide + 8.0))
        .set("height", fixed(high + 6.0))
        .set("fill", "#ffffff")
        .set("fill-opacity", "0.88");
    let entries = (0..frame.legend.len()).map(|index| {
        let y = top + 10.0 + LINE * super::number(index);
        entry(frame, marks, index, [left, y])
    });
    entries.fold(Group::new().add(back), Group::add)
}

fn entry(frame: &Frame, marks: &[&Mark], index: usize, [x, y]: [f64; 2]) -> Group {
    let entry = &frame.legend[index];
    let name = label(&entry.label, x + SAMPLE + 4.0, y, SMALL, Anchor::Start);
    let middle = y - 3.5;
    let glyph = marks.iter().find(|mark| mark.series == entry.series).map(|mark| mark.glyph);
    let group = Group::new();
    let group = match glyph {
        Some(Glyph::Line | Glyph::Thread) => {
            let (color, dashes) = ink::line(index);
            group.add(
                Line::new()
                    .set("x1", fixed(x))
                    .set("x2", fixed(x + SAMPLE))
                    .set("y1", fixed(middle))
                    .set("y2", fixed(middle))
                    .set("stroke", color)
                    .set("stroke-width", "1.8")
                    .set("stroke-dasharray", if dashes.is_empty() { "none" } else { dashes }),
            )
        }
        Some(Glyph::Point) => group.add(
            Circle::new()
                .set("cx", fixed(x + SAMPLE - 5.0))
                .set("cy", fixed(middle))
                .set("r", "2.6")
                .set("fill", ink::area(index, frame.legend.len())),
        ),
        _ => group.add(
            Rectangle::new()
                .set("x", fixed(x + 8.0))
                .set("y", fixed(y - 8.5))
                .set("width", fixed(SAMPLE - 8.0))
                .set("height", "9.5")
                .set("fill", ink::area(index, frame.legend.len()))
                .set("stroke", ink::AXIS)
                .set("stroke-width", "0.5"),
        ),
    };
    group.add(name)
}
