use crate::confusion::share;

/// Returns the area under the ROC curve by the rank statistic, ties counted as one half.
///
/// ```text
/// A = (R - p (p + 1) / 2) / (p n)        R: sum of the middle ranks of the p positives among p + n scores
/// ```
///
/// All sums are whole numbers (twice the ranks), so the result is rounded once. It is none if all scores belong to
/// one side.
///
/// # Shapes
/// `scores`: `[p + n]`, each with whether it is a positive; no score is NaN.
pub(crate) fn area_under_curve(mut scores: Vec<(f64, bool)>) -> Option<f64> {
    scores.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let (mut twice_ranks, mut positives, mut seen) = (0, 0, 0);
    // 0.0 and -0.0 are equal scores and lie side by side.
    #[expect(clippy::float_cmp, reason = "a tie is equality")]
    for tie in scores.chunk_by(|(a, _), (b, _)| a == b) {
        let (here, hits) = (tie.len() as u64, tie.iter().filter(|(_, positive)| *positive).count() as u64);
        twice_ranks += hits * (2 * seen + here + 1);
        positives += hits;
        seen += here;
    }
    let negatives = seen - positives;
    (positives > 0 && negatives > 0)
        .then(|| share(twice_ranks - positives * (positives + 1), 2 * positives * negatives))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn six_points_by_hand() {
        // Of the nine pairs six are in order, one is a tie and two are not.
        let scores = vec![(0.1, false), (0.4, false), (0.35, true), (0.8, true), (0.8, false), (0.9, true)];
        assert_eq!(area_under_curve(scores), Some(6.5 / 9.0));
    }

    #[test]
    fn equal_scores_rank_one_half() {
        assert_eq!(area_under_curve(vec![(0.5, true), (0.5, false), (0.5, false)]), Some(0.5));
        assert_eq!(area_under_curve(vec![(0.0, true), (-0.0, false)]), Some(0.5));
    }

    #[test]
    fn one_side_alone_has_no_area() {
        assert_eq!(area_under_curve(vec![(0.5, true)]), None);
        assert_eq!(area_under_curve(Vec::new()), None);
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_pairs_in_order(scores in proptest::collection::vec((0..20_u8, any::<bool>()), 2..40)) {
            let (mut order, mut pairs) = (0.0, 0.0);
            for (positive, _) in scores.iter().filter(|(_, side)| *side) {
                for (negative, _) in scores.iter().filter(|(_, side)| !side) {
                    pairs += 1.0;
                    order += match positive.cmp(negative) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            let area = area_under_curve(scores.into_iter().map(|(score, side)| (f64::from(score), side)).collect());
            prop_assert_eq!(area, (pairs > 0.0).then(|| order / pairs));
        }
    }
}
