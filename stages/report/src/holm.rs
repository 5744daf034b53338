/// Returns the p-values of a family of tests, each corrected for there being others.
///
/// The smallest of n is multiplied by n, the next by n - 1, and so on; none becomes smaller than one before it, nor
/// larger than 1. At the level a, the chance that any true hypothesis is rejected is at most a, however the tests
/// depend on each other.
///
/// # Source
/// Holm, Scandinavian Journal of Statistics 6 (1979).
pub(crate) fn holm(family: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..family.len()).collect();
    order.sort_by(|a, b| family[*a].total_cmp(&family[*b]));
    let mut corrected = vec![0.0; family.len()];
    let mut largest: f64 = 0.0;
    for (rank, test) in order.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a family has few tests")]
        let left = (family.len() - rank) as f64;
        largest = largest.max(left * family[test]).min(1.0);
        corrected[test] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_tests_by_hand() {
        assert_eq!(holm(&[0.25, 0.0625, 0.125]), [0.25, 0.1875, 0.25]);
        assert_eq!(holm(&[0.5, 0.75]), [1.0, 1.0]);
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    proptest! {
        #[test]
        fn corrected_values_keep_their_order_and_are_never_smaller(
            family in proptest::collection::vec(0.0..=1.0, 1..20),
        ) {
            let corrected = holm(&family);
            for (one, corrected_one) in family.iter().zip(&corrected) {
                prop_assert!(one <= corrected_one && *corrected_one <= 1.0);
                for (other, corrected_other) in family.iter().zip(&corrected) {
                    prop_assert!(one > other || corrected_one <= corrected_other);
                }
            }
        }
    }
}
