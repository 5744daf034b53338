use super::raster::Point;
use super::skeleton::{Source, distance};

/// Standard deviations in the full width at half maximum of a Gaussian.
pub const FULL_WIDTH: f64 = 2.355;

/// A region in which bone takes up more tracer than it should.
///
/// Uptake is multiplied by `1 + excess * exp(-d² / 2 size²)` at a distance of `d` from the center. So a lesion has the
/// shape of the bone that it is in, and both views show the same one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hotspot {
    /// Its center.
    pub center: Point,
    /// Standard deviation, in millimeters.
    pub size: f64,
    /// Uptake at the center, relative to normal bone, less 1.
    pub excess: f64,
}

impl Hotspot {
    /// Returns the activity that the hot spot adds to a source.
    pub fn added(&self, source: &Source) -> f64 {
        let distance = distance(self.center, source.position) / self.size;
        if distance > 4.0 { 0.0 } else { source.activity * self.excess * (-0.5 * distance * distance).exp() }
    }
}

/// Returns the activity that hot spots add to healthy bone. Where several meet, each adds to what is healthy.
pub fn heat(healthy: &[Source], hotspots: &[Hotspot]) -> Vec<Source> {
    let heated = |source: &Source| Source {
        activity: hotspots.iter().map(|hotspot| hotspot.added(source)).sum(),
        ..*source
    };
    healthy.iter().map(heated).filter(|source| source.activity > 0.0).collect()
}
