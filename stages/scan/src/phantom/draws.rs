use std::f64::consts::TAU;

use contract::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers for one use.
#[derive(Clone, Debug)]
pub struct Draws(ChaCha8Rng);

/// Means above this are drawn as two halves, since `exp(-mean)` has to stay far from zero.
const LARGEST_MEAN: f64 = 500.0;

impl Draws {
    /// Starts the stream for the use called `name`.
    pub fn new(seed: Seed, name: &str) -> Self {
        Self(ChaCha8Rng::from_seed(seed.fork_bytes(name)))
    }

    /// Returns a number from 0 to 1, 1 left out, in steps of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let bits = (self.0.next_u64() >> 11) as f64;
        bits * f64::EPSILON / 2.0
    }

    /// Returns a number between two bounds.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Returns true with a probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Returns a normal deviate (Box and Muller), no further than 2.5 standard deviations from the mean.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let deviate = radius * (TAU * self.unit()).cos();
        mean + deviation * deviate.clamp(-2.5, 2.5)
    }

    /// Returns a log-normal deviate, with the same bound.
    pub fn log_normal(&mut self, median: f64, deviation: f64) -> f64 {
        median * self.normal(0.0, deviation).exp()
    }

    /// Returns a log-normal deviate, 95 % of which lie between two bounds, and none beyond.
    pub fn spread(&mut self, low: f64, high: f64) -> f64 {
        self.log_normal((low * high).sqrt(), (high / low).ln() / 4.0).clamp(low, high)
    }

    /// Returns a position in a list of weights, none negative and some positive.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        let reached = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        reached.unwrap_or(weights.len().saturating_sub(1))
    }

    /// Returns a position in a list of `length`, at least 1.
    pub fn position(&mut self, length: usize) -> usize {
        self.weighted(&vec![1.0; length])
    }

    /// Returns how often in a row something happens that has a mean of `mean` times, at most `most` times.
    pub fn geometric(&mut self, mean: f64, most: usize) -> usize {
        let again = mean / (1.0 + mean);
        (0..most).take_while(|_| self.chance(again)).count()
    }

    /// Returns a Poisson deviate, by inversion.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean > LARGEST_MEAN {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let wanted = self.unit();
        let (mut count, mut probability) = (0, (-mean).exp());
        let mut reached = probability;
        // Past the point where terms stop adding to the sum, rounding would hold it below `wanted` for ever.
        while reached <= wanted && (probability > f64::MIN_POSITIVE || f64::from(count) < mean) {
            count += 1;
            probability *= mean / f64::from(count);
            reached += probability;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0)
    }

    #[test]
    fn the_mean_of_poisson_deviates_is_their_variance() {
        for mean in [0.2, 3.0, 40.0, 450.0, 2000.0] {
            let mut draws = Draws::new(Seed(1), "poisson");
            let (found, variance) = moments(|| f64::from(draws.poisson(mean)));
            assert!((found / mean - 1.0).abs() < 0.05, "{found} for {mean}");
            assert!((variance / mean - 1.0).abs() < 0.05, "{variance} for {mean}");
        }
        assert_eq!(Draws::new(Seed(1), "zero").poisson(0.0), 0);
    }

    #[test]
    fn normal_deviates_have_their_mean_and_variance() {
        let mut draws = Draws::new(Seed(2), "normal");
        let (mean, variance) = moments(|| draws.normal(3.0, 2.0));
        assert!((mean - 3.0).abs() < 0.05 && (variance - 4.0).abs() < 0.35, "{mean} {variance}");
    }

    #[test]
    fn weights_are_frequencies() {
        let mut draws = Draws::new(Seed(3), "weights");
        let mut counts = [0; 3];
        (0..4000).for_each(|_| counts[draws.weighted(&[1.0, 0.0, 3.0])] += 1);
        assert_eq!(counts[1], 0);
        assert!((900..1100).contains(&counts[0]), "{counts:?}");
    }
}
