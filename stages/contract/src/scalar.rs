use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One value of an axis: text, whole number, number or truth value.
///
/// Two values are the same cell exactly if they print alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number; never NaN, and -0.0 is stored as 0.0.
    Float(f64),
    /// Any text.
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            // The shortest form that reads back as the same float: 0.1, 1.0, 1e-7.
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl Scalar {
    /// Returns the value as a number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "axis values are small numbers")]
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// Returns the number that its print reads as.
    fn reads_as(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => self.as_f64(),
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => self.cmp(other) == Ordering::Equal,
        }
    }
}

impl Eq for Scalar {}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scalar {
    /// Compares as printed: what reads as a number by its value and before all other text, so that seed 10 comes
    /// after seed 9, and the whole number 1 is the text "1".
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => return a.cmp(b),
            (Self::Text(a), Self::Text(b)) if a == b => return Ordering::Equal,
            _ => {}
        }
        let by_value = match (self.reads_as(), other.reads_as()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_value.then_with(|| match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.to_string().cmp(&other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_so_that_they_differ_from_whole_numbers() {
        assert_eq!(Scalar::Float(1.0).to_string(), "1.0");
        assert_eq!(Scalar::Float(0.1).to_string(), "0.1");
        assert_eq!(Scalar::Int(1).to_string(), "1");
    }

    #[test]
    fn numbers_sort_by_value_and_before_text() {
        let mut all = [Scalar::Text("a".into()), Scalar::Int(10), Scalar::Float(9.5), Scalar::Int(9)];
        all.sort();
        let printed: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(printed, ["9", "9.5", "10", "a"]);
    }

    #[test]
    fn values_that_print_alike_are_equal() {
        assert_eq!(Scalar::Int(1), Scalar::Text("1".into()));
        assert_ne!(Scalar::Int(1), Scalar::Float(1.0));
    }
}
