use table::{Glyph, Mark};

use super::frame::Frame;

/// A panel with all that is drawn in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) frame: Frame,
    /// Marks, those below first; their panel is named when they come on a page.
    pub(super) marks: Vec<Mark>,
}

/// Returns a mark at a place, to which others of its fields are added.
pub(super) fn mark(glyph: Glyph, series: &str, x: f64, y: f64) -> Mark {
    Mark {
        panel: String::new(),
        glyph,
        series: series.to_owned(),
        category: String::new(),
        x,
        y,
        x_end: None,
        y_end: None,
        share: None,
        text: String::new(),
    }
}

/// Returns a rectangle between two corners.
pub(super) fn rectangle(glyph: Glyph, series: &str, [x, x_end]: [f64; 2], [y, y_end]: [f64; 2]) -> Mark {
    Mark { x_end: Some(x_end), y_end: Some(y_end), ..mark(glyph, series, x, y) }
}

/// Returns a count as a place on an axis.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Returns the left and right edges of a bar: `index` of `count` side by side about the place `center`.
pub(super) fn side_by_side(center: f64, index: usize, count: usize) -> [f64; 2] {
    const GROUP: f64 = 0.8;
    let width = GROUP / number(count.max(1));
    let left = center - GROUP / 2.0 + width * number(index);
    [left, left + width]
}
