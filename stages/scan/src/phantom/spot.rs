use std::f64::consts::TAU;

use super::hotspot::Hotspot;
use super::projection::{Exposure, PRIMARY};
use super::raster::PIXEL_MM;
use super::skeleton::Source;

/// Excess over the background, relative, from which a reader sees a spot.
const CONTRAST: f64 = 0.2;
/// Excess counts of a spot in their own standard deviation, from which a reader sees it (Rose).
const CONFIDENCE: f64 = 4.0;

/// How a hot spot looks in one view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Its form.
    pub ellipse: Ellipse,
    /// Its peak over the healthy background, relative.
    pub contrast: f64,
    /// The counts in it, but for the time that the camera looks.
    counts: f64,
}

/// A Gaussian in an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// Column and row of its center.
    pub center: [f64; 2],
    /// Standard deviation along each main axis.
    pub deviations: [f64; 2],
    /// Angle from the columns to the first axis, in radians.
    pub angle: f64,
}

impl Spot {
    /// Returns how a hot spot looks in a healthy body with these sources; nothing if no bone is near, or it is out of
    /// the field of view.
    pub fn of(hotspot: &Hotspot, sources: &[Source], healthy: &Exposure<'_>) -> Option<Self> {
        let camera = healthy.camera;
        let mut sums = Moments::default();
        for source in sources {
            let added = hotspot.added(source);
            if added > 0.0 {
                let counts = PRIMARY * added * camera.transmission(source.position) / (PIXEL_MM * PIXEL_MM);
                let variance =
                    camera.resolution(source.position).powi(2) + (source.spread / PIXEL_MM).powi(2);
                sums.add(counts, camera.place(source.position), variance);
            }
        }
        let ellipse = sums.ellipse()?;
        let background = healthy.image.at(ellipse.center);
        (background > 0.0).then(|| Self {
            ellipse,
            contrast: sums.counts / ellipse.area() / background,
            counts: sums.counts,
        })
    }

    /// Returns the same spot with `factor` times the activity.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { contrast: self.contrast * factor, counts: self.counts * factor, ..self }
    }

    /// Returns whether a reader can see the spot when the camera looks for some time.
    pub fn is_visible(&self, time: f64) -> bool {
        // The background within two standard deviations, where nearly all of the spot is.
        let background = 2.0 * self.counts / self.contrast;
        let confidence = time * self.counts / (time * (self.counts + background)).sqrt();
        self.contrast > CONTRAST && confidence > CONFIDENCE
    }
}

impl Ellipse {
    /// Returns the area of a flat top of the same height and sum.
    fn area(&self) -> f64 {
        TAU * self.deviations[0] * self.deviations[1]
    }
}

/// Sums over the parts of a spot.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    counts: f64,
    center: [f64; 2],
    /// Of the columns, of the rows, and of both.
    squares: [f64; 3],
}

impl Moments {
    fn add(&mut self, counts: f64, [col, row]: [f64; 2], variance: f64) {
        self.counts += counts;
        self.center[0] += counts * col;
        self.center[1] += counts * row;
        let squares = [col * col + variance, row * row + variance, col * row];
        self.squares.iter_mut().zip(squares).for_each(|(sum, square)| *sum += counts * square);
    }

    fn ellipse(&self) -> Option<Ellipse> {
        if self.counts <= 0.0 {
            return None;
        }
        let center = self.center.map(|sum| sum / self.counts);
        let [cols, rows, both] = self.squares.map(|sum| sum / self.counts);
        let (cols, rows) = (cols - center[0].powi(2), rows - center[1].powi(2));
        let both = both - center[0] * center[1];
        let (middle, reach) = (f64::midpoint(cols, rows), ((cols - rows) / 2.0).hypot(both));
        let deviations = [middle + reach, middle - reach].map(|variance| variance.max(1.0).sqrt());
        Some(Ellipse { center, deviations, angle: (2.0 * both).atan2(cols - rows) / 2.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts_on_a_diagonal_make_a_long_ellipse_along_it() {
        let mut sums = Moments::default();
        sums.add(1.0, [100.0, 200.0], 4.0);
        sums.add(1.0, [106.0, 206.0], 4.0);
        let ellipse = sums.ellipse().unwrap();
        assert_eq!(ellipse.center, [103.0, 203.0]);
        assert!((ellipse.deviations[0] - 22.0_f64.sqrt()).abs() < 1e-6, "{ellipse:?}");
        assert!((ellipse.deviations[1] - 2.0).abs() < 1e-6);
        assert!((ellipse.angle.to_degrees() - 45.0).abs() < 1e-6);
    }
}
