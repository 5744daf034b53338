//! The paper's geometric operations (eqs. 2 to 4), on images of `rows` x `cols` values, row by row.
//!
//! Pixels lie at whole coordinates, x to the right, y downwards, from 0. What comes from outside the image is 0.

use std::fmt;

use table::Shape;

/// Width of the images in which the paper's shifts are pixels.
const REFERENCE_COLS: f64 = 256.0;

/// One way to make an image from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Left becomes right: `x_o = cols - 1 - x_i`. Eq. 2 prints `cols - x_i`, which leaves the image by one pixel.
    Mirror,
    /// `x_o = x_i + pixels` (eq. 4), in pixels of an image 256 columns wide.
    TranslateX(i32),
    /// `y_o = y_i + pixels`, the same along the other axis.
    TranslateY(i32),
    /// By whole degrees about the center of the image, counter-clockwise as seen. The paper names it and prints no
    /// equation: its eq. 3 repeats eq. 2.
    Rotate(i32),
}

impl Operation {
    /// Returns the image that the operation makes of `pixels`.
    ///
    /// Between pixels values are interpolated linearly, so that a shift in a binned image is the shift that the
    /// same pixels make before binning.
    pub fn apply(self, pixels: &[f32], shape: Shape) -> Vec<f32> {
        let Shape { rows, cols } = shape;
        let (center_x, center_y) = ((f64::from(cols) - 1.0) / 2.0, (f64::from(rows) - 1.0) / 2.0);
        let scale = f64::from(cols) / REFERENCE_COLS;
        let image = Plane { pixels, rows, cols };
        match self {
            Self::Mirror => {
                pixels.chunks_exact(cols as usize).flat_map(|row| row.iter().rev()).copied().collect()
            }
            Self::TranslateX(by) => image.pulled(|x, y| (x - scale * f64::from(by), y)),
            Self::TranslateY(by) => image.pulled(|x, y| (x, y - scale * f64::from(by))),
            Self::Rotate(degrees) => {
                let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
                image.pulled(|x, y| {
                    let (x, y) = (x - center_x, y - center_y);
                    (center_x + cos * x - sin * y, center_y + sin * x + cos * y)
                })
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mirror => f.write_str("mirror"),
            Self::TranslateX(by) => write!(f, "translate x{by:+}"),
            Self::TranslateY(by) => write!(f, "translate y{by:+}"),
            Self::Rotate(by) => write!(f, "rotate {by:+}"),
        }
    }
}

struct Plane<'a> {
    pixels: &'a [f32],
    rows: u32,
    cols: u32,
}

impl Plane<'_> {
    /// Returns the image whose pixel at (x, y) is the one at `from(x, y)` here.
    fn pulled(&self, from: impl Fn(f64, f64) -> (f64, f64)) -> Vec<f32> {
        let places = (0..self.rows).flat_map(|y| (0..self.cols).map(move |x| (f64::from(x), f64::from(y))));
        places.map(|(x, y)| self.between(from(x, y))).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "pixels are stored with 24 bits")]
    fn between(&self, (x, y): (f64, f64)) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = (x - left, y - top);
        let corners = [
            (left, top, (1.0 - right_share) * (1.0 - lower_share)),
            (left + 1.0, top, right_share * (1.0 - lower_share)),
            (left, top + 1.0, (1.0 - right_share) * lower_share),
            (left + 1.0, top + 1.0, right_share * lower_share),
        ];
        corners.into_iter().map(|(x, y, share)| share * self.at(x, y)).sum::<f64>() as f32
    }

    /// Returns the value at whole coordinates.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative side was left out before"
    )]
    fn at(&self, x: f64, y: f64) -> f64 {
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let row = self.pixels.chunks_exact(self.cols as usize).nth(y as usize);
        row.and_then(|row| row.get(x as usize)).map_or(0.0, |value| f64::from(*value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDE: Shape = Shape { rows: 3, cols: 256 };

    fn spot(shape: Shape, x: usize, y: usize) -> Vec<f32> {
        let mut pixels = vec![0.0; shape.rows as usize * shape.cols as usize];
        pixels[y * shape.cols as usize + x] = 1.0;
        pixels
    }

    #[test]
    fn a_mirror_exchanges_the_first_and_the_last_column() {
        let shape = Shape { rows: 2, cols: 3 };
        assert_eq!(
            Operation::Mirror.apply(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], shape),
            [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]
        );
    }

    #[test]
    fn a_translation_moves_right_and_down_and_fills_with_zeros() {
        assert_eq!(Operation::TranslateX(3).apply(&spot(WIDE, 10, 1), WIDE), spot(WIDE, 13, 1));
        assert_eq!(Operation::TranslateY(-1).apply(&spot(WIDE, 10, 1), WIDE), spot(WIDE, 10, 0));
        assert_eq!(Operation::TranslateX(3).apply(&spot(WIDE, 254, 1), WIDE), vec![0.0; 3 * 256]);
    }

    #[test]
    fn a_shift_shrinks_with_the_image() {
        let shape = Shape { rows: 1, cols: 64 };
        let moved = Operation::TranslateX(2).apply(&spot(shape, 10, 0), shape);
        assert_eq!(moved[9..13], [0.0, 0.5, 0.5, 0.0]);
    }

    #[test]
    fn a_quarter_turn_takes_the_right_to_the_top() {
        let shape = Shape { rows: 5, cols: 5 };
        let turned = Operation::Rotate(90).apply(&spot(shape, 4, 2), shape);
        let expected = spot(shape, 2, 0);
        assert!(turned.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{turned:?}");
    }

    #[test]
    fn a_rotation_keeps_the_center_of_an_elongated_image() {
        let shape = Shape { rows: 41, cols: 11 };
        let turned = Operation::Rotate(5).apply(&spot(shape, 5, 20), shape);
        assert!((turned[20 * 11 + 5] - 1.0).abs() < 1e-6);
        // 20 pixels above the center, 5° move a point by 20 sin 5° = 1.74 pixels to the left.
        let head = Operation::Rotate(5).apply(&spot(shape, 5, 1), shape);
        let mean_x: f32 = head.iter().enumerate().map(|(place, value)| (place % 11) as f32 * value).sum();
        let mass: f32 = head.iter().sum();
        assert!((mean_x / mass - (5.0 - 19.0 * 5_f32.to_radians().sin())).abs() < 0.05, "{}", mean_x / mass);
    }

    #[test]
    fn operations_are_written_with_their_sign() {
        let written =
            [Operation::Mirror, Operation::TranslateX(3), Operation::TranslateY(-1), Operation::Rotate(-2)];
        assert_eq!(
            written.map(|operation| operation.to_string()),
            ["mirror", "translate x+3", "translate y-1", "rotate -2"]
        );
    }

    proptest! {
        #[test]
        fn mirroring_twice_changes_nothing(
            (shape, pixels) in (1_u32..9, 1_u32..9).prop_flat_map(|(rows, cols)| {
                let pixels = prop::collection::vec(0.0_f32..1.0, (rows * cols) as usize);
                (Just(Shape { rows, cols }), pixels)
            }),
        ) {
            let once = Operation::Mirror.apply(&pixels, shape);
            prop_assert_eq!(Operation::Mirror.apply(&once, shape), pixels);
        }

        #[test]
        fn a_translation_keeps_the_sum_of_what_stays_inside(
            inner in prop::collection::vec(0.0_f64..1.0, 4),
            by in -6_i32..=6,
            cols in prop::sample::select(vec![16_u32, 64, 256]),
        ) {
            let shape = Shape { rows: 16, cols };
            let mut pixels = vec![0.0; 16 * cols as usize];
            for (place, value) in inner.iter().enumerate() {
                pixels[8 * cols as usize + 7 + place % 2] += *value as f32;
            }
            let sum = |pixels: &[f32]| pixels.iter().copied().map(f64::from).sum::<f64>();
            for operation in [Operation::TranslateX(by), Operation::TranslateY(by)] {
                prop_assert!((sum(&operation.apply(&pixels, shape)) - sum(&pixels)).abs() < 1e-5);
            }
        }

        #[test]
        fn a_normalized_image_stays_between_0_and_1(
            pixels in prop::collection::vec(0.0_f32..=1.0, 40),
            degrees in -5_i32..=5,
        ) {
            let turned = Operation::Rotate(degrees).apply(&pixels, Shape { rows: 8, cols: 5 });
            prop_assert!(turned.iter().all(|value| (0.0..=1.0 + 1e-6).contains(value)));
        }
    }
}
