use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::unreadable::Unreadable;

const LARGEST_SIDE: u32 = 4096;
const MOST_FRAMES: u32 = 64;

/// Sizes and number format of the pixels, checked before any of them is decoded (PS3.3 C.8.4.7, C.8.4.8).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Rows of a frame.
    pub rows: u32,
    /// Columns of a frame.
    pub cols: u32,
    /// Frames.
    pub frames: usize,
    /// Bytes of a pixel: 1 or 2.
    pub bytes: u32,
    /// Bits of a pixel that count.
    pub bits: u32,
    /// Position of the lowest of them.
    pub shift: u32,
    /// Whether pixels are signed.
    pub signed: bool,
    /// What a pixel is multiplied by, and what is then added.
    pub rescale: (f64, f64),
    /// The counts in all frames together, as the camera says.
    pub counts_accumulated: Option<u64>,
}

impl Header {
    /// Reads a data set.
    ///
    /// # Errors
    /// [`Unreadable::Modality`], or [`Unreadable::Attribute`] with the attribute's name.
    pub fn of(attributes: Attributes<'_>) -> Result<Self, Unreadable> {
        if attributes.text(tags::MODALITY).as_deref() != Some("NM") {
            return Err(Unreadable::Modality);
        }
        let whole = |tag: Tag, name, least: u32, most: u32| {
            let value = attributes.whole(tag).and_then(|value| u32::try_from(value).ok());
            value.filter(|value| (least..=most).contains(value)).ok_or(Unreadable::Attribute(name))
        };
        whole(tags::SAMPLES_PER_PIXEL, "SamplesPerPixel", 1, 1)?;
        let frames = match attributes.0.get(tags::NUMBER_OF_FRAMES) {
            Some(_) => whole(tags::NUMBER_OF_FRAMES, "NumberOfFrames", 1, MOST_FRAMES)?,
            None => 1,
        };
        let allocated = whole(tags::BITS_ALLOCATED, "BitsAllocated", 8, 16)?;
        if allocated % 8 != 0 {
            return Err(Unreadable::Attribute("BitsAllocated"));
        }
        let bits = whole(tags::BITS_STORED, "BitsStored", 1, allocated)?;
        let high = whole(tags::HIGH_BIT, "HighBit", bits - 1, allocated - 1)?;
        // MONOCHROME1, darker for more, is not legal here; a palette only colors what are counts all the same.
        match attributes.text(tags::PHOTOMETRIC_INTERPRETATION).as_deref() {
            Some("MONOCHROME2" | "PALETTE COLOR") => {}
            _ => return Err(Unreadable::Attribute("PhotometricInterpretation")),
        }
        Ok(Self {
            rows: whole(tags::ROWS, "Rows", 1, LARGEST_SIDE)?,
            cols: whole(tags::COLUMNS, "Columns", 1, LARGEST_SIDE)?,
            frames: frames as usize,
            bytes: allocated / 8,
            bits,
            shift: high + 1 - bits,
            signed: whole(tags::PIXEL_REPRESENTATION, "PixelRepresentation", 0, 1)? == 1,
            rescale: (
                attributes.number(tags::RESCALE_SLOPE).unwrap_or(1.0),
                attributes.number(tags::RESCALE_INTERCEPT).unwrap_or(0.0),
            ),
            counts_accumulated: attributes.whole(tags::COUNTS_ACCUMULATED),
        })
    }

    /// Returns the number of pixels in a frame.
    pub fn pixels(&self) -> usize {
        self.rows as usize * self.cols as usize
    }

    /// Returns the number of bytes in a frame.
    pub fn frame_bytes(&self) -> usize {
        self.pixels() * self.bytes as usize
    }
}
