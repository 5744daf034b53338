use serde_json::json;
use table::{Image, Label, Lesion, Rejected};

use super::*;
use crate::dicom::specimen::{ANTERIOR, POSTERIOR, Specimen};
use crate::pseudonym;
use crate::trial::Trial;

const READERS: [&str; 3] = ["anna", "ben", "carl"];

const NOTHING: &[&str] = &[];
const METASTASIS: &[&str] = &["M:metastasis:vertebra"];
const ARTHRITIS: &[&str] = &["A:arthritis:knee"];

fn annotation(labels: &[&str]) -> Vec<u8> {
    let shape =
        |label: &&str| json!({ "label": label, "points": [[2, 0], [1, 1.5]], "shape_type": "rectangle" });
    let shapes: Vec<_> = labels.iter().map(shape).collect();
    let annotation = json!({
        "version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "a.dcm", "imageData": null,
        "imageHeight": 2, "imageWidth": 3,
    });
    annotation.to_string().into_bytes()
}

/// What the three readers found in the image called `name`.
fn readings(name: &str, found: [&[&str]; 3]) -> Vec<(String, Vec<u8>)> {
    READERS
        .iter()
        .zip(found)
        .map(|(reader, labels)| (format!("{reader}/{name}.json"), annotation(labels)))
        .collect()
}

fn trial(scans: Vec<(&str, Vec<u8>)>, annotations: Vec<Vec<(String, Vec<u8>)>>) -> Trial {
    let annotations = annotations.concat();
    let annotations = annotations.iter().map(|(name, bytes)| (name.as_str(), bytes.clone()));
    Trial::new().folder("scans", scans).folder("annotations", annotations)
}

fn scan(patient: &'static str, view: &'static str) -> Vec<u8> {
    Specimen { patient, views: vec![view], ..Specimen::default() }.bytes()
}

fn skip() -> Ingest {
    Ingest { on_reject: OnReject::Skip, ..Ingest::default() }
}

fn readers(number: u32) -> Ingest {
    Ingest { readers: NonZeroU32::new(number).unwrap(), ..Ingest::default() }
}

fn ids(images: &[Image]) -> Vec<&str> {
    images.iter().map(|image| image.image_id.as_str()).collect()
}

#[test]
fn an_image_has_the_label_that_two_readers_give_it() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-1", POSTERIOR))];
    let annotations =
        vec![readings("a", [METASTASIS, METASTASIS, NOTHING]), readings("b", [METASTASIS, NOTHING, NOTHING])];
    let trial = trial(scans, annotations);
    assert_eq!(trial.run(&Ingest::default()), Ok(vec![]));
    let images = trial.read_images("images");
    let patient = pseudonym::of("Doe-1");
    assert_eq!(ids(&images), [format!("{patient}-anterior"), format!("{patient}-posterior")]);
    assert_eq!(
        images.iter().map(|image| image.label).collect::<Vec<_>>(),
        [Label::Metastatic, Label::Normal]
    );
    assert_eq!((images[0].counts_total, images[0].counts_max), (260.0, 250.0));
    let lesions: Vec<Lesion> = trial.read_rows("lesions");
    assert_eq!(lesions.len(), 3);
    let lesion = &lesions[0];
    assert_eq!(
        (lesion.reader.as_str(), lesion.disease.as_str(), lesion.site.as_str()),
        ("anna", "metastasis", "vertebra")
    );
    assert_eq!((lesion.x_min, lesion.y_min, lesion.x_max, lesion.y_max), (1.0, 0.0, 2.0, 1.5));
}

#[test]
fn more_images_of_a_patient_and_view_are_numbered_in_the_order_of_their_paths() {
    let scans = ["c", "a", "b/a"].map(|name| (name, scan("Doe-1", ANTERIOR))).to_vec();
    let annotations = ["a", "b/a", "c"].map(|name| readings(name, [NOTHING; 3])).to_vec();
    let trial = trial(scans, annotations);
    trial.run(&Ingest::default()).unwrap();
    let patient = pseudonym::of("Doe-1");
    let expected =
        [format!("{patient}-anterior"), format!("{patient}-anterior-2"), format!("{patient}-anterior-3")];
    assert_eq!(ids(&trial.read_images("images")), expected);
}

#[test]
fn files_without_an_image_fail_the_stage_which_names_each() {
    let ct = Specimen { modality: "CT", ..Specimen::default() }.bytes();
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", ct), ("notes.txt", b"Doe, Jane".to_vec())];
    let trial = trial(scans, vec![readings("a", [NOTHING; 3])]);
    let issue = trial.run(&Ingest::default()).unwrap_err();
    assert!(issue.message.starts_with("2 files gave no image"), "{issue}");
    assert!(issue.message.contains("b.dcm: it is no nuclear medicine image"), "{issue}");
    assert!(issue.message.contains("notes.txt: it is no DICOM file"), "{issue}");

    assert_eq!(trial.run(&skip()).unwrap().len(), 2);
    assert_eq!(trial.read_images("images").len(), 1);
    let rejected: Vec<Rejected> = trial.read_rows("rejected");
    assert_eq!(rejected.iter().map(|row| row.file.as_str()).collect::<Vec<_>>(), ["b.dcm", "notes.txt"]);
}

#[test]
fn a_missing_annotation_is_not_one_without_shapes() {
    let mut two = readings("a", [METASTASIS; 3]);
    two.remove(1);
    let annotations = vec![two, readings("b", [NOTHING; 3])];
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", ANTERIOR))];
    let trial = trial(scans, annotations);
    let issue = trial.run(&skip()).unwrap_err();
    assert!(issue.message.contains("a.json is missing from ben"), "{issue}");
    assert_eq!(trial.run(&readers(2)), Ok(vec![]));
}

#[test]
fn fewer_folders_than_readers_are_an_error() {
    let trial = trial(vec![("a.dcm", scan("Doe-1", ANTERIOR))], vec![readings("a", [NOTHING; 3])]);
    assert!(trial.run(&readers(4)).is_err());
}

#[test]
fn without_annotations_there_is_no_label() {
    let trial = Trial::new().folder("scans", [("a.dcm", scan("Doe-1", ANTERIOR))]);
    assert!(trial.run(&Ingest::default()).unwrap_err().message.contains("`annotations`"));
}

#[test]
fn an_image_on_whose_disease_nobody_agrees_is_left_out_or_has_both() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", ANTERIOR))];
    let annotations = vec![readings("a", [METASTASIS, ARTHRITIS, NOTHING]), readings("b", [NOTHING; 3])];
    let trial = trial(scans, annotations);
    assert_eq!(trial.run(&Ingest::default()).unwrap().len(), 1);
    assert_eq!(trial.read_images("images").len(), 1);
    assert_eq!(trial.read_rows::<Rejected>("rejected")[0].file, "a.dcm");
    assert_eq!(trial.read_rows::<Lesion>("lesions").len(), 0);
    trial.run(&Ingest { unresolved: Unresolved::Union, ..Ingest::default() }).unwrap();
    assert_eq!(trial.read_images("images")[0].label, Label::Both);
}

#[test]
fn an_image_of_another_shape_than_the_first_is_rejected() {
    let other = Specimen { rows: 3, cols: 2, ..Specimen::default() }.bytes();
    let mut third = readings("b", [NOTHING; 3]);
    for (_, bytes) in &mut third {
        *bytes = br#"{"shapes": [], "imagePath": "b.dcm", "imageData": null}"#.to_vec();
    }
    let trial =
        trial(vec![("a", scan("Doe-1", ANTERIOR)), ("b", other)], vec![readings("a", [NOTHING; 3]), third]);
    trial.run(&skip()).unwrap();
    let rejected: Vec<Rejected> = trial.read_rows("rejected");
    assert_eq!(rejected[0].reason, "its images have 3 x 2 pixels, and those before it 2 x 3");
}

#[test]
fn an_annotation_of_an_image_of_another_size_is_an_error() {
    let wide = Specimen { rows: 1, cols: 6, ..Specimen::default() }.bytes();
    let trial = trial(vec![("a.dcm", wide)], vec![readings("a", [NOTHING; 3])]);
    assert!(trial.run(&skip()).unwrap_err().message.contains("another size"));
}

#[test]
fn images_of_one_scan_are_annotated_by_number_or_by_view() {
    let two = Specimen { pixels: (0..12).collect(), views: vec![ANTERIOR, POSTERIOR], ..Specimen::default() };
    let annotations = vec![readings("a-1", [ARTHRITIS; 3]), readings("a-posterior", [METASTASIS; 3])];
    let trial = trial(vec![("x/a.dcm", two.bytes())], annotations);
    trial.run(&Ingest::default()).unwrap();
    let labels: Vec<Label> = trial.read_images("images").iter().map(|image| image.label).collect();
    assert_eq!(labels, [Label::Arthritic, Label::Metastatic]);
}

#[test]
fn a_name_that_two_scans_share_needs_the_path_of_each() {
    let scans = vec![("x/a.dcm", scan("Doe-1", ANTERIOR)), ("y/a.dcm", scan("Doe-2", ANTERIOR))];
    let trial = trial(scans, vec![readings("a", [NOTHING; 3]), readings("y/a", [NOTHING; 3])]);
    let issue = trial.run(&skip()).unwrap_err();
    assert!(issue.to_string().starts_with("x/a.dcm: 0 of 3 readers annotated it"), "{issue}");
}

#[test]
fn no_value_that_tells_who_it_is_gets_out() {
    let scans = vec![
        ("a.dcm", scan("Doe-1", ANTERIOR)),
        ("b.dcm", scan("Doe-1", "")),
        ("c.dcm", Specimen { modality: "CT", ..Specimen::default() }.bytes()),
    ];
    let trial = trial(scans, vec![readings("a", [METASTASIS; 3]), readings("b", [NOTHING; 3])]);
    let warnings = trial.run(&skip()).unwrap();
    let artifacts = format!(
        "{:?} {:?} {:?} {warnings:?}",
        trial.read_images("images"),
        trial.read_rows::<Lesion>("lesions"),
        trial.read_rows::<Rejected>("rejected"),
    );
    for secret in ["Doe", "Jane", "1962", "2018", "2.25"] {
        assert!(!artifacts.contains(secret), "{secret} in {artifacts}");
    }
}

#[test]
fn its_bytes_change_only_with_its_version_whatever_the_threads() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", POSTERIOR))];
    let annotations = vec![readings("a", [METASTASIS, ARTHRITIS, NOTHING]), readings("b", [ARTHRITIS; 3])];
    let trial = trial(scans, annotations);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trial.run(&Ingest::default())).unwrap();
        assert_eq!(
            trial.pin::<Ingest>(),
            "ingest 1: images=57c1a9dc7053 lesions=91cd62bd8b0c rejected=6f9fa75705f2"
        );
    }
}
