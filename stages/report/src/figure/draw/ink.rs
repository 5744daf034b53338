/// Color of text.
pub(super) const TEXT: &str = "#1a1a1a";
/// Color of axes.
pub(super) const AXIS: &str = "#4d4d4d";
/// Color of lines behind the drawing.
pub(super) const GRID: &str = "#e3e3e3";
/// Color of what is compared with.
pub(super) const RULE: &str = "#8c8c8c";

/// Lines: colors of Okabe and Ito, told apart by their dashes in gray.
const LINES: [(&str, &str); 6] = [
    ("#000000", ""),
    ("#0072b2", "7 3"),
    ("#d55e00", ""),
    ("#009e73", "2 2"),
    ("#56b4e9", "9 2.5 2 2.5"),
    ("#cc79a7", "4 2"),
];

/// Areas of up to three series, from dark to light.
const FEW: [&str; 3] = ["#1f3b73", "#d9853b", "#bcd9d3"];

/// Areas of up to six series, from light to dark: viridis.
const MANY: [&str; 6] = ["#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154"];

/// Returns color and dashes of the line of a series.
pub(super) const fn line(series: usize) -> (&'static str, &'static str) {
    LINES[series % LINES.len()]
}

/// Returns the color of the areas of a series among `count`.
pub(super) const fn area(series: usize, count: usize) -> &'static str {
    if count <= 1 {
        "#54779e"
    } else if count <= FEW.len() {
        FEW[series % FEW.len()]
    } else {
        MANY[series % MANY.len()]
    }
}

/// Returns the color of a cell: white for nothing, dark blue for all.
pub(super) fn shade(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    let mix = |white: f64, dark: f64| (white + (dark - white) * share).round();
    format!("rgb({:.0},{:.0},{:.0})", mix(255.0, 23.0), mix(255.0, 55.0), mix(255.0, 105.0))
}

/// Returns the color of text on an area.
pub(super) fn on(color: &str) -> &'static str {
    let channel =
        |from: usize| color.get(from..from + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let weights = [0.299, 0.587, 0.114];
    let bright: f64 = [1, 3, 5]
        .iter()
        .zip(weights)
        .map(|(from, weight)| weight * f64::from(channel(*from).unwrap_or(0)))
        .sum();
    if bright < 140.0 { "#ffffff" } else { TEXT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_white_on_dark_and_dark_on_light_areas() {
        assert_eq!((on("#1f3b73"), on("#fde725")), ("#ffffff", TEXT));
    }

    #[test]
    fn a_full_cell_is_dark_and_an_empty_one_white() {
        assert_eq!((shade(0.0), shade(2.0)), ("rgb(255,255,255)".to_owned(), "rgb(23,55,105)".to_owned()));
    }
}
