use dicom_dictionary_std::tags;
use dicom_pixeldata::PixelDecoder;

use super::encoding::Compression;
use super::header::Header;
use super::open::Object;
use super::unreadable::Unreadable;

/// Decodes the pixels into counts, one row-major image for each frame.
///
/// Sign, unused bits and rescaling are undone here rather than by the decoder, whose lookup table refuses signed
/// pixels.
///
/// # Errors
/// [`Unreadable::Compressed`], [`Unreadable::PixelLength`] or [`Unreadable::NotCounts`].
pub fn frames(
    object: &Object,
    compression: Compression,
    header: &Header,
) -> Result<Vec<Vec<u16>>, Unreadable> {
    let fragments = object.get(tags::PIXEL_DATA).and_then(|element| element.fragments());
    let sound = match (compression, fragments) {
        (Compression::None, None) => true,
        (Compression::Rle, Some(fragments)) => rle_fits(fragments, header),
        (Compression::Jpeg, Some(fragments)) => jpeg_fits(&fragments.concat(), header),
        _ => false,
    };
    if !sound {
        return Err(Unreadable::Compressed);
    }
    let decoded = object.decode_pixel_data().map_err(|_| Unreadable::Compressed)?;
    let frame = header.frame_bytes();
    let size = frame * header.frames;
    // A value of odd length is padded with one byte.
    if decoded.data().len() != size && decoded.data().len() != size.next_multiple_of(2) {
        return Err(Unreadable::PixelLength);
    }
    decoded.data()[..size].chunks_exact(frame).map(|bytes| counts(bytes, header)).collect()
}

/// Whether the frames are as many as the fragments, and each can unpack to a frame, and not to much more: the decoder
/// allocates by it.
fn rle_fits(fragments: &[Vec<u8>], header: &Header) -> bool {
    let segments = header.bytes.to_le_bytes();
    // A header of 64 bytes, at most two bytes for a byte, and padding of each segment.
    let longest = 64 + 2 * header.frame_bytes() + 4;
    // Two bytes unpack to 128 at most.
    let shortest = 64 + header.frame_bytes().div_ceil(64);
    fragments.len() == header.frames
        && fragments
            .iter()
            .all(|fragment| fragment.starts_with(&segments) && (shortest..=longest).contains(&fragment.len()))
}

/// Whether every frame header of a JPEG stream (ISO 10918-1, B.2.2) has the image's size and one component: the
/// decoder allocates by it.
fn jpeg_fits(stream: &[u8], header: &Header) -> bool {
    let begins = |marker: u8| matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
    let frame_headers = stream.windows(10).filter(|window| window[0] == 0xFF && begins(window[1]));
    let mut sizes = frame_headers.map(|window| {
        let rows = u16::from_be_bytes([window[5], window[6]]);
        let cols = u16::from_be_bytes([window[7], window[8]]);
        (u32::from(rows), u32::from(cols), window[9])
    });
    sizes.all(|size| size == (header.rows, header.cols, 1))
}

fn counts(bytes: &[u8], header: &Header) -> Result<Vec<u16>, Unreadable> {
    let mask = (1_u32 << header.bits) - 1;
    let stored = |pixel: &[u8]| {
        let raw = pixel.iter().rev().fold(0, |raw, byte| raw << 8 | u32::from(*byte));
        let value = (raw >> header.shift & mask).cast_signed();
        let negative = header.signed && value >> (header.bits - 1) == 1;
        if negative { value - (1 << header.bits) } else { value }
    };
    let pixels = bytes.chunks_exact(header.bytes as usize).map(stored);
    let counts: Option<Vec<u16>> = match header.rescale {
        (1.0, 0.0) => pixels.map(|value| u16::try_from(value).ok()).collect(),
        (slope, intercept) => pixels.map(|value| whole(f64::from(value) * slope + intercept)).collect(),
    };
    counts.ok_or(Unreadable::NotCounts)
}

fn whole(value: f64) -> Option<u16> {
    let fits = value.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&value);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was just compared")]
    fits.then_some(value as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bits: u32, shift: u32, signed: bool) -> Header {
        Header {
            rows: 1,
            cols: 2,
            frames: 1,
            bytes: 2,
            bits,
            shift,
            signed,
            rescale: (1.0, 0.0),
            counts_accumulated: None,
        }
    }

    #[test]
    fn bits_that_are_not_stored_are_left_out() {
        let bytes = [0x34, 0xF2, 0xFF, 0xFF];
        assert_eq!(counts(&bytes, &header(12, 0, false)), Ok(vec![0x234, 0xFFF]));
        assert_eq!(counts(&bytes, &header(12, 4, false)), Ok(vec![0xF23, 0xFFF]));
    }

    #[test]
    fn a_negative_pixel_is_no_count() {
        let bytes = [1, 0, 0xFF, 0xFF];
        assert_eq!(counts(&bytes, &header(16, 0, false)), Ok(vec![1, 0xFFFF]));
        assert_eq!(counts(&bytes, &header(16, 0, true)), Err(Unreadable::NotCounts));
    }

    #[test]
    fn rescaling_has_to_give_whole_counts() {
        let bytes = [1, 0, 0xFF, 0xFF];
        let rescaled = |rescale| counts(&bytes, &Header { rescale, ..header(16, 0, true) });
        assert_eq!(rescaled((2.0, 2.0)), Ok(vec![4, 0]));
        assert_eq!(rescaled((0.5, 2.0)), Err(Unreadable::NotCounts));
        assert_eq!(rescaled((f64::MAX, f64::MAX)), Err(Unreadable::NotCounts));
    }

    #[test]
    fn a_jpeg_of_another_size_is_not_decoded() {
        let frame_header = |rows: u8, cols: u8| [0xFF, 0xC3, 0, 11, 16, 0, rows, 0, cols, 1];
        assert!(jpeg_fits(&frame_header(1, 2), &header(16, 0, false)));
        assert!(!jpeg_fits(&frame_header(255, 255), &header(16, 0, false)));
    }

    #[test]
    fn a_run_length_fragment_that_is_too_long_is_not_decoded() {
        let fragment = |length: usize| [[2, 0, 0, 0].as_slice(), &vec![0; length]].concat();
        assert!(rle_fits(&[fragment(70)], &header(16, 0, false)));
        assert!(!rle_fits(&[fragment(80)], &header(16, 0, false)));
        assert!(!rle_fits(&[fragment(70), fragment(70)], &header(16, 0, false)));
    }
}
