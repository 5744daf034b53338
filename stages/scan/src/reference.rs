//! Compares pixels with those of pydicom, and shifts and turns with those of SciPy, from `tests/reference`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use contract::Digest;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use table::Shape;

use crate::dicom::Scan;
use crate::geometry::Operation;
use crate::shared;

/// What `pixels.py` writes.
#[derive(Deserialize)]
struct Reference {
    /// The pixels of each committed file, frame by frame.
    made: BTreeMap<String, Vec<Vec<u16>>>,
    /// The digest of the pixels of each real file, in little endian.
    real: BTreeMap<String, Digest>,
}

/// What `geometry.py` writes.
#[derive(Deserialize)]
struct Geometry {
    images: Vec<Vec<Vec<f32>>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    image: usize,
    operation: String,
    by: i32,
    pixels: Vec<f64>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference"))
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

fn pixels(path: PathBuf) -> Vec<Vec<u16>> {
    let scan = Scan::bytes(&path).and_then(|bytes| Scan::parse(&bytes));
    let scan = scan.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    scan.frames.into_iter().map(|frame| frame.counts).collect()
}

#[test]
fn pixels_in_every_encoding_are_those_of_pydicom() {
    let reference: Reference = read("pixels.json");
    assert_eq!(reference.made.len(), 8);
    for (name, expected) in reference.made {
        assert_eq!(pixels(folder().join("dicom").join(format!("{name}.dcm"))), expected, "{name}");
    }
}

#[test]
fn pixels_of_a_real_scan_are_those_of_pydicom() {
    let Some(folder) = shared::folder("data/nm1") else { return };
    let reference: Reference = read("pixels.json");
    assert_eq!(reference.real.len(), 3);
    for (name, expected) in reference.real {
        let pixels = pixels(folder.join(&name)).concat();
        let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        assert_eq!(Digest::of(&bytes), expected, "{name}");
    }
}

#[test]
fn images_are_shifted_and_turned_as_scipy_does() {
    let reference: Geometry = read("geometry.json");
    for Case { image, operation, by, pixels } in reference.cases {
        let rows = &reference.images[image];
        let shape = Shape { rows: rows.len() as u32, cols: rows[0].len() as u32 };
        let name = format!("{operation} {by} of {shape}");
        let operation = match operation.as_str() {
            "translate-x" => Operation::TranslateX(by),
            "translate-y" => Operation::TranslateY(by),
            "rotate" => Operation::Rotate(by),
            other => panic!("{other} is no operation"),
        };
        let ours = operation.apply(&rows.concat(), shape);
        assert_eq!(ours.len(), pixels.len(), "{name}");
        for (ours, theirs) in ours.into_iter().zip(pixels) {
            assert!((f64::from(ours) - theirs).abs() < 1e-5, "{name}: {ours} and {theirs}");
        }
    }
}
