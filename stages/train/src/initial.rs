use contract::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::network::ParameterShape;

/// Returns the values that a parameter starts with: Glorot-uniform weights and biases of zero.
///
/// ```text
/// w ~ U(-l, l)        l = sqrt( 6 / (fan in + fan out) )
/// ```
///
/// Drawn from a generator of the parameter's own name, so that they depend on no other parameter.
///
/// # Source
/// Not in the paper; the default of TensorFlow 2, which it used.
pub fn values(shape: &ParameterShape, seed: Seed) -> Vec<f32> {
    let count = usize::try_from(shape.count()).expect("a parameter that is made fits the memory");
    let Some((fan_in, fan_out)) = shape.fans() else { return vec![0.0; count] };
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a bound in f32")]
    let limit = (6.0 / (fan_in as f64 + fan_out as f64)).sqrt() as f32;
    let mut generator = ChaCha8Rng::from_seed(seed.fork_bytes(&shape.name));
    (0..count).map(|_| limit * signed_unit(generator.next_u32())).collect()
}

/// Returns one of the 2^23 evenly spaced numbers in -1..1 whose mean is zero.
#[expect(clippy::cast_precision_loss, reason = "24 bits fit an f32")]
fn signed_unit(bits: u32) -> f32 {
    const STEPS: f32 = (1 << 23) as f32;
    (2 * (bits >> 9) + 1) as f32 / STEPS - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str, dims: &[usize]) -> ParameterShape {
        ParameterShape { name: name.to_owned(), dims: dims.to_vec() }
    }

    #[test]
    fn weights_fill_the_interval_of_glorot_evenly() {
        let limit = (6.0_f32 / (9.0 * 8.0 + 9.0 * 64.0)).sqrt();
        let values = values(&shape("w", &[64, 8, 3, 3]), Seed(1));
        assert!(values.iter().all(|value| value.abs() < limit));
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / count;
        assert!(mean.abs() < 0.05 * limit, "{mean}");
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn biases_start_at_zero() {
        assert_eq!(values(&shape("b", &[3]), Seed(1)), [0.0; 3]);
    }

    #[test]
    fn a_parameter_depends_on_its_name_and_the_seed_alone() {
        let drawn = |name, seed| values(&shape(name, &[4, 4]), Seed(seed));
        assert_eq!(drawn("a", 1), drawn("a", 1));
        assert_ne!(drawn("a", 1), drawn("b", 1));
        assert_ne!(drawn("a", 1), drawn("a", 2));
    }

    #[test]
    fn the_ends_of_the_interval_are_symmetric() {
        assert_eq!(signed_unit(0), -signed_unit(u32::MAX));
    }
}
