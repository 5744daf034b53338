/// Fewest discordant samples for which the distribution is taken to be chi-squared.
const FEWEST_FOR_CHI_SQUARED: u32 = 25;

/// McNemar's test of two classifiers on the same samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct McNemar {
    /// Whether `p` is that of the binomial distribution.
    pub(crate) exact: bool,
    /// The smaller number of the two if exact, chi-squared otherwise.
    pub(crate) statistic: f64,
    /// How likely numbers at least so unequal are if both classifiers are equally often right; two-sided.
    pub(crate) p: f64,
}

/// Tests whether one classifier is right more often than the other.
///
/// `first` and `second` are the samples that only one of them gets right. With fewer than 25 of them the test is the
/// exact one of the binomial distribution, otherwise the chi-squared one with Edwards' continuity correction, which
/// does not reach beyond 0:
///
/// ```text
/// p = 2 sum over i <= min(b, c) of (b + c choose i) / 2^(b + c), at most 1          b, c: `first` and `second`
/// p = P(chi-squared of one degree >= max(|b - c| - 1, 0)^2 / (b + c))
/// ```
///
/// # Source
/// `McNemar`, Psychometrika 12 (1947); Edwards, Psychometrika 13 (1948).
pub(crate) fn mcnemar(first: u32, second: u32) -> McNemar {
    let (fewer, discordant) = (first.min(second), first.saturating_add(second));
    if discordant < FEWEST_FOR_CHI_SQUARED {
        let tail: u32 = (0..=fewer).map(|chosen| binomial(discordant, chosen)).sum();
        let p = (2.0 * f64::from(tail) / f64::from(1_u32 << discordant)).min(1.0);
        return McNemar { exact: true, statistic: f64::from(fewer), p };
    }
    let beyond = f64::from(first.abs_diff(second).saturating_sub(1));
    let statistic = beyond * beyond / f64::from(discordant);
    // Chi-squared of one degree of freedom is the square of a normal variable.
    McNemar { exact: false, statistic, p: libm::erfc((statistic / 2.0).sqrt()) }
}

/// Returns in how many ways `chosen` of `all` can be chosen; `all` is below 25, so that it fits.
fn binomial(all: u32, chosen: u32) -> u32 {
    (0..chosen).fold(1, |ways, taken| ways * (all - taken) / (taken + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_samples_are_tested_exactly() {
        // 2 (1 + 10) / 1024
        assert_eq!(mcnemar(9, 1), McNemar { exact: true, statistic: 1.0, p: 22.0 / 1024.0 });
        assert_eq!(mcnemar(1, 9), mcnemar(9, 1));
        assert_eq!(mcnemar(0, 24).p.to_bits(), 2.0_f64.powi(-23).to_bits());
        assert_eq!(mcnemar(12, 12).p.to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn classifiers_that_agree_do_not_differ() {
        assert_eq!(mcnemar(0, 0).p.to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn many_samples_are_tested_with_the_correction_which_does_not_reach_beyond_nothing() {
        let test = mcnemar(10, 15);
        assert_eq!((test.exact, test.statistic.to_bits()), (false, 0.64_f64.to_bits()));
        assert_eq!(mcnemar(20, 20), McNemar { exact: false, statistic: 0.0, p: 1.0 });
    }
}
