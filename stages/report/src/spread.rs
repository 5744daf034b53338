/// Mean and spread of a few numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// How many.
    pub(crate) count: u32,
    /// Arithmetic mean.
    pub(crate) mean: f64,
    /// Sample standard deviation (division by n - 1), if there are at least two.
    pub(crate) sd: Option<f64>,
}

impl Spread {
    /// Returns mean and spread of `values`, summed in their order; none of nothing.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let count = u32::try_from(values.len()).ok().filter(|count| *count > 0)?;
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Some(Self { count, mean, sd: (count > 1).then(|| (squares / f64::from(count - 1)).sqrt()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_divides_by_one_less_than_the_count() {
        let spread = Spread::of(&[1.0, 2.0, 6.0]);
        assert_eq!(spread, Some(Spread { count: 3, mean: 3.0, sd: Some(7.0_f64.sqrt()) }));
    }

    #[test]
    fn one_number_has_no_spread_and_nothing_has_no_mean() {
        assert_eq!(Spread::of(&[0.5]), Some(Spread { count: 1, mean: 0.5, sd: None }));
        assert_eq!(Spread::of(&[]), None);
    }
}
