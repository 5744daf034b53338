use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// Red, green and blue.
pub type Color = [u8; 3];

/// Returns a PNG file of these pixels, `width` in each row.
///
/// # Source
/// PNG specification, third edition: a signature and the chunks `IHDR`, `IDAT`, `IEND`; eight bits a color, no filter.
pub fn png(width: usize, pixels: &[Color]) -> Vec<u8> {
    let side = |side: usize| {
        u32::try_from(side).expect("a picture has fewer than 2^32 rows and columns").to_be_bytes()
    };
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in pixels.chunks(width) {
        let written = compressed.write_all(&[0]).and_then(|()| compressed.write_all(row.as_flattened()));
        written.expect("a vector takes all that is written");
    }
    let compressed = compressed.finish().expect("a vector takes all that is written");
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let eight_bits_of_rgb = [8, 2, 0, 0, 0];
    chunk(&mut file, *b"IHDR", &[&side(width)[..], &side(pixels.len() / width), &eight_bits_of_rgb].concat());
    chunk(&mut file, *b"IDAT", &compressed);
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// Appends length, name, data, and the checksum of the last two.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let mut checksum = Crc::new();
    checksum.update(&name);
    checksum.update(data);
    let length = u32::try_from(data.len()).expect("a picture is smaller than 4 GB");
    file.extend(length.to_be_bytes());
    file.extend(name);
    file.extend(data);
    file.extend(checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn a_picture_is_a_header_its_rows_and_an_end() {
        let pixels = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 2, 3], [4, 5, 6], [7, 8, 9]];
        let file = png(3, &pixels);
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        // Width, height, and how a pixel is kept.
        assert_eq!(&file[8..29], b"\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0");
        // The checksum that every PNG file ends with.
        assert_eq!(&file[file.len() - 12..], b"\0\0\0\0IEND\xae\x42\x60\x82");
        let mut rows = Vec::new();
        ZlibDecoder::new(&file[41..file.len() - 16]).read_to_end(&mut rows).unwrap();
        assert_eq!(rows, [&[0][..], pixels[..3].as_flattened(), &[0], pixels[3..].as_flattened()].concat());
    }
}
