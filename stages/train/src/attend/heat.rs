use super::mask::Mask;
use crate::model::Lattice;

/// How much a network looks at each pixel of an image; more is more.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Values, row by row.
    pub values: Vec<f32>,
}

impl Heat {
    /// Returns a map of `rows` x `cols` pixels, linear between the `cells` of a smaller one and level beyond them.
    ///
    /// # Shapes
    /// `cells`: `width` in each row.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places in an image are small, and at least 0"
    )]
    pub fn between(cells: &[f32], width: usize, lattice: Lattice, rows: usize, cols: usize) -> Self {
        let place = |pixel: usize, axis: usize, cells: usize| {
            let last = cells.saturating_sub(1);
            let place = ((pixel as f64 - lattice.first[axis]) / lattice.step).clamp(0.0, last as f64);
            let before = place as usize;
            (before, (before + 1).min(last), (place - before as f64) as f32)
        };
        let height = cells.len() / width;
        let mut values = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            let (above, below, down) = place(row, 0, height);
            for col in 0..cols {
                let (left, right, across) = place(col, 1, width);
                let along = |row: usize| {
                    let (left, right) = (cells[row * width + left], cells[row * width + right]);
                    left + (right - left) * across
                };
                let (above, below) = (along(above), along(below));
                values.push(above + (below - above) * down);
            }
        }
        Self { rows, cols, values }
    }

    /// Returns row and column of the largest value; of equal ones the first.
    pub fn peak(&self) -> (usize, usize) {
        let values = self.values.iter().enumerate();
        let peak = values.fold(
            (0, f32::NEG_INFINITY),
            |best, (at, value)| {
                if *value > best.1 { (at, *value) } else { best }
            },
        );
        (peak.0 / self.cols, peak.0 % self.cols)
    }

    /// Returns the share of the map, above its smallest value, that lies within `mask`; of a level map, its area.
    pub fn energy(&self, mask: &Mask) -> f64 {
        let least = self.least();
        let above = |value: &f32| f64::from(value - least);
        let all: f64 = self.values.iter().map(above).sum();
        let inside: f64 = self
            .values
            .iter()
            .zip(mask.pixels())
            .filter(|(_, inside)| **inside)
            .map(|(value, _)| above(value))
            .sum();
        if all > 0.0 { inside / all } else { mask.share() }
    }

    /// Returns the values from 0, the smallest, to 1, the largest.
    pub fn stretched(&self) -> Vec<f32> {
        let least = self.least();
        let range = self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
        self.values.iter().map(|value| if range > 0.0 { (value - least) / range } else { 0.0 }).collect()
    }

    fn least(&self) -> f32 {
        self.values.iter().copied().fold(f32::INFINITY, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_linear_between_its_cells_and_level_beyond_them() {
        let lattice = Lattice { first: [1.0, 0.0], step: 2.0 };
        let heat = Heat::between(&[0.0, 2.0, 4.0, 6.0], 2, lattice, 5, 4);
        let column: Vec<f32> = (0..5).map(|row| heat.values[row * 4]).collect();
        assert_eq!(column, [0.0, 0.0, 2.0, 4.0, 4.0]);
        assert_eq!(&heat.values[..4], [0.0, 1.0, 2.0, 2.0]);
        assert_eq!(heat.peak(), (3, 2));
    }

    #[test]
    fn energy_is_counted_from_the_smallest_value() {
        let heat = Heat { rows: 1, cols: 4, values: vec![1.0, 2.0, 4.0, 1.0] };
        let mask = Mask::of(1, 4, |_, col| col == 2);
        assert!((heat.energy(&mask) - 0.75).abs() < 1e-12);
        let level = Heat { values: vec![3.0; 4], ..heat };
        assert!((level.energy(&mask) - 0.25).abs() < 1e-12);
        assert_eq!(level.stretched(), [0.0; 4]);
    }
}
