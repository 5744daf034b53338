use crate::confusion::share;

/// A ROC curve: the true positive rate over the false positive rate, by straight lines from (0, 0) to (1, 1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RocCurve {
    /// Corners, from the left to the right; where it rises straight up, two have one place.
    corners: Vec<(f64, f64)>,
}

impl RocCurve {
    /// Returns the curve of scores, each with whether it is a positive: a corner for each distinct score. It is none
    /// if all scores belong to one side.
    ///
    /// # Shapes
    /// `scores`: `[n]`; none is NaN.
    pub(crate) fn of(mut scores: Vec<(f64, bool)>) -> Option<Self> {
        scores.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let all = scores.iter().filter(|(_, positive)| *positive).count() as u64;
        let others = scores.len() as u64 - all;
        let (mut hits, mut alarms, mut corners) = (0, 0, vec![(0.0, 0.0)]);
        // 0.0 and -0.0 are equal scores and lie side by side.
        #[expect(clippy::float_cmp, reason = "a tie is equality")]
        for tie in scores.chunk_by(|(a, _), (b, _)| a == b) {
            let positives = tie.iter().filter(|(_, positive)| *positive).count() as u64;
            hits += positives;
            alarms += tie.len() as u64 - positives;
            corners.push((share(alarms, others), share(hits, all)));
        }
        (all > 0 && others > 0).then_some(Self { corners })
    }

    /// Returns the vertical mean of curves, exactly: its area is the mean of theirs. It is none of no curves.
    pub(crate) fn mean(curves: &[Self]) -> Option<Self> {
        if let [one] = curves {
            return Some(one.clone());
        }
        let count = u32::try_from(curves.len()).ok().filter(|count| *count > 0)?;
        let mut places: Vec<f64> = curves.iter().flat_map(|curve| &curve.corners).map(|(x, _)| *x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mut corners = Vec::with_capacity(2 * places.len());
        for x in places {
            let ends: Vec<(f64, f64)> = curves.iter().map(|curve| curve.at(x)).collect();
            let lower = ends.iter().map(|(lower, _)| lower).sum::<f64>() / f64::from(count);
            let upper = ends.iter().map(|(_, upper)| upper).sum::<f64>() / f64::from(count);
            corners.push((x, lower));
            if upper > lower {
                corners.push((x, upper));
            }
        }
        Some(Self { corners })
    }

    /// Returns the area below it.
    pub(crate) fn area(&self) -> f64 {
        self.corners
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1))
            .sum()
    }

    /// Returns its corners, from the left to the right.
    pub(crate) fn corners(&self) -> &[(f64, f64)] {
        &self.corners
    }

    /// Returns where it comes from and where it goes on at a place: two values where it rises straight up.
    fn at(&self, x: f64) -> (f64, f64) {
        let begin = self.corners.partition_point(|corner| corner.0 < x);
        let end = self.corners.partition_point(|corner| corner.0 <= x);
        if begin < end {
            return (self.corners[begin].1, self.corners[end - 1].1);
        }
        let ((left, from), (right, to)) = (self.corners[begin - 1], self.corners[begin]);
        let y = from + (to - from) * (x - left) / (right - left);
        (y, y)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranking::area_under_curve;

    #[test]
    fn ties_are_one_corner() {
        let curve =
            RocCurve::of(vec![(0.9, true), (0.5, true), (0.5, false), (0.1, false)]).expect("both sides");
        assert_eq!(curve.corners, [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(RocCurve::of(vec![(0.9, true)]), None);
        assert_eq!(RocCurve::mean(&[]), None);
    }

    #[test]
    fn the_mean_goes_through_the_middle_and_keeps_both_ends_of_a_step() {
        let perfect = RocCurve::of(vec![(0.9, true), (0.1, false)]).expect("both sides");
        let chance = RocCurve::of(vec![(0.5, true), (0.5, false)]).expect("both sides");
        let mean = RocCurve::mean(&[perfect, chance]).expect("two curves");
        assert_eq!(mean.corners, [(0.0, 0.0), (0.0, 0.5), (1.0, 1.0)]);
    }

    fn curves() -> impl Strategy<Value = Vec<Vec<(u8, bool)>>> {
        prop::collection::vec(prop::collection::vec((0..9_u8, any::<bool>()), 2..30), 1..5)
    }

    proptest! {
        #[test]
        fn its_area_is_the_rank_statistic_and_that_of_a_mean_the_mean_of_areas(runs in curves()) {
            let (mut curves, mut areas) = (Vec::new(), Vec::new());
            for scores in runs {
                let scores: Vec<(f64, bool)> =
                    scores.into_iter().map(|(score, side)| (f64::from(score), side)).collect();
                let curve = RocCurve::of(scores.clone());
                let area = area_under_curve(scores);
                prop_assert_eq!(curve.is_some(), area.is_some());
                if let Some((curve, area)) = curve.zip(area) {
                    prop_assert!((curve.area() - area).abs() < 1e-12);
                    curves.push(curve);
                    areas.push(area);
                }
            }
            if let Some(mean) = RocCurve::mean(&curves) {
                let expected = areas.iter().sum::<f64>() / f64::from(u32::try_from(areas.len()).expect("few"));
                prop_assert!((mean.area() - expected).abs() < 1e-12);
                prop_assert!(mean.corners.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1 + 1e-12));
            }
        }
    }
}
