use std::io::{self, Write};
use std::path::Path;

use contract::Issue;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

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
    png(&canvas, across)
        .and_then(|bytes| fs_err::write(file, bytes))
        .map_err(|error| Issue::new(format!("the sheet cannot be written: {error}")).file(file))
}

/// Returns a grayscale PNG of `canvas`, which is `across` pixels wide.
///
/// A header, one block of packed lines, each of them behind a filter byte of 0, and an end: a few bytes around what the
/// crate flate2 packs.
fn png(canvas: &[u8], across: usize) -> io::Result<Vec<u8>> {
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
    let mut lines = ZlibEncoder::new(Vec::new(), Compression::default());
    for line in canvas.chunks(across) {
        lines.write_all(&[0])?;
        lines.write_all(line)?;
    }
    // 8 bits of one gray channel, the only methods there are, no interlacing.
    let header = [&side(across)[..], &side(canvas.len() / across), &[8, 0, 0, 0, 0]].concat();
    let blocks = [(b"IHDR", header), (b"IDAT", lines.finish()?), (b"IEND", Vec::new())];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in blocks {
        let mut check = Crc::new();
        check.update(name);
        check.update(&data);
        let parts = [&side(data.len())[..], name, &data, &check.sum().to_be_bytes()];
        file.extend(parts.concat());
    }
    Ok(file)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
fn shade(pixel: f32) -> u8 {
    (255.0 * (1.0 - pixel.clamp(0.0, 1.0).sqrt())).round() as u8
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn real_images_lie_above_generated_ones_dark_on_white() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sheet.png");
        write(&[&[&[0.0, 1.0]], &[&[1.0, 0.25]]], 1, 2, &file).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let (across, height) = (COLUMNS * (2 + GAP) + GAP, 2 * (1 + GAP) + GAP);
        assert_eq!(bytes[16..24], [0, 0, 0, across as u8, 0, 0, 0, height as u8]);
        let mut lines = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[41..]).read_to_end(&mut lines).unwrap();
        let pixels: Vec<u8> = lines.chunks(across + 1).flat_map(|line| line[1..].to_vec()).collect();
        assert_eq!(pixels.len(), across * height);
        assert_eq!(pixels[GAP * across + GAP..][..3], [255, 0, GRAY]);
        assert_eq!(pixels[(1 + 2 * GAP) * across + GAP..][..2], [0, 128]);
    }
}
