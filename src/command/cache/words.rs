use std::time::{Duration, SystemTime};

/// Writes for people how long ago something was, in whole units.
pub(super) fn show_age(age: Duration) -> String {
    match age.as_secs() {
        0..60 => "now".to_owned(),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// Writes a number of things.
pub(super) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Writes how long ago a time was.
pub(super) fn show_since(then: SystemTime) -> String {
    show_age(then.elapsed().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits() {
        let told = [59, 60, 3599, 3600, 86_399, 86_400].map(|seconds| show_age(Duration::from_secs(seconds)));
        assert_eq!(told, ["now", "1 min", "59 min", "1 h", "23 h", "1 d"]);
    }
}
