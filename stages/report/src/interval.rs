/// Share of the resamples that an interval leaves out on either side.
const TAIL: f64 = 0.025;

/// The bounds of the middle 95 % of a statistic over bootstrap resamples: the percentile interval.
///
/// Percentiles never leave the range of a metric and need no second level of resampling. The bias-corrected and
/// accelerated interval would: its acceleration is a jackknife over all images, which the F-1 of classes that lose
/// their last answer makes jump.
///
/// # Source
/// Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// The 2.5th percentile.
    pub(crate) low: f64,
    /// The 97.5th percentile.
    pub(crate) high: f64,
}

impl Interval {
    /// Returns the interval of finite values; none of nothing.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self { low: quantile(&values, TAIL)?, high: quantile(&values, 1.0 - TAIL)? })
    }
}

/// Returns a quantile of sorted values, between two of them by a straight line, as NumPy does by default.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^53 values")]
    let position = last as f64 * share;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and `last`"
    )]
    let below = position.floor() as usize;
    let (left, right) = (*sorted.get(below)?, *sorted.get((below + 1).min(last))?);
    Some(left + (right - left) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_between_two_values_lie_on_the_line_between_them() {
        // Of 41 values the 2.5th percentile is the second, of 5 it is a tenth of the way from the first to the second.
        assert_eq!(
            Interval::of((0..41).rev().map(f64::from).collect()),
            Some(Interval { low: 1.0, high: 39.0 })
        );
        let interval = Interval::of(vec![0.0, 10.0, 20.0, 30.0, 40.0]).expect("there are values");
        assert!((interval.low - 1.0).abs() < 1e-12 && (interval.high - 39.0).abs() < 1e-12, "{interval:?}");
    }

    #[test]
    fn one_value_is_its_own_interval_and_nothing_has_none() {
        assert_eq!(Interval::of(vec![0.5]), Some(Interval { low: 0.5, high: 0.5 }));
        assert_eq!(Interval::of(Vec::new()), None);
    }
}
