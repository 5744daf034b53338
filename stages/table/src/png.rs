use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// What a pixel of a picture is, in bytes of 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixel {
    /// One byte; 0 is black.
    Gray,
    /// Red, green and blue.
    Color,
}

/// Returns a PNG file of a picture `width` pixels wide, whose rows follow each other in `bytes`.
///
/// The crate `png` would do, and changes the features of what burn and DICOM are built with; what it writes around the
/// deflated rows is a header, two lengths and three checksums.
///
/// # Source
/// PNG specification, third edition: a signature and the chunks `IHDR`, `IDAT`, `IEND`; no filter, no interlacing.
pub fn png(pixel: Pixel, width: usize, bytes: &[u8]) -> Vec<u8> {
    let (kind, channels) = match pixel {
        Pixel::Gray => (0, 1),
        Pixel::Color => (2, 3),
    };
    let row = (width * channels).max(1);
    let side = |side: usize| u32::try_from(side).expect("a picture has fewer than 2^32 rows and columns");
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in bytes.chunks_exact(row) {
        let written = deflated.write_all(&[0]).and_then(|()| deflated.write_all(row));
        written.expect("a vector takes all that is written");
    }
    let deflated = deflated.finish().expect("a vector takes all that is written");
    let sides = [side(width), side(bytes.len() / row)].map(u32::to_be_bytes);
    let header = [sides.as_flattened(), &[8, kind, 0, 0, 0]].concat();
    let chunks = [chunk(*b"IHDR", &header), chunk(*b"IDAT", &deflated), chunk(*b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// Returns length, name, data, and the checksum of the last two.
fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a picture is smaller than 4 GB").to_be_bytes();
    let mut sum = Crc::new();
    sum.update(&name);
    sum.update(data);
    [&length, &name[..], data, &sum.sum().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn a_picture_is_a_header_its_rows_and_an_end() {
        let bytes: Vec<u8> = (0..18).collect();
        for (pixel, width, rows, kind) in [(Pixel::Gray, 6, 3, 0), (Pixel::Color, 3, 2, 2)] {
            let file = png(pixel, width, &bytes);
            assert_eq!(&file[..16], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
            assert_eq!(file[16..29], [0, 0, 0, width as u8, 0, 0, 0, rows, 8, kind, 0, 0, 0]);
            // The checksum that every PNG file ends with.
            assert_eq!(&file[file.len() - 12..], b"\0\0\0\0IEND\xae\x42\x60\x82");
            let mut read = Vec::new();
            ZlibDecoder::new(&file[41..]).read_to_end(&mut read).unwrap();
            let row = bytes.len() / usize::from(rows);
            let unfiltered: Vec<u8> = read.chunks(row + 1).flat_map(|row| row[1..].to_vec()).collect();
            assert_eq!(unfiltered, bytes);
        }
    }
}
