use std::path::Path;

use contract::Issue;
use table::Pixel;

/// Images in a row.
const COLUMNS: usize = 8;
/// Pixels between images.
const GAP: usize = 4;
/// Gray between images.
const GRAY: u8 = 128;

/// Writes a PNG of two rows: real images above, generated ones below.
///
/// Uptake is dark on white, as bone scans are read; it is shown by its square root, because half of a scan lies below a
/// twentieth of its brightest pixel.
///
/// # Errors
/// If the file cannot be written.
pub fn write(rows: &[&[&[f32]]], height: usize, width: usize, file: &Path) -> Result<(), Issue> {
    let across = COLUMNS * (width + GAP) + GAP;
    let mut canvas = vec![GRAY; across * (rows.len() * (height + GAP) + GAP)];
    for (row, images) in rows.iter().enumerate() {
        for (column, image) in images.iter().take(COLUMNS).enumerate() {
            let corner = (GAP + row * (height + GAP)) * across + GAP + column * (width + GAP);
            for (line, pixels) in image.chunks(width).enumerate() {
                let places = &mut canvas[corner + line * across..][..width];
                places.iter_mut().zip(pixels).for_each(|(place, pixel)| *place = shade(*pixel));
            }
        }
    }
    fs_err::write(file, table::png(Pixel::Gray, across, &canvas))
        .map_err(|error| Issue::new(format!("the sheet cannot be written: {error}")).file(file))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
fn shade(pixel: f32) -> u8 {
    (255.0 * (1.0 - pixel.clamp(0.0, 1.0).sqrt())).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_images_lie_above_generated_ones_dark_on_white() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sheet.png");
        write(&[&[&[0.0, 1.0]], &[&[1.0, 0.25]]], 1, 2, &file).unwrap();
        let (across, height) = (COLUMNS * (2 + GAP) + GAP, 2 * (1 + GAP) + GAP);
        let mut pixels = vec![GRAY; across * height];
        pixels[GAP * across + GAP..][..2].copy_from_slice(&[255, 0]);
        pixels[(1 + 2 * GAP) * across + GAP..][..2].copy_from_slice(&[0, 128]);
        assert!(std::fs::read(&file).unwrap() == table::png(Pixel::Gray, across, &pixels));
    }
}
