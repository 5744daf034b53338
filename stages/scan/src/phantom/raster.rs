use table::View;

/// Rows, from the head on, and columns of a scan.
pub const SIZE: [u16; 2] = [1024, 256];
/// The rows.
pub const ROWS: usize = SIZE[0] as usize;
/// The columns.
pub const COLS: usize = SIZE[1] as usize;
/// Side of a pixel in millimeters, as Siemens cameras have it for 1024 x 256.
pub const PIXEL_MM: f64 = 2.4;

/// Width of the field of view of a camera; the columns beyond are empty.
const FIELD_MM: f64 = 533.0;

/// A point in the body in millimeters: to the patient's left of the middle of the scan, to the front of the middle
/// of the body, and down from the first row.
pub type Point = [f64; 3];

/// An image of [`ROWS`] x [`COLS`] numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster(pub Vec<f64>);

impl Raster {
    /// Returns an image of equal numbers.
    pub fn filled(value: f64) -> Self {
        Self(vec![value; ROWS * COLS])
    }

    /// Returns the number of the pixel that a place (column, row) lies in, or in which it would if the image went on
    /// as at its edge.
    pub fn at(&self, [col, row]: [f64; 2]) -> f64 {
        self.0[index(row, ROWS) * COLS + index(col, COLS)]
    }

    /// Returns the sum of two images.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(value, other)| *value += other);
        self
    }

    /// Returns the image with all numbers multiplied.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self(self.0.iter().map(|value| value * factor).collect())
    }

    /// Returns the sum of all numbers.
    pub fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

fn index(place: f64, size: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range is clamped"
    )]
    let index = place.max(0.0) as usize;
    index.min(size - 1)
}

/// Returns whether a camera can see what is so far to the left of the middle.
pub fn in_field(left_mm: f64) -> bool {
    left_mm.abs() <= FIELD_MM / 2.0
}

/// Returns where a view shows a point: column and row, the first pixel being from 0 to 1.
///
/// A camera behind the patient sees the patient's left on its left, and so it is stored.
pub fn place([left, _, down]: Point, view: View) -> [f64; 2] {
    let left = match view {
        View::Anterior => left,
        View::Posterior => -left,
    };
    [128.0 + left / PIXEL_MM, down / PIXEL_MM]
}
