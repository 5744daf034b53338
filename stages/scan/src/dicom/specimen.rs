//! Small DICOM files for tests, written in every encoding that is read.

use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_transfer_syntax_registry::entries;

use super::encoding::Encoding;

/// A file to be written.
#[derive(Clone)]
pub struct Specimen {
    pub patient: &'static str,
    pub modality: &'static str,
    pub rows: u16,
    pub cols: u16,
    /// Stored pixels of all frames.
    pub pixels: Vec<u16>,
    pub bits: u16,
    pub signed: bool,
    /// View code of each frame's detector.
    pub views: Vec<&'static str>,
    pub encoding: Encoding,
    pub rle: bool,
    pub file_header: bool,
    /// Elements that are added, or put in the place of those above.
    pub more: Vec<InMemElement>,
}

pub const ANTERIOR: &str = "399348003";
pub const POSTERIOR: &str = "272479007";

impl Default for Specimen {
    fn default() -> Self {
        Self {
            patient: "Doe-1",
            modality: "NM",
            rows: 2,
            cols: 3,
            pixels: vec![0, 1, 2, 3, 4, 250],
            bits: 16,
            signed: false,
            views: vec![ANTERIOR],
            encoding: Encoding::ExplicitLittle,
            rle: false,
            file_header: true,
            more: Vec::new(),
        }
    }
}

impl Specimen {
    pub fn bytes(&self) -> Vec<u8> {
        let syntax = match self.encoding {
            Encoding::ImplicitLittle => entries::IMPLICIT_VR_LITTLE_ENDIAN.erased(),
            Encoding::ExplicitLittle => entries::EXPLICIT_VR_LITTLE_ENDIAN.erased(),
            Encoding::ExplicitBig => entries::EXPLICIT_VR_BIG_ENDIAN.erased(),
        };
        let uid = if self.rle { uids::RLE_LOSSLESS } else { syntax.uid() };
        let mut bytes = Vec::new();
        let object = self.object();
        if self.file_header {
            let header = FileMetaTableBuilder::new().transfer_syntax(uid);
            object.with_meta(header).unwrap().write_all(&mut bytes).unwrap();
        } else {
            object.write_dataset_with_ts(&mut bytes, &syntax).unwrap();
        }
        bytes
    }

    fn object(&self) -> InMemDicomObject {
        let text = |tag, vr, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
        let short = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
        let frames = self.views.len();
        let detectors: Vec<InMemDicomObject> = self.views.iter().map(|code| detector(code)).collect();
        let vector: Vec<u16> = (1..).take(frames).collect();
        let mut object = InMemDicomObject::from_element_iter([
            text(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
            text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"),
            text(tags::STUDY_DATE, VR::DA, "20180730"),
            text(tags::MODALITY, VR::CS, self.modality),
            text(tags::PATIENT_NAME, VR::PN, "Doe^Jane"),
            text(tags::PATIENT_ID, VR::LO, self.patient),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, "19620731"),
            text(tags::PATIENT_SEX, VR::CS, "F"),
            short(tags::SAMPLES_PER_PIXEL, 1),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string()),
            short(tags::ROWS, self.rows),
            short(tags::COLUMNS, self.cols),
            short(tags::BITS_ALLOCATED, self.bits),
            short(tags::BITS_STORED, self.bits),
            short(tags::HIGH_BIT, self.bits - 1),
            short(tags::PIXEL_REPRESENTATION, self.signed.into()),
            DataElement::new(tags::DETECTOR_VECTOR, VR::US, PrimitiveValue::U16(vector.into())),
            sequence(tags::DETECTOR_INFORMATION_SEQUENCE, detectors),
            self.pixel_data(frames),
        ]);
        for element in &self.more {
            object.put(element.clone());
        }
        object
    }

    fn pixel_data(&self, frames: usize) -> InMemElement {
        let [low, high] = [0, 8].map(|shift| self.pixels.iter().map(move |pixel| (pixel >> shift) as u8));
        if self.rle {
            let frame = self.pixels.len() / frames;
            let (low, high): (Vec<u8>, Vec<u8>) = (low.collect(), high.collect());
            let fragments: Vec<Vec<u8>> =
                low.chunks(frame).zip(high.chunks(frame)).map(|(low, high)| runs([high, low])).collect();
            DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(fragments))
        } else if self.bits == 8 && self.encoding != Encoding::ExplicitBig {
            DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(low.collect()))
        } else {
            DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(self.pixels.clone().into()))
        }
    }
}

fn detector(code: &str) -> InMemDicomObject {
    let code = DataElement::new(tags::CODE_VALUE, VR::SH, PrimitiveValue::from(code));
    let codes = vec![InMemDicomObject::from_element_iter([code])];
    InMemDicomObject::from_element_iter([sequence(tags::VIEW_CODE_SEQUENCE, codes)])
}

fn sequence(tag: Tag, items: Vec<InMemDicomObject>) -> InMemElement {
    DataElement::new(tag, VR::SQ, dicom_core::value::DataSetSequence::from(items))
}

/// Packs the high and the low bytes of a frame of at most 128 pixels (PS3.5 annex G), without any run.
fn runs(segments: [&[u8]; 2]) -> Vec<u8> {
    let segments = segments.map(|bytes| {
        let literal = [&[bytes.len() as u8 - 1], bytes].concat();
        if literal.len() % 2 == 0 { literal } else { [literal, vec![0x80]].concat() }
    });
    let mut header = [0_u32; 16];
    header[0] = 2;
    header[1] = 64;
    header[2] = 64 + segments[0].len() as u32;
    let header: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    [header, segments.concat()].concat()
}
