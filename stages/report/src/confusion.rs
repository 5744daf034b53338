use table::{Class, Confusion};

/// How often each class was answered with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfusionMatrix {
    /// By label, then by answer.
    counts: [[u64; 3]; 3],
}

impl ConfusionMatrix {
    /// Counts pairs of label and answer.
    pub(crate) fn of(pairs: impl Iterator<Item = (Class, Class)>) -> Self {
        let mut counts = [[0; 3]; 3];
        for (label, predicted) in pairs {
            counts[label.index()][predicted.index()] += 1;
        }
        Self { counts }
    }

    /// Returns the number of samples.
    pub(crate) fn samples(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Returns the share of samples that got their label as answer: the accuracy over all classes.
    pub(crate) fn accuracy(&self) -> f64 {
        share(Class::ALL.iter().map(|class| self.count(*class, *class)).sum(), self.samples())
    }

    /// Returns the two-by-two matrix of one class against the others.
    pub(crate) fn one_against_rest(&self, class: Class) -> OneAgainstRest {
        let hits = self.count(class, class);
        let samples = Class::ALL.iter().map(|predicted| self.count(class, *predicted)).sum::<u64>();
        let answers = Class::ALL.iter().map(|label| self.count(*label, class)).sum::<u64>();
        OneAgainstRest {
            true_positives: hits,
            false_positives: answers - hits,
            false_negatives: samples - hits,
            true_negatives: self.samples() + hits - samples - answers,
        }
    }

    /// Returns the rows of the table `confusion`.
    pub(crate) fn rows(&self) -> Vec<Confusion> {
        let pairs =
            Class::ALL.iter().flat_map(|label| Class::ALL.iter().map(move |answer| (*label, *answer)));
        pairs
            .map(|(label, predicted)| Confusion { label, predicted, count: self.count(label, predicted) })
            .collect()
    }

    const fn count(&self, label: Class, predicted: Class) -> u64 {
        self.counts[label.index()][predicted.index()]
    }
}

/// One class against the others; what is undefined is 0, as in scikit-learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneAgainstRest {
    pub(crate) true_positives: u64,
    pub(crate) false_positives: u64,
    pub(crate) false_negatives: u64,
    pub(crate) true_negatives: u64,
}

impl OneAgainstRest {
    /// Counts pairs of label and answer, each whether it is the class.
    pub(crate) fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut counts =
            Self { true_positives: 0, false_positives: 0, false_negatives: 0, true_negatives: 0 };
        for (label, answer) in pairs {
            *match (label, answer) {
                (true, true) => &mut counts.true_positives,
                (false, true) => &mut counts.false_positives,
                (true, false) => &mut counts.false_negatives,
                (false, false) => &mut counts.true_negatives,
            } += 1;
        }
        counts
    }

    /// Returns what is said of every class, by name.
    pub(crate) fn metrics(self) -> [(&'static str, f64); 5] {
        let (precision, sensitivity) = (self.precision(), self.sensitivity());
        [
            ("accuracy", self.accuracy()),
            ("precision", precision),
            ("sensitivity", sensitivity),
            ("specificity", self.specificity()),
            ("f1", f1(precision, sensitivity)),
        ]
    }

    /// Returns the number of samples of the class.
    pub(crate) const fn samples(self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Returns (TP + TN) / all.
    pub(crate) fn accuracy(self) -> f64 {
        let right = self.true_positives + self.true_negatives;
        share(right, right + self.false_positives + self.false_negatives)
    }

    /// Returns TP / (TP + FP).
    pub(crate) fn precision(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Returns TP / (TP + FN), the recall.
    pub(crate) fn sensitivity(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Returns TN / (TN + FP).
    pub(crate) fn specificity(self) -> f64 {
        share(self.true_negatives, self.true_negatives + self.false_positives)
    }
}

/// Returns the harmonic mean of precision and sensitivity, 0 if both are 0.
///
/// # Source
/// Eq. 17.
pub(crate) fn f1(precision: f64, sensitivity: f64) -> f64 {
    let sum = precision + sensitivity;
    if sum > 0.0 { 2.0 * precision * sensitivity / sum } else { 0.0 }
}

/// Returns `part / whole`, and 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four normal samples, of which one is missed, and two metastatic ones, of which one is taken for normal.
    fn matrix() -> ConfusionMatrix {
        let (n, m, a) = (Class::Normal, Class::Metastatic, Class::Arthritic);
        ConfusionMatrix::of([(n, n), (n, n), (n, n), (n, a), (m, n), (m, m)].into_iter())
    }

    #[test]
    fn accuracy_is_the_share_of_right_answers() {
        assert_eq!(matrix().accuracy().to_bits(), (4.0_f64 / 6.0).to_bits());
    }

    #[test]
    fn a_class_is_counted_against_the_two_others() {
        let normal = matrix().one_against_rest(Class::Normal);
        let expected =
            OneAgainstRest { true_positives: 3, false_positives: 1, false_negatives: 1, true_negatives: 1 };
        assert_eq!(normal, expected);
        assert_eq!(normal.precision().to_bits(), 0.75_f64.to_bits());
        assert_eq!(normal.specificity().to_bits(), 0.5_f64.to_bits());
    }

    #[test]
    fn an_absent_class_has_sensitivity_zero() {
        let arthritic = matrix().one_against_rest(Class::Arthritic);
        assert_eq!(arthritic.sensitivity().to_bits(), 0.0_f64.to_bits());
        assert_eq!(f1(arthritic.precision(), arthritic.sensitivity()).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn rows_list_all_nine_pairs() {
        let rows = matrix().rows();
        assert_eq!(rows.len(), 9);
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 6);
    }
}
