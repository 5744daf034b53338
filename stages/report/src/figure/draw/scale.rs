use crate::figure::axis::Axis;

/// From the units of an axis to places on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    /// Returns the scale that puts the begin of an axis at `from` and its end at `to`.
    pub(super) const fn of(axis: &Axis, from: f64, to: f64) -> Self {
        Self { low: axis.low, high: axis.high, from, to, logarithmic: axis.logarithmic }
    }

    /// Returns where a value lies; an axis without extent has all in its middle.
    pub(super) fn at(self, value: f64) -> f64 {
        let place = |value: f64| if self.logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let extent = place(self.high) - place(self.low);
        let part = if extent == 0.0 { 0.5 } else { (place(value) - place(self.low)) / extent };
        self.from + part * (self.to - self.from)
    }

    /// Returns where a value lies, or the end of the axis that it is beyond.
    pub(super) fn within(self, value: f64) -> f64 {
        let (begin, end) = self.ends();
        self.at(value).clamp(begin, end)
    }

    /// Returns where the axis begins and ends on the page, the smaller first.
    pub(super) fn ends(self) -> (f64, f64) {
        (self.from.min(self.to), self.from.max(self.to))
    }
}
