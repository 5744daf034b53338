use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("exclusiveMinimum" = 0))]
pub struct Positive(f64);

impl Positive {
    /// The number 1.
    pub const ONE: Self = Self(1.0);

    /// Returns the number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Positive {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value.is_finite() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(format!("{value} is not above 0"))
        }
    }
}

impl From<Positive> for f64 {
    fn from(value: Positive) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_above_zero_are_positive() {
        assert_eq!(Positive::try_from(0.5).map(Positive::get), Ok(0.5));
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Positive::try_from(value), Err(format!("{value} is not above 0")));
        }
    }
}
