//! The paper's chain of kinds, from phantoms to samples.

use serde_json::json;
use table::{Label, Part, Patient, Rejected, Sample};

use crate::augment::Augment;
use crate::hold_out::HoldOut;
use crate::ingest::Ingest;
use crate::normalize::Normalize;
use crate::phantom::Phantom;
use crate::split::Split;
use crate::trial::Trial;

fn stage<S: contract::Stage>(params: serde_json::Value) -> S {
    serde_json::from_value(params).unwrap()
}

#[test]
fn phantoms_become_samples() {
    let scans = Trial::new();
    assert_eq!(scans.run::<Phantom>(&stage(json!({ "patients": 12, "seed": 2021 }))), Ok(vec![]));

    let ingest =
        Trial::new().input("scans", scans.path("dicom")).input("annotations", scans.path("annotations"));
    assert_eq!(ingest.run(&Ingest::default()), Ok(vec![]));
    assert_eq!(ingest.read_rows::<Rejected>("rejected"), []);

    let d1 = Trial::new().input("images", ingest.path("images"));
    assert_eq!(d1.run::<Normalize>(&stage(json!({ "rows": 256, "cols": 64 }))), Ok(vec![]));

    let d2 = Trial::new().input("images", d1.path("images"));
    let counts = json!({ "metastatic": 520, "arthritic": 568, "both": 80 });
    let augment = json!({ "counts": counts, "shift": 6, "degrees": 5, "seed": 1 });
    assert_eq!(d2.run::<Augment>(&stage(augment)), Ok(vec![]));
    let images = d2.read_images("images");
    let count = |label| images.iter().filter(|image| image.label == label).count();
    assert_eq!([Label::Metastatic, Label::Arthritic, Label::Both].map(count), [16, 18, 3]);
    assert!(images.iter().all(|image| image.shape() == table::Shape { rows: 256, cols: 64 }));

    let held_out = Trial::new().input("images", d1.path("images"));
    let protocol = json!({ "protocol": "clean", "fraction": 0.3, "seed": 1 });
    held_out.run::<HoldOut>(&stage(protocol.clone())).unwrap();
    assert_eq!(held_out.read_rows::<Patient>("patients").len(), 12);

    let split = Trial::new().input("images", d2.path("images")).input("held-out", held_out.path("patients"));
    split.run::<Split>(&stage(protocol)).unwrap();
    let samples: Vec<Sample> = split.read_rows("samples");
    assert_eq!(samples.len(), images.len() + count(Label::Both));
    for part in [Part::Train, Part::Test, Part::Unused] {
        assert!(samples.iter().any(|sample| sample.part == part), "{part}");
    }
}
