use table::{Class, Prediction};

use crate::score::against_rest;

/// Two areas under ROC curves of the same samples, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DeLong {
    /// The first area minus the second.
    pub(crate) difference: f64,
    /// The difference in units of its standard error; none if that is 0.
    pub(crate) statistic: Option<f64>,
    /// How likely a difference at least as large is if both areas are equal; two-sided.
    pub(crate) p: f64,
}

/// What a classifier's scores say of each sample: for each class the placement values, and the area.
pub(crate) struct Placements {
    labels: Vec<Class>,
    values: [Vec<f64>; 3],
    areas: [f64; 3],
}

impl Placements {
    /// Returns the placement values of predictions; none if a class, or the rest of one, has fewer than two samples,
    /// because its spread is then unknown.
    ///
    /// The placement value of a sample of a class is the share of the other samples whose probability of that class
    /// is smaller; of another sample, the share of the samples of the class whose probability is larger. Ties count
    /// as one half. The mean over the class is the area.
    pub(crate) fn of(predictions: &[Prediction]) -> Option<Self> {
        let labels: Vec<Class> = predictions.iter().map(|sample| sample.label).collect();
        let sizes = Class::ALL.iter().map(|class| labels.iter().filter(|label| *label == class).count());
        if sizes.into_iter().any(|size| size < 2) {
            return None;
        }
        let values: [Vec<f64>; 3] =
            std::array::from_fn(|class| placements(against_rest(predictions, Class::ALL[class])));
        let areas = std::array::from_fn(|class| {
            let inside = |(_, label): &(&f64, &Class)| label.index() == class;
            mean(values[class].iter().zip(&labels).filter(inside).map(|(value, _)| *value))
        });
        Some(Self { labels, values, areas })
    }

    /// Compares the areas of one class against the rest with those of another classifier on the same samples.
    ///
    /// # Source
    /// `DeLong` and others, Biometrics 44 (1988): var(V10 - V10') / m + var(V01 - V01') / n, where V10 are the
    /// placement values of the m samples of the class and V01 those of the n others.
    pub(crate) fn compare(&self, other: &Self, class: Class) -> DeLong {
        let group = |label: Class| usize::from(label == class);
        let share = self.share(other, class);
        DeLong::of(self.areas[class.index()] - other.areas[class.index()], &self.groups(&share, group))
    }

    /// Compares the means over the areas of all classes.
    ///
    /// Given how many samples each class has, the classes are three independent samples, and the mean area is a mean
    /// of Mann-Whitney statistics between them. What one sample contributes to it is the sum of its placement values,
    /// each divided by the number of samples on its side of that comparison; the variance is, as for two classes,
    /// the sum over the classes of their size times the sample variance of these contributions. A sample counts with
    /// all its three values, so the areas' covariance is in it.
    pub(crate) fn compare_means(&self, other: &Self) -> DeLong {
        let shares = Class::ALL.iter().map(|class| self.share(other, *class));
        let share = shares.fold(vec![0.0; self.labels.len()], |sum, share| {
            sum.iter().zip(share).map(|(sum, share)| sum + share / 3.0).collect()
        });
        let difference = mean(self.areas.iter().zip(&other.areas).map(|(area, other)| area - other));
        DeLong::of(difference, &self.groups(&share, Class::index))
    }

    /// Returns what each sample contributes to the difference of the areas of a class.
    fn share(&self, other: &Self, class: Class) -> Vec<f64> {
        let inside = self.labels.iter().filter(|label| **label == class).count();
        let outside = self.labels.len() - inside;
        let values = self.values[class.index()].iter().zip(&other.values[class.index()]);
        let share = |((value, other), label): ((&f64, &f64), &Class)| {
            (value - other) / number(if *label == class { inside } else { outside })
        };
        values.zip(&self.labels).map(share).collect()
    }

    /// Returns the contributions of the samples of each group.
    fn groups(&self, share: &[f64], group: impl Fn(Class) -> usize) -> [Vec<f64>; 3] {
        let mut groups = [const { Vec::new() }; 3];
        for (label, share) in self.labels.iter().zip(share) {
            groups[group(*label)].push(*share);
        }
        groups
    }
}

impl DeLong {
    /// Tests a difference of which each group of samples is an independent part.
    fn of(difference: f64, groups: &[Vec<f64>]) -> Self {
        let variance = |group: &Vec<f64>| {
            let mean = mean(group.iter().copied());
            let squares: f64 = group.iter().map(|share| (share - mean).powi(2)).sum();
            number(group.len()) * squares / number(group.len() - 1)
        };
        let variance: f64 = groups.iter().filter(|group| !group.is_empty()).map(variance).sum();
        if variance > 0.0 {
            let statistic = difference / variance.sqrt();
            let p = libm::erfc(statistic.abs() / std::f64::consts::SQRT_2);
            return Self { difference, statistic: Some(statistic), p };
        }
        Self { difference, statistic: None, p: if difference == 0.0 { 1.0 } else { 0.0 } }
    }
}

/// Returns the placement values of scores, each with whether its sample is of the class; both sides have samples.
fn placements(scores: impl Iterator<Item = (f64, bool)>) -> Vec<f64> {
    let scores: Vec<(f64, bool)> = scores.collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].0.total_cmp(&scores[*b].0));
    let inside = scores.iter().filter(|(_, inside)| *inside).count();
    let outside = scores.len() - inside;
    let (mut seen_inside, mut seen_outside) = (0, 0);
    let mut values = vec![0.0; scores.len()];
    // 0.0 and -0.0 are equal scores and lie side by side.
    #[expect(clippy::float_cmp, reason = "a tie is equality")]
    for tie in order.chunk_by(|a, b| scores[*a].0 == scores[*b].0) {
        let inside_here = tie.iter().filter(|sample| scores[**sample].1).count();
        let outside_here = tie.len() - inside_here;
        for sample in tie {
            values[*sample] = if scores[*sample].1 {
                number(2 * seen_outside + outside_here) / number(2 * outside)
            } else {
                number(2 * (inside - seen_inside) - inside_here) / number(2 * inside)
            };
        }
        seen_inside += inside_here;
        seen_outside += outside_here;
    }
    values
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / number(count)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::prediction;

    fn samples(scores: &[(usize, [u8; 3])]) -> Vec<Prediction> {
        let sample = |(number, (label, parts)): (usize, &(usize, [u8; 3]))| {
            prediction(&number.to_string(), Class::ALL[*label], parts.map(|part| f64::from(part) / 8.0))
        };
        scores.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn placement_values_by_hand() {
        let scores = [(0.5, true), (0.25, false), (0.5, false), (0.75, true)];
        assert_eq!(placements(scores.into_iter()), [0.75, 1.0, 0.75, 1.0]);
    }

    #[test]
    fn a_class_of_one_sample_has_no_spread() {
        let one = [(0, [8, 0, 0]), (0, [8, 0, 0]), (1, [0, 8, 0]), (1, [0, 8, 0]), (2, [0, 0, 8])];
        assert!(Placements::of(&samples(&one)).is_none());
    }

    proptest! {
        #[test]
        fn a_classifier_does_not_differ_from_itself_and_a_swap_changes_the_sign_alone(
            scores in proptest::collection::vec((0..3_usize, any::<[u8; 3]>(), any::<[u8; 3]>()), 6..40),
        ) {
            let side = |second: bool| -> Vec<(usize, [u8; 3])> {
                scores.iter().map(|(label, a, b)| (*label, if second { *b } else { *a })).collect()
            };
            let [first, second] = [false, true].map(|second| Placements::of(&samples(&side(second))));
            let Some((first, second)) = first.zip(second) else { return Ok(()) };
            let itself = first.compare_means(&first);
            prop_assert_eq!(itself, DeLong { difference: 0.0, statistic: None, p: 1.0 });
            let (there, back) = (first.compare_means(&second), second.compare_means(&first));
            prop_assert_eq!(there.p.to_bits(), back.p.to_bits());
            prop_assert_eq!(there.difference + 0.0, 0.0 - back.difference);
            prop_assert!((0.0..=1.0).contains(&there.p));
        }
    }
}
