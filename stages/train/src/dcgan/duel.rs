use burn::optim::{Adam, AdamConfig};
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Tensor};
use contract::Seed;

use super::network::{generate, judge};
use super::noise::first_values;
use super::player::Player;
use super::recipe::Recipe;

/// Keeps a step finite where all gradients were zero: the default of PyTorch.
const EPSILON: f32 = 1e-8;

/// A generator and a discriminator that are fitted against each other.
pub struct Duel {
    /// Makes images of noise.
    pub generator: Player,
    /// Tells them from real ones.
    pub discriminator: Player,
    adam: Adam,
    rate: f64,
}

/// What a discriminator says of the images of one step, as scores before the sigmoid.
pub struct Answers {
    /// Of real images.
    pub real: Vec<f32>,
    /// Of generated images, with which the discriminator was fitted.
    pub generated: Vec<f32>,
    /// Of the same after its step, with which the generator was fitted.
    pub again: Vec<f32>,
}

impl Duel {
    /// Returns both networks with their first values.
    pub fn new(recipe: &Recipe, device: &Device, rate: f64, beta_1: f32, seed: Seed) -> Self {
        let player = |name, shapes| {
            let seed = seed.fork(name);
            Player::new(shapes, device, |shape| first_values(shape, seed))
        };
        Self {
            generator: player("generator", recipe.generator()),
            discriminator: player("discriminator", recipe.discriminator()),
            adam: AdamConfig::new().with_beta_1(beta_1).with_epsilon(EPSILON).build(),
            rate,
        }
    }

    /// Moves the discriminator by one step and then the generator, and returns the scores that moved them.
    ///
    /// ```text
    /// loss of D = mean( -ln σ(D(x)) ) + mean( -ln(1 - σ(D(G(z)))) )        loss of G = mean( -ln σ(D(G(z))) )
    /// ```
    ///
    /// # Shapes
    /// `real`: `[n, 1, rows, columns]`; `noise`: `[m, 100]`.
    /// # Source
    /// Goodfellow et al. 2014, Algorithm 1 with the loss of G that does not saturate; as in PyTorch's own example.
    pub fn step(&mut self, real: Tensor<4>, noise: Tensor<2>) -> Answers {
        let generated = generate(&self.generator.parameters, noise);
        let real = judge(&self.discriminator.parameters, real);
        let seen = judge(&self.discriminator.parameters, generated.clone().detach());
        let loss = doubt(real.clone()) + doubt(-seen.clone());
        self.discriminator.step(&self.adam, self.rate, &mut loss.backward());

        let again = judge(&self.discriminator.constant(), generated);
        self.generator.step(&self.adam, self.rate, &mut doubt(again.clone()).backward());
        Answers { real: host(real), generated: host(seen), again: host(again) }
    }
}

/// Returns the mean of -ln σ(s) over scores: what it costs to take them for real ones if they are.
pub fn doubt(scores: Tensor<1>) -> Tensor<1> {
    -log_sigmoid(scores).mean()
}

fn host(scores: Tensor<1>) -> Vec<f32> {
    scores.into_data().convert::<f32>().try_to_vec().expect("scores are f32")
}
