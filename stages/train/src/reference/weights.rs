//! A file of weights that PyTorch wrote.

use serde::Deserialize;

use super::{file, fill, floats, part, sines};
use crate::device::Device;
use crate::model::Model;
use crate::network::paper::of_layers;
use crate::network::{Scale, Shape};
use crate::weights::{self, Weights};

#[derive(Deserialize)]
struct Reference {
    layers: Vec<String>,
    rows: usize,
    cols: usize,
    logits: Vec<f64>,
}

impl Reference {
    fn shape(&self) -> Shape {
        let layers: Vec<&str> = self.layers.iter().map(String::as_str).collect();
        Shape::of(&of_layers(&layers), Scale::PRINTED, self.rows, self.cols).unwrap()
    }
}

#[test]
fn weights_are_the_file_that_pytorch_writes_to_the_byte() {
    let shape = part::<Reference>("weights").shape();
    let model = Model::new(&shape, &Device::tested().open().unwrap(), fill);
    let folder = tempfile::TempDir::new().unwrap();
    let ours = folder.path().join("weights.safetensors");
    Weights::Keep.write(model, &ours).unwrap();
    assert!(std::fs::read(ours).unwrap() == std::fs::read(file("weights.safetensors")).unwrap());
}

#[test]
fn weights_from_pytorch_give_the_answers_of_pytorch() {
    let reference: Reference = part("weights");
    let device = Device::tested().open().unwrap();
    let model = weights::read(&file("weights.safetensors"), &reference.shape(), &device).unwrap();
    let images = sines([reference.logits.len() / 3, 1, reference.rows, reference.cols], 0.4, 0.5);
    for (ours, theirs) in floats(model.forward(images)).into_iter().zip(&reference.logits) {
        assert!((ours - theirs).abs() < 1e-4 * theirs.abs(), "{ours} and not {theirs}");
    }
}

#[test]
fn weights_of_another_network_are_refused_by_name() {
    let device = Device::tested().open().unwrap();
    let refused = |rows| {
        let mut reference: Reference = part("weights");
        reference.rows = rows;
        let shape = reference.shape();
        weights::read(&file("weights.safetensors"), &shape, &device).unwrap_err().message
    };
    assert_eq!(refused(18), "`layer-05.weight` is [16, 196] and should be [16, 224]");
    let mut reference: Reference = part("weights");
    reference.layers.insert(3, "residual".to_owned());
    let issue = weights::read(&file("weights.safetensors"), &reference.shape(), &device).unwrap_err();
    assert_eq!(issue.message, "there is no `layer-05.first.weight`");
}
