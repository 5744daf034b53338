use std::collections::BTreeMap;

use table::{Lesion, Shape};

/// The pixels of an image that belong to lesions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    rows: usize,
    cols: usize,
    pixels: Vec<bool>,
}

impl Mask {
    /// Returns the pixels for which `inside` holds, given row and column.
    pub fn of(rows: usize, cols: usize, inside: impl Fn(usize, usize) -> bool) -> Self {
        let pixels = (0..rows * cols).map(|at| inside(at / cols, at % cols)).collect();
        Self { rows, cols, pixels }
    }

    /// Returns the pixels of a `rows` x `cols` image that at least `readers` readers marked, of `lesions` in an image
    /// of the size `stored`; a pixel that a mark touches belongs to it.
    pub fn marked(lesions: &[&Lesion], readers: usize, stored: Shape, rows: usize, cols: usize) -> Self {
        let mut by_reader: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        for lesion in lesions {
            let marked = by_reader.entry(&lesion.reader).or_insert_with(|| vec![false; rows * cols]);
            let (left, right) = span(lesion.x_min, lesion.x_max, stored.cols, cols);
            let (top, bottom) = span(lesion.y_min, lesion.y_max, stored.rows, rows);
            for row in top..bottom {
                marked[row * cols + left..row * cols + right].fill(true);
            }
        }
        let votes = |at: usize| by_reader.values().filter(|marked| marked[at]).count();
        Self::of(rows, cols, |row, col| votes(row * cols + col) >= readers)
    }

    /// Returns these pixels and all that are at most `by` rows and columns away from one.
    #[must_use]
    pub fn grown(&self, by: usize) -> Self {
        let mut grown = vec![false; self.pixels.len()];
        for (at, _) in self.pixels.iter().enumerate().filter(|(_, inside)| **inside) {
            let (row, col) = (at / self.cols, at % self.cols);
            let (left, right) = (col.saturating_sub(by), (col + by + 1).min(self.cols));
            for row in row.saturating_sub(by)..(row + by + 1).min(self.rows) {
                grown[row * self.cols + left..row * self.cols + right].fill(true);
            }
        }
        Self { pixels: grown, ..*self }
    }

    /// Returns whether each pixel is inside, row by row.
    pub fn pixels(&self) -> &[bool] {
        &self.pixels
    }

    /// Returns whether a pixel is inside.
    pub fn contains(&self, (row, col): (usize, usize)) -> bool {
        self.pixels[row * self.cols + col]
    }

    /// Returns whether no pixel is inside.
    pub fn is_empty(&self) -> bool {
        !self.pixels.contains(&true)
    }

    /// Returns the share of pixels inside.
    #[expect(clippy::cast_precision_loss, reason = "pixels of an image")]
    pub fn share(&self) -> f64 {
        let inside = self.pixels.iter().filter(|inside| **inside).count();
        inside as f64 / self.pixels.len() as f64
    }
}

/// Returns the pixels, of `have` on an axis, that the interval touches of an axis with `stored` pixels.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in an image are small; a cast cuts at 0"
)]
fn span(from: f64, to: f64, stored: u32, have: usize) -> (usize, usize) {
    let scale = have as f64 / f64::from(stored);
    let first = ((from * scale).floor() as usize).min(have);
    let last = ((to * scale).ceil() as usize).clamp(first, have);
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesion(reader: &str, [x_min, y_min, x_max, y_max]: [f64; 4]) -> Lesion {
        let [image_id, disease, site] = ["i", "metastasis", ""].map(str::to_owned);
        Lesion { image_id, reader: reader.to_owned(), disease, site, x_min, y_min, x_max, y_max }
    }

    #[test]
    fn a_pixel_is_a_lesion_if_enough_readers_marked_it() {
        let lesions = [
            lesion("a", [0.0, 0.0, 8.0, 4.0]),
            lesion("a", [0.0, 0.0, 8.0, 4.0]),
            lesion("b", [5.0, 0.0, 16.0, 9.0]),
        ];
        let lesions: Vec<&Lesion> = lesions.iter().collect();
        let mask = |readers| Mask::marked(&lesions, readers, Shape { rows: 16, cols: 16 }, 4, 4);
        assert_eq!(mask(2), Mask::of(4, 4, |row, col| row == 0 && col == 1));
        assert_eq!(mask(1), Mask::of(4, 4, |row, col| row == 0 || (row < 3 && col > 0)));
        assert!(mask(3).is_empty());
    }

    #[test]
    fn a_mark_beyond_the_image_is_cut_off() {
        let lesion = lesion("a", [-5.0, -5.0, 99.0, 3.0]);
        let mask = Mask::marked(&[&lesion], 1, Shape { rows: 16, cols: 16 }, 4, 4);
        assert_eq!(mask, Mask::of(4, 4, |row, _| row == 0));
    }

    #[test]
    fn a_mask_grows_to_all_sides() {
        let mask = Mask::of(5, 6, |row, col| (row, col) == (1, 4));
        assert_eq!(mask.grown(0), mask);
        assert_eq!(mask.grown(1), Mask::of(5, 6, |row, col| row <= 2 && col >= 3));
        assert!((mask.grown(1).share() - 0.3).abs() < 1e-12);
    }
}
