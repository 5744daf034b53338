use super::draws::Draws;
use super::raster::Raster;

/// Returns counts: Poisson deviates, independent of each other, whose means are the expected counts.
pub fn counts(expected: &Raster, draws: &mut Draws) -> Vec<u16> {
    let count = |mean: &f64| u16::try_from(draws.poisson(*mean)).unwrap_or(u16::MAX);
    expected.0.iter().map(count).collect()
}
