use table::Class;

/// One number for each class, in the order of [`Class::ALL`].
pub type Scores = [f64; Class::ALL.len()];

/// Returns the logarithms of the probabilities that belong to `scores`.
///
/// ```text
/// ln p_k = s_k - ln Σ_j exp(s_j)
/// ```
pub fn log_softmax(scores: Scores) -> Scores {
    let largest = scores.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
    scores.map(|score| score - largest - sum.ln())
}

/// Returns the most probable class; of equal ones the first.
pub fn most_probable(scores: Scores) -> Class {
    let better =
        |best: Class, class: &Class| if scores[class.index()] > scores[best.index()] { *class } else { best };
    Class::ALL.iter().fold(Class::ALL[0], better)
}

/// Loss and accuracy over samples, as they are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    samples: u32,
    loss: f64,
    right: u32,
}

impl Tally {
    /// Counts one sample of class `label`, and returns its cross-entropy in nats.
    pub fn count(&mut self, scores: Scores, label: Class) -> f64 {
        let loss = -log_softmax(scores)[label.index()];
        self.samples += 1;
        self.loss += loss;
        self.right += u32::from(most_probable(scores) == label);
        loss
    }

    /// Returns the mean cross-entropy, in nats.
    pub fn loss(&self) -> f64 {
        self.loss / f64::from(self.samples)
    }

    /// Returns the share of samples whose most probable class is their label.
    pub fn accuracy(&self) -> f64 {
        f64::from(self.right) / f64::from(self.samples)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_keep_the_order_of_the_scores(scores in [-1e4..1e4, -1e4..1e4, -1e4..1e4]) {
            let probabilities = log_softmax(scores).map(f64::exp);
            prop_assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert_eq!(most_probable(probabilities), most_probable(scores));
        }
    }

    #[test]
    fn equal_scores_are_a_third_each_and_answer_the_first_class() {
        let logarithms = log_softmax([7.0; 3]);
        assert!(logarithms.iter().all(|logarithm| (logarithm - (1.0_f64 / 3.0).ln()).abs() < 1e-15));
        assert_eq!(most_probable([7.0; 3]), Class::Normal);
    }

    #[test]
    fn a_tally_is_the_mean_over_its_samples() {
        let mut tally = Tally::default();
        tally.count([0.0, 0.0, 0.0], Class::Normal);
        tally.count([0.0, 0.0, 0.0], Class::Arthritic);
        assert!((tally.loss() - 3.0_f64.ln()).abs() < 1e-15);
        assert!((tally.accuracy() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn a_score_that_is_no_number_makes_the_loss_none() {
        assert!(Tally::default().count([f64::NAN, 0.0, 0.0], Class::Normal).is_nan());
    }
}
