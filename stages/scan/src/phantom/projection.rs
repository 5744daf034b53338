use std::f64::consts::TAU;

use table::View;

use super::blur::{blur, blur_broadly};
use super::body::Body;
use super::hotspot::FULL_WIDTH;
use super::raster::{COLS, PIXEL_MM, Point, ROWS, Raster, in_field, place};
use super::skeleton::Source;
use super::surface::Surface;

/// Attenuation of 140 keV in water for a broad beam, per millimeter.
const ATTENUATION: f64 = 0.012;
/// By how much less a lung attenuates, and emits, than other soft tissue, relative.
const LUNG_DEFICIT: f64 = 0.7;
/// Share of all counts that are scattered, in an energy window of 20 %.
const SCATTERED: f64 = 0.27;
/// Share of all counts that are not.
pub const PRIMARY: f64 = 1.0 - SCATTERED;
/// Width of scatter at half maximum, in millimeters.
const SCATTER_MM: f64 = 62.0;
/// Width of the image of a point at the collimator, and by how much it grows with distance (low energy, high
/// resolution: 8 mm at 10 cm).
const RESOLUTION_MM: f64 = 3.8;
const RESOLUTION_LOSS: f64 = 0.042;
/// Gap between body and collimator in front, and behind, where the table is.
const GAPS_MM: [f64; 2] = [50.0, 40.0];

/// A camera on one side of a body.
#[derive(Clone, Copy, Debug)]
pub struct Camera<'a> {
    surface: &'a Surface,
    view: View,
    /// Where the collimator is, to the front of the middle of the body.
    face: f64,
}

impl<'a> Camera<'a> {
    /// Places a camera as close to a body as it gets.
    pub fn new(surface: &'a Surface, view: View) -> Self {
        let finite = |raster: &'a Raster| raster.0.iter().copied().filter(|value| value.is_finite());
        let face = match view {
            View::Anterior => finite(&surface.front).fold(0.0, f64::max) + GAPS_MM[0],
            View::Posterior => finite(&surface.back).fold(0.0, f64::min) - GAPS_MM[1],
        };
        Self { surface, view, face }
    }

    /// Returns where the camera shows a point: column and row.
    pub fn place(&self, position: Point) -> [f64; 2] {
        place(position, self.view)
    }

    /// Returns the share of a point's emission that gets out of the body.
    pub fn transmission(&self, position: Point) -> f64 {
        let at = place(position, View::Anterior);
        let [_, front, _] = position;
        let (lung_front, lung_back) = (self.surface.lung_front.at(at), self.surface.lung_back.at(at));
        let (depth, lung) = match self.view {
            View::Anterior => (self.surface.front.at(at) - front, lung_front - lung_back.max(front)),
            View::Posterior => (front - self.surface.back.at(at), lung_front.min(front) - lung_back),
        };
        // Outside of the surface the depth is not finite, or negative; without a lung so is the way through it.
        let depth = if depth.is_finite() { depth.max(0.0) } else { 0.0 };
        (-ATTENUATION * (depth - LUNG_DEFICIT * lung.max(0.0)).max(0.0)).exp()
    }

    /// Returns the standard deviation of a point's image, in pixels.
    pub fn resolution(&self, position: Point) -> f64 {
        let distance = (self.face - position[1]).abs();
        (RESOLUTION_MM + RESOLUTION_LOSS * distance) / FULL_WIDTH / PIXEL_MM
    }

    /// Returns the expected counts of some sources in each pixel, but for a factor: how long the camera looks.
    ///
    /// Emission is attenuated on its way out, blurred by the collimator the more the deeper it comes from, and a part
    /// of it scattered.
    pub fn sources(&self, sources: &[Source]) -> Raster {
        let mut image = Raster::filled(0.0);
        sources.iter().for_each(|source| self.splat(source, &mut image));
        detected(image)
    }

    /// Returns the same of soft tissue. Its activity does not depend on depth, and so it is the same from both
    /// sides.
    pub fn soft_tissue(&self) -> Raster {
        let thickness =
            |front: &Raster, back: &Raster, pixel: usize| (front.0[pixel] - back.0[pixel]).max(0.0);
        let surface = self.surface;
        let emitted = |pixel: usize| {
            let lung = thickness(&surface.lung_front, &surface.lung_back, pixel);
            let water = thickness(&surface.front, &surface.back, pixel) - LUNG_DEFICIT * lung;
            surface.activity.0[pixel] * (1.0 - (-ATTENUATION * water.max(0.0)).exp()) / ATTENUATION
        };
        let image: Vec<f64> = (0..ROWS * COLS).map(emitted).collect();
        let flipped = match self.view {
            View::Anterior => image,
            View::Posterior => image.chunks_exact(COLS).flat_map(|line| line.iter().rev().copied()).collect(),
        };
        detected(blur(&Raster(flipped), self.resolution([0.0; 3])))
    }

    /// Adds the image of one source.
    fn splat(&self, source: &Source, image: &mut Raster) {
        let sigma = self.resolution(source.position).hypot(source.spread / PIXEL_MM);
        let [col, row] = self.place(source.position);
        let peak = source.activity * self.transmission(source.position)
            / (PIXEL_MM * PIXEL_MM)
            / (TAU * sigma * sigma);
        let (first_col, across) = profile(col, sigma, COLS);
        let (first_row, down) = profile(row, sigma, ROWS);
        for (line, weight) in image.0.chunks_exact_mut(COLS).skip(first_row).zip(down) {
            let weight = peak * weight;
            line[first_col..].iter_mut().zip(&across).for_each(|(pixel, across)| *pixel += weight * across);
        }
    }
}

/// What a camera sees of a healthy body.
#[derive(Clone, Debug)]
pub struct Exposure<'a> {
    /// The camera.
    pub camera: Camera<'a>,
    /// Its image: expected counts, but for the time that it looks.
    pub image: Raster,
}

impl<'a> Exposure<'a> {
    /// Exposes a body.
    pub fn of(body: &'a Body, view: View) -> Self {
        let camera = Camera::new(&body.surface, view);
        Self { camera, image: camera.soft_tissue().plus(&camera.sources(&body.sources)) }
    }

    /// Returns the image of the body with more sources.
    pub fn with(&self, more: &[Source]) -> Raster {
        self.camera.sources(more).plus(&self.image)
    }
}

/// Returns a Gaussian of height 1 at the centers of those of `size` pixels that it reaches, and the first of them.
fn profile(center: f64, sigma: f64, size: usize) -> (usize, Vec<f64>) {
    const REACH: f64 = 3.5;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range is clamped"
    )]
    let [first, last] =
        [center - REACH * sigma, center + REACH * sigma].map(|edge| (edge.max(0.0) as usize).min(size));
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let gaussian = |pixel: usize| (-0.5 * ((pixel as f64 + 0.5 - center) / sigma).powi(2)).exp();
    (first, (first..last).map(gaussian).collect())
}

/// Scatters a part of an image, and empties what is not in the field of view.
fn detected(mut image: Raster) -> Raster {
    let scattered = blur_broadly(&image, SCATTER_MM / FULL_WIDTH / PIXEL_MM);
    for (primary, scattered) in image.0.iter_mut().zip(scattered.0) {
        *primary += (scattered - *primary) * SCATTERED;
    }
    for line in image.0.chunks_exact_mut(COLS) {
        for (pixel, col) in line.iter_mut().zip(0_i32..) {
            if !in_field((f64::from(col) - 127.5) * PIXEL_MM) {
                *pixel = 0.0;
            }
        }
    }
    image
}
