use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::encoding::Encoding;
use super::unreadable::Unreadable;

/// How deep sequences may lie within sequences. Nuclear medicine needs four; a parser that recurses into a
/// thousand ends the process.
pub const DEPTH: usize = 64;

const UNDEFINED: u32 = u32::MAX;

/// What begins and ends items (PS3.5 §7.5); these have a tag and a length only.
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// Value representations whose length takes two bytes (PS3.5 §7.1.2); all others take two reserved bytes and four.
const SHORT: [VR; 21] = [
    VR::AE,
    VR::AS,
    VR::AT,
    VR::CS,
    VR::DA,
    VR::DS,
    VR::DT,
    VR::FD,
    VR::FL,
    VR::IS,
    VR::LO,
    VR::LT,
    VR::PN,
    VR::SH,
    VR::SL,
    VR::SS,
    VR::ST,
    VR::TM,
    VR::UI,
    VR::UL,
    VR::US,
];

/// Where the parts of one element lie in a file.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Its tag.
    pub tag: Tag,
    /// First byte of its value.
    pub value: usize,
    /// Byte after its value; none if a delimiter says where it ends.
    pub end: Option<usize>,
    /// How its value is represented.
    vr: VR,
}

impl Element {
    /// Returns the end of its value if that is made of whole numbers: of half a number the parser leaves the bytes
    /// unread, takes them for an element, and allocates by the length that they seem to be.
    fn whole(&self, end: usize) -> Option<usize> {
        let number = match self.vr {
            VR::OW | VR::SS | VR::US => 2,
            VR::AT | VR::FL | VR::OF | VR::OL | VR::SL | VR::UL => 4,
            VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => 8,
            _ => 1,
        };
        (end - self.value).is_multiple_of(number).then_some(end)
    }
}

/// The elements in the bytes of a file, read no further than their headers.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// How they are written.
    pub encoding: Encoding,
}

/// A sequence, or an item of one, that has begun.
struct Open {
    sequence: bool,
    /// Byte that nothing in it may pass.
    limit: usize,
    /// Whether it ends there, or at a delimiter.
    defined: bool,
}

impl Elements<'_> {
    /// Returns the tag at a byte.
    pub fn tag(&self, at: usize) -> Option<Tag> {
        Some(Tag(self.u16(at)?, self.u16(at + 2)?))
    }

    /// Returns the element at a byte, all of which has to lie before `limit`.
    ///
    /// # Errors
    /// [`Unreadable::Truncated`] if it does not.
    pub fn element(&self, at: usize, limit: usize) -> Result<Element, Unreadable> {
        let header = self.header(at).filter(|header| header.value <= limit);
        let element = header.ok_or(Unreadable::Truncated { at })?;
        match element.end {
            Some(end) if end > limit => Err(Unreadable::Truncated { at }),
            _ => Ok(element),
        }
    }

    /// Walks the data set that begins at byte `start` and returns the byte after its pixels.
    ///
    /// After this, every length up to there is known to lie within the file and within what holds it.
    ///
    /// # Errors
    /// [`Unreadable::Truncated`], [`Unreadable::Malformed`], [`Unreadable::TooDeep`] or [`Unreadable::NoPixels`].
    pub fn pixels_end(&self, start: usize) -> Result<usize, Unreadable> {
        let mut open: Vec<Open> = Vec::new();
        let mut at = start;
        loop {
            let (limit, inside) = match open.last() {
                Some(holder) if at == holder.limit && holder.defined => {
                    open.pop();
                    continue;
                }
                Some(holder) => (holder.limit, Some(holder.sequence)),
                None if at >= self.bytes.len() => return Err(Unreadable::NoPixels),
                None => (self.bytes.len(), None),
            };
            let element = self.element(at, limit)?;
            let mut begin = |sequence| {
                let defined = element.end.is_some();
                open.push(Open { sequence, limit: element.end.unwrap_or(limit), defined });
                if open.len() > 2 * DEPTH { Err(Unreadable::TooDeep) } else { Ok(element.value) }
            };
            at = match (inside, element.tag) {
                (Some(true), ITEM) => begin(false)?,
                (Some(true), SEQUENCE_END) | (Some(false), ITEM_END) => {
                    open.pop();
                    element.value
                }
                (Some(true), _) | (_, Tag(0xFFFE, _)) => return Err(Unreadable::Malformed { at }),
                (_, tags::PIXEL_DATA) => {
                    let end = element.end.map_or_else(|| self.fragments_end(element.value, limit), Ok)?;
                    if inside.is_none() {
                        return Ok(end);
                    }
                    element.whole(end).ok_or(Unreadable::Malformed { at })?
                }
                _ if element.vr == VR::SQ => begin(true)?,
                _ => match element.end {
                    Some(end) => element.whole(end).ok_or(Unreadable::Malformed { at })?,
                    None => begin(true)?,
                },
            };
        }
    }

    /// Returns the byte after compressed pixels; a file may end without their delimiter.
    fn fragments_end(&self, start: usize, limit: usize) -> Result<usize, Unreadable> {
        let mut at = start;
        while at < limit {
            let fragment = self.element(at, limit)?;
            at = match (fragment.tag, fragment.end) {
                (ITEM, Some(end)) => end,
                (SEQUENCE_END, _) => return Ok(fragment.value),
                _ => return Err(Unreadable::Malformed { at }),
            };
        }
        Ok(limit)
    }

    fn header(&self, at: usize) -> Option<Element> {
        let tag = self.tag(at)?;
        let (value, length, vr) = match self.encoding {
            _ if tag.0 == 0xFFFE => (at + 8, self.u32(at + 4)?, VR::UN),
            Encoding::ImplicitLittle => {
                let entry = StandardDataDictionary.by_tag(tag);
                (at + 8, self.u32(at + 4)?, entry.map_or(VR::UN, |entry| entry.vr().relaxed()))
            }
            Encoding::ExplicitLittle | Encoding::ExplicitBig => {
                let name = self.bytes.get(at + 4..at + 6)?;
                let vr = VR::from_binary([name[0], name[1]]).unwrap_or(VR::UN);
                if SHORT.contains(&vr) {
                    (at + 8, u32::from(self.u16(at + 6)?), vr)
                } else {
                    (at + 12, self.u32(at + 8)?, vr)
                }
            }
        };
        let end = match length {
            UNDEFINED => None,
            length => Some(value.checked_add(usize::try_from(length).ok()?)?),
        };
        Some(Element { tag, value, end, vr })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(match self.encoding {
            Encoding::ExplicitBig => u16::from_be_bytes(*bytes),
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => u16::from_le_bytes(*bytes),
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(match self.encoding {
            Encoding::ExplicitBig => u32::from_be_bytes(*bytes),
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => u32::from_le_bytes(*bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn implicit(bytes: &[u8]) -> Result<usize, Unreadable> {
        Elements { bytes, encoding: Encoding::ImplicitLittle }.pixels_end(0)
    }

    fn element(tag: Tag, length: u32, value: &[u8]) -> Vec<u8> {
        let header = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
        [header, length.to_le_bytes().to_vec(), value.to_vec()].concat()
    }

    fn pixels() -> Vec<u8> {
        element(tags::PIXEL_DATA, 4, &[1, 2, 3, 4])
    }

    #[test]
    fn the_walk_ends_after_the_pixels_and_ignores_what_follows() {
        let bytes = [element(tags::PATIENT_ID, 2, b"a "), pixels(), vec![0xFF; 7]].concat();
        assert_eq!(implicit(&bytes), Ok(22));
    }

    #[test]
    fn a_length_beyond_the_file_is_refused() {
        let bytes = [element(tags::PATIENT_ID, 0xFFFF_FFF0, b"a "), pixels()].concat();
        assert_eq!(implicit(&bytes), Err(Unreadable::Truncated { at: 0 }));
    }

    #[test]
    fn a_length_beyond_its_item_is_refused() {
        let inner = element(tags::CODE_VALUE, 40, b"12");
        let item = element(ITEM, 10, &inner);
        let bytes = [element(tags::VIEW_CODE_SEQUENCE, 18, &item), pixels(), vec![0; 40]].concat();
        assert_eq!(implicit(&bytes), Err(Unreadable::Truncated { at: 16 }));
    }

    #[test]
    fn half_a_number_is_refused() {
        let rows = |length| element(tags::ROWS, length, &vec![0; length as usize]);
        assert_eq!(implicit(&[rows(2), pixels()].concat()), Ok(22));
        assert_eq!(implicit(&[rows(3), pixels()].concat()), Err(Unreadable::Malformed { at: 0 }));
    }

    #[test]
    fn pixels_within_an_item_are_not_those_of_the_image() {
        let item = element(ITEM, 12, &pixels());
        let icon = element(tags::ICON_IMAGE_SEQUENCE, 20, &item);
        assert_eq!(implicit(&icon), Err(Unreadable::NoPixels));
        assert_eq!(implicit(&[icon.clone(), pixels()].concat()), Ok(icon.len() + 12));
    }

    #[test]
    fn sequences_may_be_nested_64_deep_and_no_deeper() {
        let nested = |depth: usize| {
            let sequence = element(tags::VIEW_CODE_SEQUENCE, UNDEFINED, &element(ITEM, UNDEFINED, &[]));
            let item_end = element(ITEM_END, 0, &[]);
            let sequence_end = element(SEQUENCE_END, 0, &[]);
            let end = [item_end, sequence_end].concat();
            implicit(&[sequence.repeat(depth), end.repeat(depth), pixels()].concat())
        };
        assert!(nested(DEPTH).is_ok());
        assert_eq!(nested(DEPTH + 1), Err(Unreadable::TooDeep));
    }

    #[test]
    fn fragments_end_at_their_delimiter_or_with_the_file() {
        let fragments = [element(ITEM, 0, &[]), element(ITEM, 2, &[1, 2])].concat();
        let open = element(tags::PIXEL_DATA, UNDEFINED, &fragments);
        assert_eq!(implicit(&open), Ok(open.len()));
        let closed = [open, element(SEQUENCE_END, 0, &[])].concat();
        assert_eq!(implicit(&[closed.clone(), vec![1; 9]].concat()), Ok(closed.len()));
    }

    #[test]
    fn a_delimiter_that_ends_nothing_is_refused() {
        assert_eq!(implicit(&element(ITEM_END, 0, &[])), Err(Unreadable::Malformed { at: 0 }));
    }
}
