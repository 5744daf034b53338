use std::f64::consts::TAU;

use contract::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::network::ParameterShape;

/// Standard deviation of the first weights.
const DEVIATION: f32 = 0.02;

/// Returns `count` independent standard normal deviates of the use called `name`, by the method of Box and Muller.
#[expect(clippy::cast_possible_truncation, reason = "computed in f64, used in f32")]
pub fn normal(count: usize, seed: Seed, name: &str) -> Vec<f32> {
    let mut generator = ChaCha8Rng::from_seed(seed.fork_bytes(name));
    let mut unit = || (f64::from(generator.next_u32()) + 0.5) / (f64::from(u32::MAX) + 1.0);
    (0..count).map(|_| ((-2.0 * unit().ln()).sqrt() * (TAU * unit()).cos()) as f32).collect()
}

/// Returns the values that a parameter starts with.
///
/// ```text
/// weights of convolutions ~ N(0, 0.02²)        scales of a batch normalization ~ N(1, 0.02²)        its offsets 0
/// ```
///
/// # Source
/// Radford et al. 2016, §4, and PyTorch's own example.
pub fn first_values(shape: &ParameterShape, seed: Seed) -> Vec<f32> {
    let count = usize::try_from(shape.count()).expect("a parameter that is made fits the memory");
    let mean = match shape.dims.as_slice() {
        [_] if shape.name.ends_with("bias") => return vec![0.0; count],
        [_] => 1.0,
        _ => 0.0,
    };
    normal(count, seed, &shape.name).into_iter().map(|deviate| mean + DEVIATION * deviate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f32]) -> (f32, f32) {
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt())
    }

    fn shape(name: &str, dims: &[usize]) -> ParameterShape {
        ParameterShape { name: name.to_owned(), dims: dims.to_vec() }
    }

    #[test]
    fn deviates_have_mean_0_and_deviation_1_and_a_normal_share_of_large_ones() {
        let values = normal(40_000, Seed(1), "z");
        let (mean, deviation) = moments(&values);
        assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.02, "{mean} {deviation}");
        let beyond = values.iter().filter(|value| value.abs() > 1.96).count();
        assert!((1800..2200).contains(&beyond), "{beyond}");
    }

    #[test]
    fn every_name_and_every_seed_has_deviates_of_its_own() {
        assert_eq!(normal(4, Seed(1), "a"), normal(4, Seed(1), "a"));
        assert_ne!(normal(4, Seed(1), "a"), normal(4, Seed(1), "b"));
        assert_ne!(normal(4, Seed(1), "a"), normal(4, Seed(2), "a"));
    }

    #[test]
    fn weights_start_around_0_scales_around_1_and_offsets_at_0() {
        let start = |name, dims: &[usize]| moments(&first_values(&shape(name, dims), Seed(1)));
        for ((mean, deviation), expected) in
            [(start("main.0.weight", &[64, 64, 2, 2]), 0.0), (start("main.1.weight", &[9000]), 1.0)]
        {
            assert!(
                (mean - expected).abs() < 0.001 && (deviation - 0.02).abs() < 0.001,
                "{mean} {deviation}"
            );
        }
        assert_eq!(start("main.1.bias", &[5]), (0.0, 0.0));
    }
}
