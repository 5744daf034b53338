//! Compares the networks of the paper with PyTorch's, from tests/reference.

mod blocks;
mod networks;
mod weights;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{FloatDType, Gradients, Tensor, TensorData};
use serde::Deserialize;

use crate::adam::Adam;
use crate::device::Device;
use crate::model::Parameter;
use crate::network::ParameterShape;

const STEPS: usize = 10;
const RATE: f32 = 1e-4;

/// What PyTorch says of one parameter: its gradient, its value after ten steps of Adam, and what they added to it.
#[derive(Deserialize)]
struct Expected {
    gradient: Summary,
    after: Summary,
    moved: Summary,
}

/// Numbers that stand for many: up to 32 of them, evenly spaced, beside their sum and their sum of squares.
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

    #[track_caller]
    fn is_close(&self, ours: &[f64], tolerance: f64, what: impl FnOnce() -> String) {
        let distance = Self::of(ours).distance(self, ours.len());
        assert!(distance < tolerance, "{} differs by {distance:.1e}", what());
    }
}

/// Parameters that learn, and what they were at first.
struct Learner {
    adam: Adam,
    parameters: Vec<Parameter>,
    before: Vec<Vec<f64>>,
}

impl Learner {
    fn new(parameters: Vec<Parameter>) -> Self {
        let before = parameters.iter().map(|parameter| floats(parameter.value.clone())).collect();
        Self { adam: Adam::new(RATE), parameters, before }
    }

    fn check_gradients(&self, gradients: &Gradients, expected: &BTreeMap<String, Expected>, title: &str) {
        assert_eq!(self.parameters.len(), expected.len(), "{title}");
        for Parameter { shape, value } in &self.parameters {
            let gradient = floats(value.grad(gradients).unwrap());
            let what = || format!("{title}: the gradient of {}", shape.name);
            expected[&shape.name].gradient.is_close(&gradient, 1e-3, what);
        }
    }

    fn step(&mut self, mut gradients: Gradients) {
        let moving = self.parameters.iter().map(|Parameter { value, .. }| {
            (value.clone().inner(), value.grad_remove(&mut gradients).unwrap())
        });
        let moved = self.adam.step(moving.collect());
        for (parameter, value) in self.parameters.iter_mut().zip(moved) {
            parameter.value = value.autodiff().require_grad();
        }
    }

    /// Checks in double precision what ten steps added to the parameters; returns the one that is farthest from
    /// PyTorch's after them, and how far.
    fn after_steps(
        &self,
        precision: FloatDType,
        expected: &BTreeMap<String, Expected>,
        title: &str,
    ) -> (f64, String) {
        let mut farthest = (0.0, String::new());
        for (Parameter { shape, value }, before) in self.parameters.iter().zip(&self.before) {
            let what = || format!("{title}: {} after {STEPS} steps", shape.name);
            let after = floats(value.clone());
            let expected = &expected[&shape.name];
            let distance = Summary::of(&after).distance(&expected.after, after.len());
            if distance > farthest.0 {
                farthest = (distance, what());
            }
            if precision == FloatDType::F64 {
                let moved: Vec<f64> =
                    after.iter().zip(before).map(|(after, before)| after - before).collect();
                expected.moved.is_close(&moved, 1e-3, || format!("what was added to {}", what()));
            }
        }
        farthest
    }
}

/// Returns how far parameters may be from PyTorch's in double precision after ten steps, where no ReLU took another side.
fn tolerance(precision: FloatDType) -> f64 {
    // PyTorch's kernels in single precision are that far from PyTorch in double precision themselves.
    if Device::tested() == Device::Flex || precision == FloatDType::F64 { 1e-3 } else { 1e-2 }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference").join(name)
}

/// Returns one part of networks.json.
fn part<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(file("networks.json")).unwrap();
    let mut parts: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    serde_json::from_value(parts.remove(name).unwrap()).unwrap()
}

/// Returns `parameter` in a precision, to be differentiated by.
pub fn with_precision(Parameter { shape, value }: Parameter, precision: FloatDType) -> Parameter {
    Parameter { shape, value: value.inner().cast(precision).autodiff().require_grad() }
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// Returns sin(i²) · scale + offset for the first whole numbers i.
fn sines<const D: usize>(dims: [usize; D], scale: f64, offset: f32) -> Tensor<D> {
    let values: Vec<f32> = sine(dims.iter().product(), scale).iter().map(|value| value + offset).collect();
    Tensor::from_data(TensorData::new(values, dims), &Device::tested().open().unwrap())
}

/// Returns the values that tests/reference/networks.py gives a parameter.
fn fill(shape: &ParameterShape) -> Vec<f32> {
    let fan_in = shape.count() / shape.dims[0] as u64;
    let scale = if shape.dims.len() == 1 { 0.05 } else { 2.0 / (fan_in as f64).sqrt() };
    sine(shape.count() as usize, scale)
}

fn sine(count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|index| (((index * index) as f64).sin() * scale) as f32).collect()
}
