/// Returns a count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// Returns a number as the paper prints it: with four decimals.
pub(crate) fn decimal(value: f64) -> String {
    format!("{value:.4}")
}

/// Returns a mean with its spread, if it has one.
pub(crate) fn with_spread(mean: f64, sd: Option<f64>) -> String {
    match sd {
        Some(sd) => format!("{mean:.4} ± {sd:.4}"),
        None => decimal(mean),
    }
}

/// Returns an interval in brackets.
pub(crate) fn interval(low: f64, high: f64) -> String {
    format!("[{low:.4}, {high:.4}]")
}

/// Returns a difference with four decimals and its sign.
pub(crate) fn difference(value: f64) -> String {
    // Adding 0.0 turns -0.0 into 0.0, and what rounds to nothing has no sign.
    let rounded = format!("{:+.4}", value + 0.0);
    if rounded == "-0.0000" { "+0.0000".to_owned() } else { rounded }
}

/// Returns a difference with its sign and as few digits as it needs, without the error of having subtracted.
pub(crate) fn shortest_difference(value: f64) -> String {
    let digits = format!("{value:.11e}").parse().unwrap_or(value);
    format!("{digits:+}")
}

/// Returns a difference with its sign, and with its spread, if it has one.
pub(crate) fn difference_with_spread(mean: f64, sd: Option<f64>) -> String {
    let spread = sd.map(|sd| format!(" ± {sd:.4}")).unwrap_or_default();
    difference(mean) + &spread
}

/// Returns a p-value with four decimals.
pub(crate) fn chance(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { decimal(p) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_decimals() {
        assert_eq!(decimal(0.7747), "0.7747");
        assert_eq!(with_spread(0.70124, Some(0.01231)), "0.7012 ± 0.0123");
        assert_eq!(with_spread(0.5, None), "0.5000");
    }

    #[test]
    fn a_difference_shows_its_sign_unless_it_rounds_to_nothing() {
        assert_eq!(difference(-0.0735), "-0.0735");
        assert_eq!(difference(0.0735), "+0.0735");
        assert_eq!(difference(-0.000_01), "+0.0000");
    }

    #[test]
    fn a_difference_of_parameters_has_the_digits_that_it_needs() {
        assert_eq!(shortest_difference(8.0 - 300.0), "-292");
        assert_eq!(shortest_difference(0.0003 - 0.0001), "+0.0002");
    }

    #[test]
    fn a_p_value_that_rounds_to_nothing_is_said_to_be_smaller() {
        assert_eq!(chance(0.03125), "0.0312");
        assert_eq!(chance(0.000_099), "<0.0001");
        assert_eq!(difference_with_spread(0.0735, Some(0.01)), "+0.0735 ± 0.0100");
        assert_eq!(difference_with_spread(-0.5, None), "-0.5000");
    }
}
