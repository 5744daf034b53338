//! Compares both networks with PyTorch's, from tests/reference/dcgan.json, in both precisions: why what ten steps add has
//! an answer in double precision alone is told in `reference/networks.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{FloatDType, Tensor, TensorData};
use contract::Seed;
use serde::Deserialize;

use super::duel::Duel;
use super::network::generate;
use super::player::Player;
use super::recipe::{NOISE, Recipe};
use super::tally::Tally;
use crate::device::Device;
use crate::network::ParameterShape;
use crate::reference::with_precision;

const IMAGES: usize = 4;
const STEPS: usize = 10;
const RATE: f64 = 2e-4;
const BETA_1: f32 = 0.5;
/// 16 channels of the smallest maps.
const WIDTH: f64 = 1.0 / 64.0;

#[derive(Deserialize)]
struct Reference {
    channels: Vec<usize>,
    made: Summary,
    real: Vec<f64>,
    generated: Vec<f64>,
    again: Vec<f64>,
    discriminator_loss: f64,
    generator_loss: f64,
    generator: BTreeMap<String, Expected>,
    discriminator: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    gradient: Summary,
    after: Summary,
    moved: Summary,
}

#[derive(Deserialize)]
struct Summary {
    sum: f64,
    squares: f64,
    entries: Vec<f64>,
}

impl Summary {
    /// Returns the largest difference of sum, sum of squares and entries, relative to the size of the numbers.
    fn distance(&self, ours: &[f64]) -> f64 {
        let norm = self.squares.sqrt();
        let typical = norm / (ours.len() as f64).sqrt();
        let sum = (ours.iter().sum::<f64>() - self.sum).abs() / norm.max(self.sum.abs());
        let squares =
            (ours.iter().map(|value| value * value).sum::<f64>() - self.squares).abs() / self.squares;
        let entries = self.entries.iter().enumerate().map(|(index, theirs)| {
            let ours = ours[index * ours.len() / self.entries.len()];
            (ours - theirs).abs() / typical.max(theirs.abs())
        });
        entries.fold(sum.max(squares), f64::max)
    }
}

#[test]
fn in_single_precision_both_networks_answer_and_learn_as_in_pytorch() {
    compare_all(FloatDType::F32);
}

#[test]
fn in_double_precision_every_step_of_both_networks_is_as_in_pytorch() {
    compare_all(FloatDType::F64);
}

fn compare_all(precision: FloatDType) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dcgan.json");
    let references: BTreeMap<String, Reference> =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(references.len(), 2);
    for (name, reference) in &references {
        compare(name, reference, precision);
    }
}

fn compare(name: &str, reference: &Reference, precision: FloatDType) {
    let device = Device::tested().open().unwrap();
    let factor = 1 << reference.channels.len();
    let (rows, cols) = (16 * factor, 4 * factor);
    let recipe = Recipe::of(rows, cols, WIDTH).unwrap();
    assert_eq!(recipe.channels, reference.channels);
    let mut duel = Duel::new(&recipe, &device, RATE, BETA_1, Seed(1));
    let player = |shapes| {
        let Player { parameters, moments } = Player::new(shapes, &device, fill);
        let cast = parameters.into_iter().map(|parameter| with_precision(parameter, precision));
        Player { parameters: cast.collect(), moments }
    };
    duel.generator = player(recipe.generator());
    duel.discriminator = player(recipe.discriminator());
    let noise = Tensor::<2>::from_data(TensorData::new(sines(IMAGES * NOISE, 1.0), [IMAGES, NOISE]), &device);
    let noise = noise.cast(precision);
    let real = TensorData::new(sines(IMAGES * rows * cols, 0.8), [IMAGES, 1, rows, cols]);
    let real = Tensor::<4>::from_data(real, &device).cast(precision);
    let made = generate(&duel.generator.parameters, noise.clone());
    close(&format!("{name}, images"), &floats(made.reshape([IMAGES * rows * cols])), &reference.made, 1e-4);
    let before = [&duel.generator, &duel.discriminator].map(values);

    let answers = duel.step(real.clone(), noise.clone());
    for (ours, theirs) in [
        (&answers.real, &reference.real),
        (&answers.generated, &reference.generated),
        (&answers.again, &reference.again),
    ] {
        let pairs = ours.iter().zip(theirs);
        let far =
            pairs.filter(|(ours, theirs)| (f64::from(**ours) - *theirs).abs() > 1e-4 * theirs.abs().max(1.0));
        assert_eq!((ours.len(), far.count()), (IMAGES, 0), "{name}: {ours:?} and not {theirs:?}");
    }
    let mut tally = Tally::default();
    tally.count(&answers);
    let point = tally.point(1);
    assert!((point.discriminator_loss - reference.discriminator_loss).abs() < 1e-4, "{name}: {point:?}");
    assert!((point.generator_loss - reference.generator_loss).abs() < 1e-4, "{name}: {point:?}");
    let players = [&duel.generator, &duel.discriminator];
    for (player, expected) in players.into_iter().zip([&reference.generator, &reference.discriminator]) {
        assert_eq!(player.parameters.len(), expected.len());
        for (parameter, moments) in player.parameters.iter().zip(&player.moments) {
            // After one step, Adam's mean is what β₁ leaves of the gradient.
            let mean = floats(moments.clone().unwrap().momentum.moment_1);
            let gradient: Vec<f64> = mean.iter().map(|mean| mean / f64::from(1.0 - BETA_1)).collect();
            let what = format!("{name}, gradient of {}", parameter.shape.name);
            close(&what, &gradient, &expected[&parameter.shape.name].gradient, 1e-3);
        }
    }

    for _ in 1..STEPS {
        duel.step(real.clone(), noise.clone());
    }
    let players = [(&duel.generator, &reference.generator), (&duel.discriminator, &reference.discriminator)];
    for ((player, expected), before) in players.into_iter().zip(before) {
        for ((parameter, after), before) in player.parameters.iter().zip(values(player)).zip(before) {
            let expected = &expected[&parameter.shape.name];
            let what = format!("{name}, {} after {STEPS} steps", parameter.shape.name);
            close(&what, &after, &expected.after, 1e-3);
            if precision == FloatDType::F64 {
                let moved: Vec<f64> =
                    after.iter().zip(before).map(|(after, before)| after - before).collect();
                close(&format!("{what}, what was added"), &moved, &expected.moved, 1e-3);
            }
        }
    }
}

fn close(what: &str, ours: &[f64], theirs: &Summary, tolerance: f64) {
    let distance = theirs.distance(ours);
    assert!(distance < tolerance, "{what} differs by {distance:.1e}");
}

fn values(player: &Player) -> Vec<Vec<f64>> {
    player.parameters.iter().map(|parameter| floats(parameter.value.clone())).collect()
}

fn floats(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// Returns the values that tests/reference/dcgan.py gives a parameter.
fn fill(shape: &ParameterShape) -> Vec<f32> {
    let count = shape.count() as usize;
    if shape.dims.len() > 1 {
        return sines(count, 2.0 / (count as f64 / shape.dims[0] as f64).sqrt());
    }
    let middle = if shape.name.ends_with("weight") { 1.0 } else { 0.0 };
    sines(count, 0.2).into_iter().map(|value| value + middle).collect()
}

fn sines(count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|index| (((index * index) as f64).sin() * scale) as f32).collect()
}
