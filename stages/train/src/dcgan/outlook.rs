use table::{Counts, Label};

use super::recipe::{NOISE, Recipe};

/// Bytes of the program itself, with what it holds while it reads and writes tables.
const PROGRAM: u64 = 128 << 20;
/// Bytes of a number.
const NUMBER: u64 = 4;
/// Numbers kept for a weight: itself, its gradient, Adam's two means, and what a step of Adam makes of them.
const PER_WEIGHT: u64 = 8;
/// Numbers kept for a number of a map while it is passed forward and back. Measured, see the crate's README.
const PER_ACTIVATION: u64 = 16;
/// Floating-point operations of one thread in a second, with all that goes with them. Measured.
const OPERATIONS_PER_SECOND: f64 = 1.5e10;

/// What a duel of generator and discriminator is known to work with before it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Real images of one step.
    pub batch: u64,
    /// Threads.
    pub threads: u64,
}

/// Returns how many of `images` originals are of class `label`, if the shares are the paper's.
pub fn share(label: Label, images: usize) -> usize {
    let paper = match label {
        Label::Normal => 334,
        Label::Metastatic => 174,
        Label::Arthritic => 252,
        Label::Both => 8,
    };
    images * paper / Counts::PAPER_IMAGES.get() as usize
}

/// Returns the memory of the program and of so many images, without a network, in bytes.
pub fn data_memory(recipe: &Recipe, images: Option<usize>) -> u64 {
    let pixels = (recipe.rows * recipe.cols) as u64;
    PROGRAM.saturating_add(pixels.saturating_mul(images.unwrap_or(0) as u64).saturating_mul(NUMBER))
}

impl Outlook {
    /// Returns an upper bound of the peak memory on the processor, in bytes.
    pub fn memory(self, recipe: &Recipe, images: Option<usize>) -> u64 {
        let shapes = recipe.generator().into_iter().chain(recipe.discriminator());
        let weights = shapes.map(|shape| shape.count()).fold(0, u64::saturating_add);
        let maps: u64 = layers(recipe).map(|layer| layer.places.saturating_mul(layer.from)).sum();
        let pixels = (recipe.rows * recipe.cols) as u64;
        let activations = maps.saturating_add(pixels).saturating_mul(self.batch);
        let numbers =
            weights.saturating_mul(PER_WEIGHT).saturating_add(activations.saturating_mul(PER_ACTIVATION));
        numbers.saturating_mul(NUMBER).saturating_add(data_memory(recipe, images))
    }

    /// Returns the wall time for `images` images, in seconds.
    ///
    /// ```text
    /// operations for an image = 2 · 11 · MAC of one network
    /// ```
    ///
    /// A step passes the generator forward and back, the discriminator so on a real and on a generated image, and once
    /// more on the generated one forward and back to it alone: 3 + 3 + 3 + 2 times about the same.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn seconds(self, recipe: &Recipe, images: usize, epochs: u32) -> f64 {
        let macs: f64 = layers(recipe).map(|layer| (layer.places * layer.from * layer.out * 16) as f64).sum();
        let smallest = recipe.smallest().iter().product::<usize>() * recipe.channels[0];
        let operations = 22.0 * (macs + (NOISE * smallest) as f64);
        f64::from(epochs) * images as f64 * operations
            / (OPERATIONS_PER_SECOND * (self.threads as f64).sqrt())
    }
}

/// One transposed convolution: places of the maps that it reads, and their channels and those it makes.
struct Layer {
    places: u64,
    from: u64,
    out: u64,
}

fn layers(recipe: &Recipe) -> impl Iterator<Item = Layer> {
    let smallest: usize = recipe.smallest().iter().product();
    let channels = &recipe.channels;
    channels.iter().enumerate().map(move |(index, from)| Layer {
        places: (smallest as u64) << (2 * index),
        from: *from as u64,
        out: channels.get(index + 1).copied().unwrap_or(1) as u64,
    })
}
