use svg::node::element::{Group, Line, Rectangle};
use table::Mark;

use super::glyph::Canvas;
use super::ink;
use super::legend;
use super::measure::{self, HEADING, LETTER, LINE, Measure, SMALL};
use super::scale::Scale;
use super::text::{Anchor, fixed, label, upwards, wrapped};
use crate::figure::frame::{Frame, Look};

/// Draws a panel whose upper left corner is given.
pub(super) fn drawn(
    frame: &Frame,
    marks: &[&Mark],
    letter: Option<char>,
    [x, y]: [f64; 2],
    outer: f64,
    measure: Measure,
) -> Group {
    let heading = |text: &str, x, line: f64| {
        label(text, x, y + 11.0 + line, HEADING, Anchor::Start).set("font-weight", "bold")
    };
    let mut group = Group::new();
    let indent = letter.map_or(0.0, |_| LETTER);
    if let Some(letter) = letter {
        group = group.add(heading(&letter.to_string(), x, 0.0));
    }
    let mut below = 0.0;
    for (index, line) in measure::heading(frame, outer).iter().enumerate() {
        below = LINE * super::number(index);
        group = group.add(heading(line, x + indent, below));
    }
    let (top, body) = (y + measure.head, measure.body);
    match frame.look {
        Look::Picture => picture(group, frame, marks, [x, top], outer, body),
        Look::Blank => {
            let scales = (Scale::of(&frame.x, x, x + outer), Scale::of(&frame.y, top + body, top));
            group.add(Canvas::new(frame, marks, scales).drawn(marks)).add(edge(scales))
        }
        Look::Square | Look::Wide => {
            let measure = Measure { head: measure.head - below, ..measure };
            plot(group, frame, marks, [x, y + below], outer, measure)
        }
    }
}

fn plot(
    mut group: Group,
    frame: &Frame,
    marks: &[&Mark],
    [x, y]: [f64; 2],
    outer: f64,
    measure: Measure,
) -> Group {
    let (left, top) = (x + measure::left(frame), y + measure.head);
    let widest = outer - (left - x) - measure::RIGHT;
    let (wide, high) = match frame.look {
        Look::Square => (widest.min(measure.body), widest.min(measure.body)),
        Look::Wide | Look::Picture | Look::Blank => (widest, measure.body),
    };
    for (index, line) in frame.lines.iter().enumerate() {
        group = group.add(label(line, x, y + 24.0 + LINE * super::number(index), SMALL, Anchor::Start));
    }
    let scales = (Scale::of(&frame.x, left, left + wide), Scale::of(&frame.y, top + high, top));
    group = group.add(axes(frame, scales));
    let canvas = Canvas::new(frame, marks, scales);
    group = group.add(canvas.drawn(marks));
    if frame.look == Look::Wide {
        let lines = super::number(frame.lines.len());
        group.add(legend::above(frame, marks, [left, y + 25.0 + LINE * lines], outer - left + x))
    } else if frame.legend.is_empty() {
        group
    } else {
        group.add(legend::inside(frame, marks, [left + wide - 2.0, top + high]))
    }
}

fn axes(frame: &Frame, (x, y): (Scale, Scale)) -> Group {
    let ((left, right), (top, bottom)) = (x.ends(), y.ends());
    let stroke = |[x1, y1]: [f64; 2], [x2, y2]: [f64; 2], color: &str| {
        Line::new()
            .set("x1", fixed(x1))
            .set("y1", fixed(y1))
            .set("x2", fixed(x2))
            .set("y2", fixed(y2))
            .set("stroke", color)
            .set("stroke-width", "0.75")
    };
    let mut group = Group::new();
    let grid = if frame.y.names { ink::AXIS } else { ink::GRID };
    for tick in &frame.y.ticks {
        let at = y.at(tick.at);
        if !frame.y.names {
            group = group.add(stroke([left, at], [right, at], grid));
        }
        group = group.add(label(&tick.text, left - 5.0, at + 3.5, SMALL, Anchor::End));
    }
    for tick in &frame.x.ticks {
        let at = x.at(tick.at);
        if !frame.x.names {
            let end = if frame.y.names { top } else { bottom + 3.5 };
            let color = if frame.y.names { ink::GRID } else { ink::AXIS };
            group = group.add(stroke([at, bottom], [at, end], color));
        }
        group = group.add(label(&tick.text, at, bottom + 14.0, SMALL, Anchor::Middle));
    }
    let group = group.add(stroke([left, bottom], [right, bottom], ink::AXIS)).add(stroke(
        [left, top],
        [left, bottom],
        ink::AXIS,
    ));
    let outer = left - measure::left(frame);
    group
        .add(label(&frame.x.label, f64::midpoint(left, right), bottom + 28.5, SMALL, Anchor::Middle))
        .add(upwards(&frame.y.label, outer + 10.0, f64::midpoint(top, bottom), SMALL, Anchor::Middle))
}

/// Returns the edge of a panel without axes.
fn edge((x, y): (Scale, Scale)) -> Rectangle {
    let ((left, right), (top, bottom)) = (x.ends(), y.ends());
    Rectangle::new()
        .set("x", fixed(left))
        .set("y", fixed(top))
        .set("width", fixed(right - left))
        .set("height", fixed(bottom - top))
        .set("fill", "none")
        .set("stroke", ink::RULE)
        .set("stroke-width", "0.75")
}

fn picture(
    mut group: Group,
    frame: &Frame,
    marks: &[&Mark],
    [left, top]: [f64; 2],
    outer: f64,
    high: f64,
) -> Group {
    let aspect = frame.x.high / frame.y.low;
    let wide = (high * aspect).min(outer);
    let scales = (Scale::of(&frame.x, left, left + wide), Scale::of(&frame.y, top + wide / aspect, top));
    group = group.add(Canvas::new(frame, marks, scales).drawn(marks));
    group = group.add(edge(scales));
    let right = left + wide;
    let beside = outer - wide - 10.0;
    let lines = frame.lines.iter().flat_map(|line| wrapped(line, SMALL, beside));
    lines.enumerate().fold(group, |group, (index, line)| {
        group.add(label(&line, right + 10.0, top + 10.0 + LINE * super::number(index), SMALL, Anchor::Start))
    })
}
