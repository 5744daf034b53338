use serde::{Deserialize, Serialize};

use super::plot::number;

/// One side of a frame: what it measures, in which unit, and where its ticks are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Axis {
    /// What it measures, with the unit in parentheses.
    pub(super) label: String,
    /// The value at the left or at the bottom; larger than `high` where the axis runs the other way.
    pub(super) low: f64,
    /// The value at the right or at the top.
    pub(super) high: f64,
    /// Where something is written.
    pub(super) ticks: Vec<Tick>,
    /// Whether the ticks are names and not numbers.
    pub(super) names: bool,
    /// Whether equal ratios are equally far apart.
    pub(super) logarithmic: bool,
}

/// A place on an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) text: String,
}

impl Axis {
    /// Returns an axis of numbers from `low` to `high`, with about five round ticks.
    pub(super) fn numbers(label: &str, low: f64, high: f64) -> Self {
        Self::stepped(label, low, high, round_step((high - low) / 5.0))
    }

    /// Returns an axis of counts from 0 to a round number, with room for text above `most`.
    pub(super) fn counts(label: &str, most: f64) -> Self {
        let step = round_step(most / 5.0).max(1.0);
        Self::stepped(label, 0.0, step * (1.08 * most.max(1.0) / step).ceil(), step)
    }

    /// Returns an axis of logarithms with ticks at 1, 2, 5, 10, … times a power of ten, wide enough for both values.
    pub(super) fn logarithms(label: &str, least: f64, most: f64) -> Self {
        let tick = |at: f64| Tick { at, text: format!("{at:.0}") };
        let powers = (0..9).map(|power| 10.0_f64.powi(power));
        let all: Vec<f64> = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power)).collect();
        let low = all.iter().rfind(|at| **at <= least).copied().unwrap_or(1.0);
        let high = all.iter().find(|at| **at >= most && **at > low).copied().unwrap_or(most);
        let ticks = all.into_iter().filter(|at| (low..=high).contains(at)).map(tick).collect();
        Self { label: label.to_owned(), low, high, ticks, names: false, logarithmic: true }
    }

    fn stepped(label: &str, low: f64, high: f64, step: f64) -> Self {
        let decimals = decimals(step);
        let mut ticks = Vec::new();
        let mut index = (low / step - 1e-9).ceil();
        while index * step <= high + 1e-9 * step {
            ticks.push(Tick { at: index * step, text: format!("{:.decimals$}", index * step + 0.0) });
            index += 1.0;
        }
        Self { label: label.to_owned(), low, high, ticks, names: false, logarithmic: false }
    }

    /// Returns an axis of names: the first lies at 0, the second at 1.
    pub(super) fn names(label: &str, names: impl IntoIterator<Item = String>) -> Self {
        let tick = |(index, text)| Tick { at: number(index), text };
        let ticks: Vec<Tick> = names.into_iter().enumerate().map(tick).collect();
        let high = number(ticks.len()) - 0.5;
        Self { label: label.to_owned(), low: -0.5, high, ticks, names: true, logarithmic: false }
    }

    /// Returns the axis of numbers without ticks: the pixels of an image.
    pub(super) fn pixels(label: &str, low: f64, high: f64) -> Self {
        Self { label: label.to_owned(), low, high, ticks: Vec::new(), names: false, logarithmic: false }
    }

    /// Returns the axis in the other direction.
    pub(super) fn reversed(mut self) -> Self {
        std::mem::swap(&mut self.low, &mut self.high);
        self
    }
}

/// Returns the smallest of 1, 2, 5, 10, … times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    if !least.is_finite() || least <= 0.0 {
        return 1.0;
    }
    let power = 10.0_f64.powf(least.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= least * (1.0 - 1e-9));
    digit.unwrap_or(10.0) * power
}

/// Returns how many decimals tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    (0..6)
        .find(|places| step * 10.0_f64.powi(*places) >= 1.0 - 1e-9)
        .map_or(6, |places| places.unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_lie_within_the_axis() {
        assert_eq!(texts(&Axis::numbers("share", 0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(&Axis::numbers("epoch", 1.0, 8.0)), ["2", "4", "6", "8"]);
        assert_eq!(texts(&Axis::numbers("loss", 0.93, 1.12)), ["0.95", "1.00", "1.05", "1.10"]);
    }

    #[test]
    fn counts_are_whole_and_leave_room_above() {
        assert_eq!(Axis::counts("images", 768.0).high.to_bits(), 1000.0_f64.to_bits());
        assert_eq!(texts(&Axis::counts("patients", 2.0)), ["0", "1", "2", "3"]);
        assert_eq!(texts(&Axis::counts("patients", 0.0)), ["0", "1", "2"]);
    }

    #[test]
    fn logarithms_take_in_both_ends() {
        assert_eq!(texts(&Axis::logarithms("counts", 783.0, 4105.0)), ["500", "1000", "2000", "5000"]);
        assert_eq!(texts(&Axis::logarithms("counts", 0.0, 1.0)), ["1", "2"]);
    }

    #[test]
    fn names_lie_one_apart() {
        let axis = Axis::names("site", ["rib".to_owned(), "skull".to_owned()]);
        assert_eq!((axis.low, axis.high, axis.ticks[1].at), (-0.5, 1.5, 1.0));
        assert_eq!((axis.clone().reversed().low, axis.reversed().high), (1.5, -0.5));
    }
}
