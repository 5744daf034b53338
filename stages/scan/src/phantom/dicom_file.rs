use std::fmt::Display;
use std::path::Path;

use contract::{Issue, Seed};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use table::View;

use super::cohort::Sex;
use super::raster::{PIXEL_MM, SIZE};

/// The day of every scan; none is real.
const DATE: &str = "20180101";
/// The time of every scan.
const TIME: &str = "120000";

/// Who wrote the file: a random UUID, as [`DicomFile`]'s other identifiers are.
const IMPLEMENTATION: &str = "2.25.122003312826609195142980949973101083717";

/// One image, to be written as a whole-body nuclear medicine object with one frame (PS3.3 A.5).
#[derive(Clone, Debug)]
pub struct DicomFile {
    /// Number of the patient.
    pub patient: u32,
    /// Sex of the patient.
    pub sex: Sex,
    /// Age of the patient.
    pub age_years: u32,
    /// Side of the camera.
    pub view: View,
    /// Counts, `ROWS` x `COLS`.
    pub counts: Vec<u16>,
    /// Origin of the unique identifiers.
    pub seed: Seed,
}

impl DicomFile {
    /// Writes the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(self, path: &Path) -> Result<(), Issue> {
        let refused =
            |error: &dyn Display| Issue::new(format!("the scan cannot be written: {error}")).file(path);
        // Without these the library would write its own version, and every release of it other bytes.
        let header = FileMetaTableBuilder::new()
            .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .implementation_class_uid(IMPLEMENTATION)
            .implementation_version_name("OSTEON PHANTOM");
        let object = self.object().with_meta(header).map_err(|error| refused(&error))?;
        object.write_to_file(path).map_err(|error| refused(&error))
    }

    fn object(self) -> InMemDicomObject {
        let elements = self.who().into_iter().chain(self.what()).chain(self.how());
        let mut object = InMemDicomObject::from_element_iter(elements);
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(self.counts.into())));
        object
    }

    /// Patient, study and series.
    fn who(&self) -> Vec<InMemElement> {
        let number = format!("{:06}", self.patient);
        let sex = match self.sex {
            Sex::Female => "F",
            Sex::Male => "M",
        };
        vec![
            text(tags::PATIENT_NAME, VR::PN, &format!("PHANTOM^{number}")),
            text(tags::PATIENT_ID, VR::LO, &format!("PHANTOM-{number}")),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, ""),
            text(tags::PATIENT_SEX, VR::CS, sex),
            text(tags::PATIENT_AGE, VR::AS, &format!("{:03}Y", self.age_years)),
            text(tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES"),
            text(tags::DEIDENTIFICATION_METHOD, VR::LO, "phantom, no patient"),
            text(tags::STUDY_INSTANCE_UID, VR::UI, &self.uid(&format!("study {number}"))),
            text(tags::STUDY_DATE, VR::DA, DATE),
            text(tags::STUDY_TIME, VR::TM, TIME),
            text(tags::STUDY_ID, VR::SH, &number),
            text(tags::ACCESSION_NUMBER, VR::SH, ""),
            text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
            text(tags::SERIES_INSTANCE_UID, VR::UI, &self.uid(&format!("series {number} {}", self.view))),
            text(tags::SERIES_NUMBER, VR::IS, self.instance()),
            text(tags::SERIES_DESCRIPTION, VR::LO, &format!("whole body {}", self.view)),
            text(tags::MODALITY, VR::CS, "NM"),
            text(tags::MANUFACTURER, VR::LO, "osteon phantom"),
            text(tags::PATIENT_POSITION, VR::CS, "HFS"),
        ]
    }

    /// Image and pixels.
    fn what(&self) -> Vec<InMemElement> {
        let total: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        let largest = self.counts.iter().copied().max().unwrap_or_default();
        let spacing = format!("{PIXEL_MM}\\{PIXEL_MM}");
        vec![
            text(tags::SOP_CLASS_UID, VR::UI, uids::NUCLEAR_MEDICINE_IMAGE_STORAGE),
            text(
                tags::SOP_INSTANCE_UID,
                VR::UI,
                &self.uid(&format!("image {:06} {}", self.patient, self.view)),
            ),
            text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\WHOLE BODY\\EMISSION"),
            text(tags::INSTANCE_NUMBER, VR::IS, self.instance()),
            text(tags::CONTENT_DATE, VR::DA, DATE),
            text(tags::CONTENT_TIME, VR::TM, TIME),
            text(tags::ACQUISITION_DATE, VR::DA, DATE),
            text(tags::ACQUISITION_TIME, VR::TM, TIME),
            text(tags::COUNTS_ACCUMULATED, VR::IS, &total.to_string()),
            text(tags::PIXEL_SPACING, VR::DS, &spacing),
            short(tags::SAMPLES_PER_PIXEL, 1),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            short(tags::ROWS, SIZE[0]),
            short(tags::COLUMNS, SIZE[1]),
            short(tags::BITS_ALLOCATED, 16),
            short(tags::BITS_STORED, 16),
            short(tags::HIGH_BIT, 15),
            short(tags::PIXEL_REPRESENTATION, 0),
            short(tags::SMALLEST_IMAGE_PIXEL_VALUE, self.counts.iter().copied().min().unwrap_or_default()),
            short(tags::LARGEST_IMAGE_PIXEL_VALUE, largest),
            text(tags::WINDOW_CENTER, VR::DS, &(largest / 2).to_string()),
            text(tags::WINDOW_WIDTH, VR::DS, &largest.to_string()),
        ]
    }

    /// Frames, detector and acquisition.
    fn how(&self) -> Vec<InMemElement> {
        let vectors = [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR];
        let (code, meaning, angle) = match self.view {
            View::Anterior => ("399348003", "antero-posterior", "0"),
            View::Posterior => ("272479007", "postero-anterior", "180"),
        };
        let view = vec![
            text(tags::CODE_VALUE, VR::SH, code),
            text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "SCT"),
            text(tags::CODE_MEANING, VR::LO, meaning),
        ];
        let detector = vec![
            text(tags::COLLIMATOR_GRID_NAME, VR::SH, "LEHR"),
            text(tags::COLLIMATOR_TYPE, VR::CS, "PARA"),
            text(tags::START_ANGLE, VR::DS, angle),
            sequence(tags::VIEW_CODE_SEQUENCE, vec![view]),
        ];
        let window = sequence(
            tags::ENERGY_WINDOW_RANGE_SEQUENCE,
            vec![vec![
                text(tags::ENERGY_WINDOW_LOWER_LIMIT, VR::DS, "126"),
                text(tags::ENERGY_WINDOW_UPPER_LIMIT, VR::DS, "154"),
            ]],
        );
        let tracer = text(tags::RADIOPHARMACEUTICAL, VR::LO, "99mTc-MDP (simulated)");
        vec![
            text(tags::NUMBER_OF_FRAMES, VR::IS, "1"),
            DataElement::new(tags::FRAME_INCREMENT_POINTER, VR::AT, PrimitiveValue::Tags(vectors.into())),
            short(tags::ENERGY_WINDOW_VECTOR, 1),
            short(tags::NUMBER_OF_ENERGY_WINDOWS, 1),
            short(tags::DETECTOR_VECTOR, 1),
            short(tags::NUMBER_OF_DETECTORS, 1),
            sequence(tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector]),
            sequence(tags::ENERGY_WINDOW_INFORMATION_SEQUENCE, vec![vec![window]]),
            sequence(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![vec![tracer]]),
            sequence(tags::PATIENT_ORIENTATION_CODE_SEQUENCE, vec![]),
            sequence(tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE, vec![]),
            text(tags::WHOLE_BODY_TECHNIQUE, VR::CS, "1PS"),
            text(tags::ACTUAL_FRAME_DURATION, VR::IS, "1200000"),
        ]
    }

    /// Returns 1 for the anterior and 2 for the posterior view.
    fn instance(&self) -> &'static str {
        match self.view {
            View::Anterior => "1",
            View::Posterior => "2",
        }
    }

    /// Returns a unique identifier: a random UUID as a decimal number (PS3.5 B.2).
    fn uid(&self, name: &str) -> String {
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&self.seed.fork_bytes(name)[..16]);
        uuid[6] = uuid[6] & 0x0F | 0x40;
        uuid[8] = uuid[8] & 0x3F | 0x80;
        format!("2.25.{}", u128::from_be_bytes(uuid))
    }
}

fn text(tag: Tag, representation: VR, value: &str) -> InMemElement {
    DataElement::new(tag, representation, PrimitiveValue::from(value))
}

fn short(tag: Tag, value: u16) -> InMemElement {
    DataElement::new(tag, VR::US, PrimitiveValue::from(value))
}

fn sequence(tag: Tag, items: Vec<Vec<InMemElement>>) -> InMemElement {
    let items: Vec<_> = items.into_iter().map(InMemDicomObject::from_element_iter).collect();
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}
