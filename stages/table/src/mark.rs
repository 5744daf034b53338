use crate::Glyph;
use crate::row::columns;

columns! {
    /// One thing that a figure draws, in the units of its panel's axes.
    pub struct Mark in "marks" {
        /// Panel on which it lies.
        pub panel: String,
        /// What it looks like.
        pub glyph: Glyph,
        /// Entry of the legend to which it belongs; empty if there is none.
        pub series: String,
        /// Name of its place on an axis of names, or of the run that a thin line is of; else empty.
        pub category: String,
        /// Horizontal place, or the left edge.
        pub x: f64,
        /// Vertical place, or one edge.
        pub y: f64,
        /// The other edge, or end.
        pub x_end: Option<f64>,
        /// The other edge, or end.
        pub y_end: Option<f64>,
        /// How dark a cell is, from 0 to 1.
        pub share: Option<f64>,
        /// What is printed at it; of an image, its PNG as a data URI.
        pub text: String,
    }
}
