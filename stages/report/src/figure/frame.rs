use serde::{Deserialize, Serialize};

use super::axis::Axis;

/// A panel without what is drawn in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Frame {
    /// Name, unique on the page: the `panel` of its marks.
    pub(super) name: String,
    /// Heading.
    pub(super) title: String,
    /// Lines below the heading, or beside an image.
    pub(super) lines: Vec<String>,
    /// Horizontal axis.
    pub(super) x: Axis,
    /// Vertical axis.
    pub(super) y: Axis,
    /// Its shape.
    pub(super) look: Look,
    /// Names of the series, in the order of their inks.
    pub(super) legend: Vec<Entry>,
}

/// The shape of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Look {
    /// Wide, with the legend above.
    Wide,
    /// A square, with the legend in its lower right corner.
    Square,
    /// An image, with its lines beside it.
    Picture,
    /// A sentence that says why there is no image.
    Blank,
}

/// A name in a legend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The `series` of its marks.
    pub(super) series: String,
    /// What is printed.
    pub(super) label: String,
}

impl Entry {
    /// Returns an entry.
    pub(super) fn new(series: impl Into<String>, label: impl Into<String>) -> Self {
        Self { series: series.into(), label: label.into() }
    }
}
