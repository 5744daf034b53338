use std::collections::BTreeMap;

use contract::Issue;
use serde::{Deserialize, Serialize};

/// How far ours may be from a published value before the claim counts as missed, in the unit of the value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tolerance {
    /// The same for all claims.
    Table(f64),
    /// One for each row; what is claimed in a row without one is not judged.
    Rows(BTreeMap<String, f64>),
}

impl Tolerance {
    /// Returns the largest distance that still holds in a row, if its claims are judged.
    pub(crate) fn of(&self, row: &str) -> Option<f64> {
        match self {
            Self::Table(distance) => Some(*distance),
            Self::Rows(distances) => distances.get(row).copied(),
        }
    }

    /// Returns where a claim has to be to hold, as the beginning of a sentence.
    pub(crate) fn meaning(&self) -> String {
        match self {
            Self::Table(0.0) => "Equal to the published value".to_owned(),
            Self::Table(distance) => format!("Within {distance} of the published value"),
            Self::Rows(_) => "Within the tolerance of its row".to_owned(),
        }
    }
}

/// Checks that tolerances are distances.
///
/// # Errors
/// If one is not.
pub(crate) fn check_tolerance(distances: impl IntoIterator<Item = f64>) -> Result<(), Issue> {
    if distances.into_iter().any(|distance| distance.is_nan() || distance < 0.0) {
        return Err(Issue::new("`tolerance` is below 0").help("give the largest difference that still holds"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tolerance_is_one_for_a_table_or_one_for_each_row() {
        let read = |value| serde_json::from_value::<Tolerance>(value).expect("it is a tolerance");
        let (one, each) = (read(json!(0.05)), read(json!({ "patients": 0, "metastases": 60 })));
        assert_eq!([one.of("patients"), one.of("d1")], [Some(0.05); 2]);
        assert_eq!(
            [each.of("patients"), each.of("metastases"), each.of("d1")],
            [Some(0.0), Some(60.0), None]
        );
        assert_eq!(one.meaning(), "Within 0.05 of the published value");
        assert_eq!(read(json!(0)).meaning(), "Equal to the published value");
        assert_eq!(each.meaning(), "Within the tolerance of its row");
    }

    #[test]
    fn a_tolerance_below_zero_is_refused() {
        assert_eq!(check_tolerance([0.0, 60.0]), Ok(()));
        assert_eq!(check_tolerance(None), Ok(()));
        for wrong in [-0.1, f64::NAN] {
            assert_eq!(
                check_tolerance([0.0, wrong]).expect_err("it is no distance").message,
                "`tolerance` is below 0"
            );
        }
    }
}
