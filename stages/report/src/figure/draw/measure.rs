use super::legend;
use super::text::{width, wrapped};
use crate::figure::frame::{Frame, Look};

/// Size of tick texts.
pub(super) const SMALL: f64 = 10.0;
/// Size of a heading.
pub(super) const HEADING: f64 = 11.5;
/// Width of the letter before a heading.
pub(super) const LETTER: f64 = 15.0;
/// Height of a line of a head.
pub(super) const LINE: f64 = 13.0;
/// White space to the right of an axis, for half of its last tick.
pub(super) const RIGHT: f64 = 8.0;
/// Height of a panel with an image.
const PICTURE: f64 = 340.0;
/// Height that a name on a vertical axis needs.
const NAME: f64 = 21.0;

/// Heights of the parts of a panel; panels side by side share them, so that their axes lie on one line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measure {
    /// Heading, lines and legend.
    pub(super) head: f64,
    /// What is drawn.
    pub(super) body: f64,
    /// Ticks and name of the horizontal axis.
    pub(super) foot: f64,
}

impl Measure {
    /// Measures a panel that is `outer` wide with its texts.
    pub(super) fn of(frame: &Frame, outer: f64) -> Self {
        let lines = super::number(frame.lines.len());
        let inner = outer - left(frame) - RIGHT;
        let names = super::number(frame.y.ticks.len());
        let more = LINE * super::number(heading(frame, outer).len() - 1);
        let own = match frame.look {
            Look::Picture | Look::Blank => Self { head: 22.0, body: PICTURE, foot: 0.0 },
            Look::Square => Self { head: 20.0 + LINE * lines, body: inner.min(260.0), foot: foot(frame) },
            Look::Wide => {
                let legend = LINE * super::number(legend::rows(&frame.legend, inner).len());
                let wanted = if frame.y.names { NAME * names } else { 0.5 * inner };
                Self {
                    head: 20.0 + LINE * lines + legend,
                    body: wanted.clamp(150.0, 280.0),
                    foot: foot(frame),
                }
            }
        };
        Self { head: own.head + more, ..own }
    }

    /// Returns what is large enough for both.
    pub(super) fn or(self, other: Self) -> Self {
        let Self { head, body, foot } = other;
        Self { head: self.head.max(head), body: self.body.max(body), foot: self.foot.max(foot) }
    }
}

/// Returns the lines of the heading of a panel that is `outer` wide; there is at least one.
pub(super) fn heading(frame: &Frame, outer: f64) -> Vec<String> {
    wrapped(&frame.title, HEADING, outer - LETTER)
}

/// Returns the width of ticks and name of the vertical axis.
pub(super) fn left(frame: &Frame) -> f64 {
    if matches!(frame.look, Look::Picture | Look::Blank) {
        return 0.0;
    }
    let ticks = frame.y.ticks.iter().map(|tick| width(&tick.text, SMALL)).fold(0.0, f64::max);
    ticks + 8.0 + if frame.y.label.is_empty() { 0.0 } else { 16.0 }
}

fn foot(frame: &Frame) -> f64 {
    if frame.x.label.is_empty() { 18.0 } else { 33.0 }
}
