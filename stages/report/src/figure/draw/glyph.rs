use svg::node::element::{Circle, Group, Image, Line, Path, Rectangle};
use table::{Glyph, Mark};

use super::ink;
use super::scale::Scale;
use super::text::{Anchor, fixed, label, upwards, width, wrapped};
use crate::figure::frame::Frame;

/// Size of the text at a mark.
const SIZE: f64 = 9.5;

/// Where marks of a panel are drawn, and with which inks.
pub(super) struct Canvas<'a> {
    frame: &'a Frame,
    x: Scale,
    y: Scale,
    /// What lies above bars, whose values are then written in them.
    above: Vec<Mark>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(frame: &'a Frame, marks: &[&Mark], (x, y): (Scale, Scale)) -> Self {
        let above = marks.iter().filter(|mark| matches!(mark.glyph, Glyph::Whisker | Glyph::Dash));
        Self { frame, x, y, above: above.map(|mark| (*mark).clone()).collect() }
    }

    /// Draws marks in their order; the corners of a line that follow each other are one path.
    pub(super) fn drawn(&self, marks: &[&Mark]) -> Group {
        let together = |a: &&Mark, b: &&Mark| {
            let is_line = matches!(a.glyph, Glyph::Line | Glyph::Thread);
            is_line && a.glyph == b.glyph && a.series == b.series && a.category == b.category
        };
        marks.chunk_by(together).fold(Group::new(), |group, run| self.add(group, run))
    }

    fn add(&self, group: Group, run: &[&Mark]) -> Group {
        let mark = run[0];
        let series = self.series(mark);
        match mark.glyph {
            Glyph::Bar => self.bar(group, mark),
            Glyph::Cell => self.cell(group, mark),
            Glyph::Dash => {
                let stroke = |color, width| {
                    self.line(mark)
                        .set("y2", fixed(self.y.at(mark.y)))
                        .set("stroke", color)
                        .set("stroke-width", width)
                };
                group.add(stroke(ink::TEXT, "3.6")).add(stroke("#ffffff", "1.8"))
            }
            Glyph::Image => group.add(
                self.placed(mark, Image::new())
                    .set("href", mark.text.as_str())
                    .set("preserveAspectRatio", "none"),
            ),
            Glyph::Line => group.add(self.path(run, series, "1.8", "1")),
            Glyph::Note => self.note(group, mark),
            Glyph::Outline => {
                let (color, dashes) = [("#d55e00", "none"), ("#0072b2", "4 2")][series % 2];
                let edge = || self.placed(mark, Rectangle::new()).set("fill", "none");
                group.add(edge().set("stroke", "#ffffff").set("stroke-width", "2.6")).add(
                    edge().set("stroke", color).set("stroke-width", "1.2").set("stroke-dasharray", dashes),
                )
            }
            Glyph::Point => group.add(
                Circle::new()
                    .set("cx", fixed(self.x.at(mark.x)))
                    .set("cy", fixed(self.y.at(mark.y)))
                    .set("r", "1.5")
                    .set("fill", ink::area(series, self.frame.legend.len())),
            ),
            Glyph::Rule => {
                let line = self.line(mark).set("stroke", ink::RULE).set("stroke-width", "0.9");
                let end = self.x.at(mark.x_end.unwrap_or(mark.x));
                let leftwards = end < self.x.at(mark.x);
                let (begin, anchor) =
                    if leftwards { (end + 4.0, Anchor::Start) } else { (end - 4.0, Anchor::End) };
                let above = self.y.at(mark.y_end.unwrap_or(mark.y)) - 3.0;
                group
                    .add(line.set("stroke-dasharray", "3 3"))
                    .add(label(&mark.text, begin, above, SIZE, anchor))
            }
            Glyph::Thread => group.add(self.path(run, series, "0.7", "0.55")),
            Glyph::Whisker => self.whisker(group, mark),
        }
    }

    /// Returns the place of a mark's series in the legend.
    fn series(&self, mark: &Mark) -> usize {
        self.frame.legend.iter().position(|entry| entry.series == mark.series).unwrap_or_default()
    }

    /// Returns the edges of a rectangle on the page: left, top, width, height.
    fn edges(&self, mark: &Mark) -> [f64; 4] {
        let (x, x_end) = (self.x.at(mark.x), self.x.at(mark.x_end.unwrap_or(mark.x)));
        let (y, y_end) = (self.y.at(mark.y), self.y.at(mark.y_end.unwrap_or(mark.y)));
        [x.min(x_end), y.min(y_end), (x - x_end).abs(), (y - y_end).abs()]
    }

    fn placed<N: svg::Node>(&self, mark: &Mark, mut node: N) -> N {
        for (name, length) in ["x", "y", "width", "height"].into_iter().zip(self.edges(mark)) {
            node.assign(name, fixed(length));
        }
        node
    }

    fn line(&self, mark: &Mark) -> Line {
        Line::new()
            .set("x1", fixed(self.x.at(mark.x)))
            .set("y1", fixed(self.y.at(mark.y)))
            .set("x2", fixed(self.x.at(mark.x_end.unwrap_or(mark.x))))
            .set("y2", fixed(self.y.at(mark.y_end.unwrap_or(mark.y))))
    }

    fn bar(&self, group: Group, mark: &Mark) -> Group {
        let color = ink::area(self.series(mark), self.frame.legend.len());
        let [left, top, wide, high] = self.edges(mark);
        let group = group.add(
            self.placed(mark, Rectangle::new())
                .set("fill", color)
                .set("stroke", ink::AXIS)
                .set("stroke-width", "0.5"),
        );
        if mark.text.is_empty() {
            return group;
        }
        let long = width(&mark.text, SIZE);
        let (middle, bottom) = (left + wide / 2.0, top + high);
        if self.frame.y.names {
            group.add(label(&mark.text, left + wide + 4.0, top + high / 2.0 + 3.5, SIZE, Anchor::Start))
        } else if !self.above.is_empty() {
            let own = self
                .above
                .iter()
                .filter(|other| other.series == mark.series && other.category == mark.category);
            let highest = own.map(|other| self.y.at(other.y_end.unwrap_or(other.y))).fold(top, f64::min);
            let fits = high > long + 6.0;
            let (from, color) =
                if fits { (bottom - 4.0, ink::on(color)) } else { (highest - 4.0, ink::TEXT) };
            group.add(upwards(&mark.text, middle + 3.4, from, SIZE, Anchor::Start).set("fill", color))
        } else if long <= wide + 4.0 {
            group.add(label(&mark.text, middle, top - 3.0, SIZE, Anchor::Middle))
        } else {
            group.add(upwards(&mark.text, middle + 3.4, top - 3.0, SIZE, Anchor::Start))
        }
    }

    fn cell(&self, group: Group, mark: &Mark) -> Group {
        let share = mark.share.unwrap_or_default();
        let [left, top, wide, high] = self.edges(mark);
        let color = if share > 0.5 { "#ffffff" } else { ink::TEXT };
        let group = group.add(
            self.placed(mark, Rectangle::new())
                .set("fill", ink::shade(share))
                .set("stroke", ink::RULE)
                .set("stroke-width", "0.5"),
        );
        let lines = [("12.00", -1.0), ("9.50", 12.0)];
        mark.text.lines().zip(lines).fold(group, |group, (line, (size, below))| {
            let text = label(line, left + wide / 2.0, top + high / 2.0 + below, SIZE, Anchor::Middle);
            group.add(text.set("font-size", size).set("fill", color))
        })
    }

    fn whisker(&self, group: Group, mark: &Mark) -> Group {
        let x = self.x.at(mark.x);
        let (low, high) = (self.y.within(mark.y), self.y.within(mark.y_end.unwrap_or(mark.y)));
        let [low, high, left, right] = [low, high, x - 2.5, x + 2.5].map(fixed);
        let x = fixed(x);
        let path = format!("M{left} {low}H{right}M{x} {low}V{high}M{left} {high}H{right}");
        group.add(
            Path::new()
                .set("d", path)
                .set("stroke", ink::TEXT)
                .set("stroke-width", "0.9")
                .set("fill", "none"),
        )
    }

    fn note(&self, group: Group, mark: &Mark) -> Group {
        let ((left, right), y) = (self.x.ends(), self.y.at(mark.y));
        let lines = wrapped(&mark.text, SIZE + 1.0, right - left - 24.0);
        let first = y - 7.0 * super::number(lines.len() - 1);
        lines.iter().enumerate().fold(group, |group, (index, line)| {
            let below = first + 14.0 * super::number(index);
            group.add(label(line, f64::midpoint(left, right), below, SIZE + 1.0, Anchor::Middle))
        })
    }

    /// Returns the path through corners, without those that lie on the way between their neighbors; one corner alone is
    /// a short stroke.
    fn path(&self, run: &[&Mark], series: usize, width: &str, opacity: &str) -> Path {
        let mut corners: Vec<[String; 2]> = Vec::new();
        for mark in run {
            let corner = [fixed(self.x.at(mark.x)), fixed(self.y.at(mark.y))];
            let straight = |a: &[String; 2], b: &[String; 2]| {
                (0..2).any(|side| a[side] == b[side] && b[side] == corner[side])
            };
            if let [.., before, last] = &corners[..]
                && straight(before, last)
            {
                corners.pop();
            }
            corners.push(corner);
        }
        let mut path = String::new();
        for (index, [x, y]) in corners.iter().enumerate() {
            path += &format!("{}{x} {y}", if index == 0 { "M" } else { "L" });
        }
        if corners.len() == 1 {
            path += "m-4 0h8";
        }
        let (color, dashes) = ink::line(series);
        Path::new()
            .set("d", path)
            .set("fill", "none")
            .set("stroke", color)
            .set("stroke-width", width)
            .set("stroke-opacity", opacity)
            .set("stroke-linejoin", "round")
            .set("stroke-dasharray", if dashes.is_empty() { "none" } else { dashes })
    }
}
