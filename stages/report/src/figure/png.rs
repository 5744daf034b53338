use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::Issue;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// First bytes of every PNG.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Eight bits of gray, deflated, no interlacing.
const GRAY: [u8; 5] = [8, 0, 0, 0, 0];

/// Filter of a row: each byte is told by its difference to the one above.
const UP: u8 = 2;

/// Returns a gray image as a PNG in a data URI.
///
/// # Shapes
/// `pixels`: `[height * width]`, row by row; 0 is black.
pub(super) fn data_uri(width: u32, height: u32, pixels: &[u8]) -> Result<String, Issue> {
    let bytes =
        encoded(width, height, pixels).map_err(|error| Issue::new(format!("no PNG can be made: {error}")))?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}

fn encoded(width: u32, height: u32, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::best());
    let mut above = vec![0; width as usize];
    for row in pixels.chunks_exact(above.len().max(1)) {
        let differences: Vec<u8> =
            row.iter().zip(&above).map(|(here, above)| here.wrapping_sub(*above)).collect();
        rows.write_all(&[UP])?;
        rows.write_all(&differences)?;
        above.copy_from_slice(row);
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &GRAY].concat();
    Ok([SIGNATURE.to_vec(), chunk(*b"IHDR", &header), chunk(*b"IDAT", &rows.finish()?), chunk(*b"IEND", &[])]
        .concat())
}

/// Returns length, name, data and checksum.
fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut sum = Crc::new();
    sum.update(&name);
    sum.update(data);
    [&length, &name[..], data, &sum.sum().to_be_bytes()].concat()
}
