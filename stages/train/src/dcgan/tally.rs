use table::AdversaryPoint;

use super::duel::Answers;

/// Losses and probabilities over the images of an epoch, as they are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    images: f64,
    generator: f64,
    discriminator: f64,
    real: f64,
    generated: f64,
}

impl Tally {
    /// Counts one step, and returns the sum of all of its losses.
    pub fn count(&mut self, answers: &Answers) -> f64 {
        let sum = |scores: &[f32], of: fn(f64) -> f64| {
            scores.iter().map(|score| of(f64::from(*score))).sum::<f64>()
        };
        let generator = sum(&answers.again, |score| softplus(-score));
        let discriminator = sum(&answers.real, |score| softplus(-score)) + sum(&answers.generated, softplus);
        self.images += sum(&answers.real, |_| 1.0);
        self.generator += generator;
        self.discriminator += discriminator;
        self.real += sum(&answers.real, sigmoid);
        self.generated += sum(&answers.generated, sigmoid);
        generator + discriminator
    }

    /// Returns the means over all images.
    pub fn point(&self, epoch: u32) -> AdversaryPoint {
        AdversaryPoint {
            epoch,
            generator_loss: self.generator / self.images,
            discriminator_loss: self.discriminator / self.images,
            real: self.real / self.images,
            generated: self.generated / self.images,
        }
    }
}

fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// Returns -ln σ(-s), the cost of taking an image of score `s` for a generated one.
fn softplus(score: f64) -> f64 {
    score.max(0.0) + (-score.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discriminator_that_knows_nothing_costs_the_logarithm_of_two_for_each_image() {
        let mut tally = Tally::default();
        let nothing = Answers { real: vec![0.0; 3], generated: vec![0.0; 3], again: vec![0.0; 3] };
        assert!((tally.count(&nothing) - 9.0 * 2.0_f64.ln()).abs() < 1e-12);
        let point = tally.point(1);
        assert!((point.generator_loss - 2.0_f64.ln()).abs() < 1e-12);
        assert!((point.discriminator_loss - 2.0 * 2.0_f64.ln()).abs() < 1e-12);
        assert_eq!((point.real, point.generated), (0.5, 0.5));
    }

    #[test]
    fn a_discriminator_that_is_sure_costs_what_it_is_wrong_by() {
        let mut tally = Tally::default();
        tally.count(&Answers { real: vec![200.0], generated: vec![-200.0], again: vec![-200.0] });
        let point = tally.point(1);
        assert!((point.generator_loss - 200.0).abs() < 1e-9 && point.discriminator_loss < 1e-9, "{point:?}");
        assert!(point.real > 0.999 && point.generated < 0.001);
    }

    #[test]
    fn a_score_that_is_no_number_makes_the_loss_none() {
        let answers = Answers { real: vec![f32::NAN], generated: vec![0.0], again: vec![0.0] };
        assert!(Tally::default().count(&answers).is_nan());
    }
}
