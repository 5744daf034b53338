//! Compares the networks of the paper with PyTorch's, from tests/reference/networks.json.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use serde::Deserialize;
use table::Class;

use crate::adam::Adam;
use crate::device::Device;
use crate::fit::{cross_entropy, update};
use crate::model::Model;
use crate::network::paper::{NAMES, network};
use crate::network::{ParameterShape, Scale, Shape};

const SIDE: usize = 64;
const IMAGES: usize = 3;
const STEPS: usize = 10;
const RATE: f32 = 1e-4;

#[derive(Deserialize)]
struct Reference {
    logits: Vec<f64>,
    parameters: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    gradient: Summary,
    moved: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    sum: f64,
    squares: f64,
    entries: Vec<f64>,
}

impl Summary {
    fn of(values: &[f64]) -> Self {
        let count = values.len().min(32);
        Self {
            sum: values.iter().sum(),
            squares: values.iter().map(|value| value * value).sum(),
            entries: (0..count).map(|index| values[index * values.len() / count]).collect(),
        }
    }

    /// Returns the largest difference, relative to the size of the numbers that are compared.
    fn distance(&self, other: &Self, count: usize) -> f64 {
        let norm = other.squares.sqrt();
        let typical = norm / (count as f64).sqrt();
        let entries =
            self.entries.iter().zip(&other.entries).map(|(a, b)| (a - b).abs() / typical.max(b.abs()));
        let sum = (self.sum - other.sum).abs() / norm.max(other.sum.abs());
        let squares = (self.squares - other.squares).abs() / other.squares;
        entries.fold(sum.max(squares), f64::max)
    }
}

#[test]
fn networks_answer_and_learn_as_in_pytorch() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/networks.json");
    let text = std::fs::read_to_string(file).unwrap();
    let references: BTreeMap<String, Reference> = serde_json::from_str(&text).unwrap();
    for name in NAMES {
        compare(name, &references[name]);
    }
}

fn compare(name: &str, reference: &Reference) {
    let device = Device::Flex.open().unwrap();
    let shape = Shape::of(&network(name), Scale { width: 1.0, hidden: 16 }, SIDE, SIDE).unwrap();
    let mut model = Model::new(&shape, &device, fill);
    let before: Vec<Vec<f64>> = values(&model);
    let images: Vec<f32> = sines(IMAGES * SIDE * SIDE, 0.4).iter().map(|value| value + 0.5).collect();
    let images = Tensor::<4>::from_data(TensorData::new(images, [IMAGES, 1, SIDE, SIDE]), &device);
    let mut adam = Adam::new(RATE);
    for step in 0..STEPS {
        let scores = model.forward(images.clone());
        let logits: Vec<f32> = scores.clone().into_data().try_to_vec().unwrap();
        let mut gradients = cross_entropy(scores, Class::ALL, &device).backward();
        if step == 0 {
            for (ours, theirs) in logits.iter().zip(&reference.logits) {
                assert!((f64::from(*ours) - theirs).abs() < 1e-4, "{name}: {ours} and not {theirs}");
            }
            for parameter in &model.parameters {
                let gradient = floats(parameter.value.grad(&gradients).unwrap());
                let expected = &reference.parameters[&parameter.shape.name];
                let what = format!("{name}, gradient of {}", parameter.shape.name);
                close(&what, &gradient, &expected.gradient, 1e-3);
            }
        }
        update(&mut model, &mut adam, &mut gradients);
    }
    assert_eq!(model.parameters.len(), reference.parameters.len(), "{name}");
    for (parameter, (after, before)) in model.parameters.iter().zip(values(&model).iter().zip(before)) {
        let moved: Vec<f64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        let expected = &reference.parameters[&parameter.shape.name];
        // Relative to what ten steps move, a few millionths of the parameter itself.
        let what = format!("{name}, {} after {STEPS} steps", parameter.shape.name);
        close(&what, &moved, &expected.moved, 1e-2);
    }
}

fn close(what: &str, ours: &[f64], theirs: &Summary, tolerance: f64) {
    let distance = Summary::of(ours).distance(theirs, ours.len());
    assert!(distance < tolerance, "{what} differs by {distance:.1e}");
}

fn values(model: &Model) -> Vec<Vec<f64>> {
    model.parameters.iter().map(|parameter| floats(parameter.value.clone())).collect()
}

fn floats(tensor: Tensor<1>) -> Vec<f64> {
    let values: Vec<f32> = tensor.into_data().try_to_vec().unwrap();
    values.into_iter().map(f64::from).collect()
}

/// Returns the values that tests/reference/networks.py gives a parameter.
fn fill(shape: &ParameterShape) -> Vec<f32> {
    let fan_in = shape.count() / shape.dims[0] as u64;
    let scale = if shape.dims.len() == 1 { 0.05 } else { 2.0 / (fan_in as f64).sqrt() };
    sines(shape.count() as usize, scale)
}

fn sines(count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|index| (((index * index) as f64).sin() * scale) as f32).collect()
}
