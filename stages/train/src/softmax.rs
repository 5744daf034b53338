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

/// What a network is to answer: one class, or two by half for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub Class, pub Option<Class>);

impl From<Class> for Target {
    fn from(class: Class) -> Self {
        Self(class, None)
    }
}

impl Target {
    /// Returns each class and the share that it has.
    pub fn shares(self) -> impl Iterator<Item = (Class, f32)> {
        let share = if self.1.is_some() { 0.5 } else { 1.0 };
        [Some(self.0), self.1].into_iter().flatten().map(move |class| (class, share))
    }
}

/// Loss and accuracy over samples, as they are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    samples: u32,
    loss: f64,
    right: u32,
}

impl Tally {
    /// Counts one sample, and returns its cross-entropy in nats; of two classes each is a right answer.
    pub fn count(&mut self, scores: Scores, target: impl Into<Target>) -> f64 {
        let target: Target = target.into();
        let logarithms = log_softmax(scores);
        let loss: f64 =
            target.shares().map(|(class, share)| -f64::from(share) * logarithms[class.index()]).sum();
        self.samples += 1;
        self.loss += loss;
        let answer = most_probable(scores);
        self.right += u32::from(target.shares().any(|(class, _)| class == answer));
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
    fn a_sample_of_two_classes_costs_the_mean_of_both_and_either_is_right() {
        let scores = [0.0, 1.0, 3.0];
        let mut each = Tally::default();
        let costs = [Class::Metastatic, Class::Arthritic].map(|class| each.count(scores, class));
        let mut two = Tally::default();
        let cost = two.count(scores, Target(Class::Metastatic, Some(Class::Arthritic)));
        assert!((cost - f64::midpoint(costs[0], costs[1])).abs() < 1e-15);
        assert!((two.accuracy() - 1.0).abs() < 1e-15 && (each.accuracy() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn a_score_that_is_no_number_makes_the_loss_none() {
        assert!(Tally::default().count([f64::NAN, 0.0, 0.0], Class::Normal).is_nan());
    }
}
