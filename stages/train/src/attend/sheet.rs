use std::path::Path;

use contract::Issue;
use table::Pixel;

use super::heat::Heat;
use super::mask::Mask;

/// Red, green and blue.
type Color = [u8; 3];

/// Pixels between two images.
const GAP: usize = 4;
const RED: Color = [214, 39, 40];
const BLUE: Color = [31, 119, 180];
const WHITE: Color = [255; 3];

/// What is drawn of one image.
#[derive(Debug)]
pub struct Panel<'a> {
    /// Its pixels, from 0 to 1.
    pub scan: &'a [f32],
    /// Its map.
    pub heat: &'a Heat,
    /// Its lesions.
    pub mask: &'a Mask,
}

/// Draws for each of `panels` three images side by side into a PNG file: the scan, dark where most was counted; over it
/// the map, from white to red; and over it the outlines of the lesions in red and the map's largest value as a blue
/// cross. Of no panels it draws one white pixel.
///
/// # Errors
/// If the file cannot be written.
pub fn sheet(file: &Path, panels: &[Panel<'_>]) -> Result<(), Issue> {
    let (rows, cols) = panels.first().map_or((1, 1), |panel| (panel.heat.rows, panel.heat.cols));
    let width = (3 * panels.len() * (cols + GAP)).saturating_sub(GAP).max(1);
    let mut canvas = vec![WHITE; rows * width];
    for (at, panel) in panels.iter().enumerate() {
        for (part, pixels) in [scan(panel), map(panel), lesions(panel)].into_iter().enumerate() {
            let left = (3 * at + part) * (cols + GAP);
            for (row, pixels) in pixels.chunks(cols).enumerate() {
                canvas[row * width + left..][..cols].copy_from_slice(pixels);
            }
        }
    }
    let bytes = table::png(Pixel::Color, width, canvas.as_flattened());
    std::fs::write(file, bytes)
        .map_err(|error| Issue::new(format!("the sheet cannot be written: {error}")).file(file))
}

fn scan(panel: &Panel<'_>) -> Vec<Color> {
    panel.scan.iter().map(|value| [byte(1.0 - value.clamp(0.0, 1.0).sqrt()); 3]).collect()
}

fn map(panel: &Panel<'_>) -> Vec<Color> {
    let pixels = scan(panel).into_iter().zip(panel.heat.stretched());
    pixels.map(|([gray, ..], heat)| mixed([gray / 2 + 127; 3], RED, heat)).collect()
}

fn lesions(panel: &Panel<'_>) -> Vec<Color> {
    let mut pixels = scan(panel);
    let (rows, cols) = (panel.heat.rows, panel.heat.cols);
    let outline = panel.mask.grown(1);
    let sides = outline.pixels().iter().zip(panel.mask.pixels());
    for (pixel, (grown, inside)) in pixels.iter_mut().zip(sides) {
        if *grown && !*inside {
            *pixel = RED;
        }
    }
    let (row, col) = panel.heat.peak();
    for by in 0..=2 {
        for (row, col) in [
            (row.saturating_sub(by), col),
            ((row + by).min(rows - 1), col),
            (row, col.saturating_sub(by)),
            (row, (col + by).min(cols - 1)),
        ] {
            pixels[row * cols + col] = BLUE;
        }
    }
    pixels
}

fn mixed(from: Color, to: Color, share: f32) -> Color {
    [0, 1, 2].map(|part| {
        let (from, to) = (f32::from(from[part]), f32::from(to[part]));
        byte((from + (to - from) * share) / 255.0)
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast keeps to 0..=255")]
fn byte(share: f32) -> u8 {
    (share * 255.0).round() as u8
}
