use contract::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Returns the order in which `epoch` takes `count` samples: a shuffle of its own, drawn from the seed and the epoch.
pub fn order(count: usize, epoch: u32, seed: Seed) -> Vec<usize> {
    let mut generator = ChaCha8Rng::from_seed(seed.fork_bytes(&format!("order of epoch {epoch}")));
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(last + 1, &mut generator));
    }
    order
}

/// Returns a whole number below `bound`, every one as likely as the others to within `bound` / 2^64.
#[expect(clippy::cast_possible_truncation, reason = "the upper half of the product is below the bound")]
fn below(bound: usize, generator: &mut ChaCha8Rng) -> usize {
    ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_epoch_takes_every_sample_once(count in 0_usize..200, epoch in 1_u32..9, seed: u64) {
            let mut order = order(count, epoch, Seed(seed));
            order.sort_unstable();
            prop_assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_epoch_and_every_seed_has_an_order_of_its_own() {
        assert_eq!(order(50, 1, Seed(1)), order(50, 1, Seed(1)));
        assert_ne!(order(50, 1, Seed(1)), order(50, 2, Seed(1)));
        assert_ne!(order(50, 1, Seed(1)), order(50, 1, Seed(2)));
    }

    #[test]
    fn every_sample_comes_first_about_as_often() {
        let mut first = [0_u32; 4];
        for seed in 0..4000 {
            first[order(4, 1, Seed(seed))[0]] += 1;
        }
        assert!(first.iter().all(|count| (900..1100).contains(count)), "{first:?}");
    }
}
