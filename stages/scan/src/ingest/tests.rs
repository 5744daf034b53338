use serde_json::json;
use table::{Image, Label, Lesion, Opinion, Rejected};

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
        ("reader-1", "metastasis", "vertebra")
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
    assert!(issue.message.starts_with("2 files could not be used"), "{issue}");
    assert!(issue.message.contains("\nscan 2: it is no nuclear medicine image"), "{issue}");
    assert!(issue.message.contains("\nscan 3: it is no DICOM file"), "{issue}");

    assert_eq!(trial.run(&skip()).unwrap().len(), 2);
    assert_eq!(trial.read_images("images").len(), 1);
    let rejected: Vec<Rejected> = trial.read_rows("rejected");
    let digest = contract::Digest::of(b"Doe, Jane").to_string();
    assert_eq!((rejected[0].input.as_str(), rejected[0].file), ("scans", 2));
    assert_eq!((rejected[1].source_digest.as_ref(), rejected[1].file), (Some(&digest), 3));
}

#[test]
fn a_missing_annotation_is_not_one_without_shapes() {
    let mut two = readings("a", [METASTASIS; 3]);
    two.remove(1);
    let annotations = vec![two, readings("b", [NOTHING; 3])];
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", ANTERIOR))];
    let trial = trial(scans, annotations);
    let issue = trial.run(&skip()).unwrap_err();
    assert!(
        issue.message.starts_with("scan 1: 2 of 3 readers annotated it: there is no file of reader-2"),
        "{issue}"
    );
    assert_eq!(trial.run(&readers(2)), Ok(vec![]));
}

#[test]
fn fewer_folders_than_readers_are_an_error() {
    let trial = trial(vec![("a.dcm", scan("Doe-1", ANTERIOR))], vec![readings("a", [NOTHING; 3])]);
    assert!(trial.run(&readers(4)).is_err());
}

#[test]
fn without_annotations_and_labels_there_is_no_label() {
    let trial = Trial::new().folder("scans", [("a.dcm", scan("Doe-1", ANTERIOR))]);
    assert!(trial.run(&Ingest::default()).unwrap_err().message.contains("neither the input `annotations`"));
}

fn labelled(labels: &str) -> Trial {
    let scans = [("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", ANTERIOR))];
    Trial::new().folder("scans", scans).file("labels", labels)
}

#[test]
fn a_table_may_give_the_labels() {
    let trial = labelled("file,label\nb.dcm,M&A\na.dcm,normal\n");
    assert_eq!(trial.run(&Ingest::default()), Ok(vec![]));
    let labels: Vec<Label> = trial.read_images("images").iter().map(|image| image.label).collect();
    assert_eq!(labels, [Label::Normal, Label::Both]);
    assert_eq!(trial.read_rows::<Opinion>("opinions"), []);
}

#[test]
fn a_label_of_an_unknown_scan_and_a_scan_without_a_label_are_errors() {
    let issue = labelled("file,label\na,N\nb,N\nc,N\n").run(&skip()).unwrap_err();
    assert_eq!(issue.message, "`labels`: line 4 is about no scan that is there");
    let issue = labelled("file,label\na,N\n").run(&skip()).unwrap_err();
    assert_eq!(issue.message, "scan 2: no line of `labels` is about it");
    let both = labelled("file,label\na,N\nb,N\n").folder("annotations", []);
    assert!(both.run(&skip()).unwrap_err().message.starts_with("both inputs"));
}

#[test]
fn with_a_secret_patients_have_other_pseudonyms_and_stay_together() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-1", POSTERIOR))];
    let annotations = vec![readings("a", [NOTHING; 3]), readings("b", [NOTHING; 3])];
    let trial = trial(scans, annotations).file("secret", "0123456789abcdef");
    trial.run(&Ingest::default()).unwrap();
    let images = trial.read_images("images");
    assert_eq!(images[0].patient_id, images[1].patient_id);
    assert_ne!(images[0].patient_id, pseudonym::of("Doe-1"));
    assert!(images.iter().all(|image| image.image_id.starts_with(&image.patient_id)));
}

#[test]
fn an_annotation_of_an_unknown_scan_is_rejected() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR))];
    let trial = trial(scans, vec![readings("a", [NOTHING; 3]), readings("Doe^Jane", [METASTASIS; 3])]);
    let issue = trial.run(&Ingest::default()).unwrap_err();
    assert!(
        issue.message.starts_with("3 files could not be used:\nannotation 1: it is about no scan"),
        "{issue}"
    );
    assert_eq!(trial.run(&skip()).unwrap().len(), 3);
    let rejected: Vec<Rejected> = trial.read_rows("rejected");
    assert!(rejected.iter().all(|row| row.input == "annotations"));
    assert_eq!(rejected.iter().map(|row| row.file).collect::<Vec<_>>(), [1, 3, 5]);
}

#[test]
fn a_shape_outside_of_the_image_is_an_error() {
    let mut annotations = readings("a", [METASTASIS; 3]);
    let far = String::from_utf8(annotations[1].1.clone()).unwrap().replace("[1,1.5]", "[1,3.5]");
    annotations[1].1 = far.into_bytes();
    let issue = trial(vec![("a.dcm", scan("Doe-1", ANTERIOR))], vec![annotations]).run(&skip()).unwrap_err();
    let expected = "scan 1: the annotation of reader-2: shape 1 of 1: a point of it lies outside of the image of 2 x 3 \
                    pixels";
    assert_eq!(issue.message, expected);
}

#[test]
fn readers_may_write_xml_and_one_reader_has_one_file_of_an_image() {
    let xml = "<annotation><object><name>A:arthritis</name><polygon><pt><x>0</x><y>0</y></pt><pt><x>3</x><y>2</y></pt>\
               </polygon></object></annotation>";
    let mut annotations = readings("a", [ARTHRITIS, NOTHING, NOTHING]);
    annotations[2] = ("carl/a.xml".to_owned(), xml.as_bytes().to_vec());
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR))];
    let trial = trial(scans.clone(), vec![annotations.clone()]);
    assert_eq!(trial.run(&Ingest::default()), Ok(vec![]));
    assert_eq!(trial.read_images("images")[0].label, Label::Arthritic);
    let opinions: Vec<Opinion> = trial.read_rows("opinions");
    let found: Vec<Label> = opinions.iter().map(|opinion| opinion.label).collect();
    assert_eq!(found, [Label::Arthritic, Label::Normal, Label::Arthritic]);

    annotations.push(("carl/a.json".to_owned(), annotation(ARTHRITIS)));
    let issue = self::trial(scans, vec![annotations]).run(&skip()).unwrap_err();
    assert_eq!(issue.message, "scan 1: reader-3 has 2 annotations of it");
}

#[test]
fn an_image_on_whose_disease_nobody_agrees_is_left_out_or_has_both() {
    let scans = vec![("a.dcm", scan("Doe-1", ANTERIOR)), ("b.dcm", scan("Doe-2", ANTERIOR))];
    let annotations = vec![readings("a", [METASTASIS, ARTHRITIS, NOTHING]), readings("b", [NOTHING; 3])];
    let trial = trial(scans, annotations);
    assert_eq!(trial.run(&Ingest::default()).unwrap().len(), 1);
    assert_eq!(trial.read_images("images").len(), 1);
    assert_eq!(trial.read_rows::<Rejected>("rejected")[0].file, 1);
    assert_eq!(trial.read_rows::<Opinion>("opinions").len(), 6, "what nobody agrees on was read, too");
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
    assert!(issue.to_string().starts_with("scan 1: 0 of 3 readers annotated it"), "{issue}");
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
            "ingest 2: images=57c1a9dc7053 lesions=32036195d5a6 opinions=cf77be729b0c rejected=63bde663bb3e"
        );
    }
}
