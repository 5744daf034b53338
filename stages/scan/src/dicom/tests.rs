use std::ffi::OsString;
use std::fs;
use std::path::Path;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use proptest::prelude::*;
use table::View;

use super::encoding::Encoding;
use super::specimen::{ANTERIOR, POSTERIOR, Specimen};
use super::*;
use crate::shared;

fn parse(specimen: &Specimen) -> Result<Scan, Unreadable> {
    Scan::parse(&specimen.bytes())
}

fn read(path: &Path) -> Result<Scan, Unreadable> {
    Scan::parse(&Scan::bytes(path)?)
}

#[test]
fn every_encoding_gives_the_same_counts() {
    for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig] {
        for (file_header, bits, signed) in [(true, 16, false), (false, 16, true), (true, 8, false)] {
            if bits == 8 && encoding == Encoding::ExplicitBig {
                continue;
            }
            let specimen = Specimen { bits, signed, encoding, file_header, ..Specimen::default() };
            let scan = parse(&specimen).unwrap_or_else(|error| panic!("{encoding:?}, {bits} bits: {error}"));
            assert_eq!((scan.rows, scan.cols), (2, 3));
            assert_eq!(scan.frames, [Frame { view: View::Anterior, counts: vec![0, 1, 2, 3, 4, 250] }]);
        }
    }
}

#[test]
fn run_lengths_are_unpacked() {
    let pixels = vec![0, 256, 2, 65535, 4, 250];
    let specimen = Specimen { rle: true, pixels: pixels.clone(), ..Specimen::default() };
    assert_eq!(parse(&specimen).unwrap().frames[0].counts, pixels);
}

#[test]
fn two_frames_are_two_views_of_one_patient() {
    let pixels: Vec<u16> = (0..12).collect();
    let two = Specimen { pixels, views: vec![POSTERIOR, ANTERIOR], ..Specimen::default() };
    let views = |specimen: &Specimen| -> Vec<View> {
        parse(specimen).unwrap().frames.into_iter().map(|frame| frame.view).collect()
    };
    assert_eq!(views(&two), [View::Posterior, View::Anterior]);
    assert_eq!(views(&Specimen { views: vec!["", ""], ..two.clone() }), [View::Anterior, View::Posterior]);
    assert_eq!(parse(&two).unwrap().frames[1].counts, [6, 7, 8, 9, 10, 11]);
}

#[test]
fn a_name_tells_the_view_where_no_code_does() {
    let named = |name: &str| {
        let name = DataElement::new(tags::SERIES_DESCRIPTION, VR::LO, PrimitiveValue::from(name));
        let detector = DataElement::new(tags::DETECTOR_VECTOR, VR::US, PrimitiveValue::Empty);
        parse(&Specimen { views: vec![""], more: vec![name, detector], ..Specimen::default() })
            .map(|scan| scan.frames[0].view)
    };
    assert_eq!(named("WB ANT"), Ok(View::Anterior));
    assert_eq!(named("whole body_F"), Ok(View::Posterior));
    assert_eq!(named("ANT and POST"), Err(Unreadable::NoView));
    assert_eq!(named("WHOLE BODY"), Err(Unreadable::NoView));
}

#[test]
fn sex_and_age_are_kept_and_no_name() {
    let scan = parse(&Specimen::default()).unwrap();
    assert_eq!(scan.person.sex.as_deref(), Some("F"));
    assert_eq!(scan.person.age_years, Some(55.0));
    assert!(!format!("{scan:?}").contains("Doe"));
}

#[test]
fn another_modality_is_refused_whatever_its_class() {
    assert_eq!(parse(&Specimen { modality: "CT", ..Specimen::default() }), Err(Unreadable::Modality));
}

#[test]
fn without_a_patient_identifier_there_is_no_image() {
    assert_eq!(parse(&Specimen { patient: " ", ..Specimen::default() }), Err(Unreadable::NoPatient));
}

#[test]
fn fewer_pixels_than_the_header_says_are_refused() {
    assert_eq!(parse(&Specimen { rows: 3, ..Specimen::default() }), Err(Unreadable::PixelLength));
    assert_eq!(parse(&Specimen { rows: 0, ..Specimen::default() }), Err(Unreadable::Attribute("Rows")));
}

#[test]
fn counts_are_compared_with_what_the_camera_accumulated() {
    let stated = |counts: &str| {
        let element = DataElement::new(tags::COUNTS_ACCUMULATED, VR::IS, PrimitiveValue::from(counts));
        parse(&Specimen { more: vec![element], ..Specimen::default() }).unwrap().counts_agree
    };
    assert!(stated("260"));
    assert!(!stated("261"));
    assert!(stated(""));
}

#[test]
fn a_real_scan_is_the_same_image_in_three_encodings() {
    let Some(folder) = shared::folder("data/nm1") else { return };
    let scans = ["NM1_UNC.dcm", "NM1_RLE.dcm", "NM1_JPLL.dcm"]
        .map(|name| read(&folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
    for scan in &scans {
        let counts = &scan.frames[0].counts;
        assert_eq!((scan.rows, scan.cols, scan.frames.len()), (1024, 256, 1));
        assert_eq!(scan.frames[0].view, View::Anterior);
        assert_eq!(counts.iter().map(|count| u64::from(*count)).sum::<u64>(), 3_596_452);
        assert_eq!((counts.iter().min(), counts.iter().max()), (Some(&0), Some(&278)));
        assert!(scan.counts_agree);
        assert_eq!(scan.frames, scans[0].frames);
        assert_eq!(scan.person, scans[0].person);
    }
}

#[test]
fn files_that_others_broke_give_a_reason_each() {
    let Some(folder) = shared::folder("data/dicom-malformed") else { return };
    let mut names: Vec<OsString> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let reasons: Vec<String> = names
        .iter()
        .map(|name| {
            let outcome = read(&folder.join(name));
            let reason = outcome.map_or_else(|error| format!("{error:?}"), |_| "an image".to_owned());
            format!("{}: {reason}", name.display())
        })
        .collect();
    assert_eq!(reasons, REASONS);
}

const REASONS: [&str; 19] = [
    "DICOMDIR-empty.dcm: NoPixels",
    "ExplVR_BigEndNoMeta.dcm: NoPixels",
    "ExplVR_LitEndNoMeta.dcm: NoPixels",
    "JPEG2000-embedded-sequence-delimiter.dcm: Syntax",
    "MR_truncated.dcm: Truncated { at: 1488 }",
    "UN_sequence.dcm: Truncated { at: 378 }",
    "badVR.dcm: Modality",
    "bad_sequence.dcm: Modality",
    "empty_charset_LEI.dcm: NoPixels",
    "emri_small_jpeg_2k_lossless_too_short.dcm: Syntax",
    "explicit_VR-UN.dcm: Syntax",
    "meta_missing_tsyntax.dcm: Modality",
    "no_meta.dcm: NotDicom",
    "no_meta_group_length.dcm: NoPixels",
    "reportsi_with_empty_number_tags.dcm: NoPixels",
    "rtplan_truncated.dcm: Truncated { at: 1410 }",
    "rtstruct.dcm: NoPixels",
    "test1.json: NotDicom",
    "zipMR.gz: NotDicom",
];

fn small() -> Vec<Vec<u8>> {
    let plain = Specimen { rows: 4, cols: 4, pixels: (0..16).collect(), ..Specimen::default() };
    let encodings = [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig];
    let mut files: Vec<Vec<u8>> =
        encodings.map(|encoding| Specimen { encoding, ..plain.clone() }.bytes()).into();
    files.push(Specimen { file_header: false, ..plain.clone() }.bytes());
    files.push(Specimen { rle: true, ..plain }.bytes());
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_file_gives_an_image_or_a_reason(
        file in 0_usize..5,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = small().swap_remove(file);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(scan) = Scan::parse(&bytes) {
            let pixels = scan.rows as usize * scan.cols as usize;
            prop_assert!(scan.frames.iter().all(|frame| frame.counts.len() == pixels));
        }
    }

    #[test]
    fn noise_is_no_image(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Scan::parse(&bytes).is_err());
    }
}

#[test]
fn a_damaged_real_scan_gives_an_image_or_a_reason() {
    let Some(folder) = shared::folder("data/nm1") else { return };
    for name in ["NM1_RLE.dcm", "NM1_JPLL.dcm"] {
        let file = fs::read(folder.join(name)).unwrap();
        let damage = (any::<prop::sample::Index>(), any::<u8>());
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) };
        proptest!(config, |((place, byte) in damage)| {
            let mut bytes = file.clone();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = Scan::parse(&bytes);
        });
    }
}
