use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a whole: more than 0, less than 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
pub struct Fraction(f64);

impl Fraction {
    /// Returns the fraction of `whole`, not yet rounded.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 images")]
    pub fn of(self, whole: usize) -> f64 {
        self.0 * whole as f64
    }
}

impl TryFrom<f64> for Fraction {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(format!("{value} is not between 0 and 1"))
        }
    }
}

impl From<Fraction> for f64 {
    fn from(fraction: Fraction) -> Self {
        fraction.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_nothing_nor_all_is_a_fraction() {
        for value in [0.0, 1.0, -0.3, f64::NAN] {
            assert!(Fraction::try_from(value).is_err());
        }
        assert_eq!(Fraction::try_from(0.5).map(|half| half.of(3)), Ok(1.5));
    }
}
