use std::borrow::Borrow;
use std::str::FromStr;

use table::{Class, Metric, Prediction};

use crate::confusion::{ConfusionMatrix, f1};
use crate::numeral::number;
use crate::ranking::area_under_curve;

/// Returns the metrics of predictions, of which there is at least one: each class against the rest, their averages,
/// and the classes without an AUC because all samples or none belong to them.
///
/// | class | metrics |
/// |---|---|
/// | each | accuracy, precision, sensitivity, specificity, f1, auc (if defined), samples |
/// | `macro` | accuracy over all classes; means of precision, sensitivity, specificity, auc (if each class has one); f1 of the mean precision and sensitivity; f1-mean, the mean of the class f1; samples |
/// | `micro` | auc of all pairs of sample and class together |
///
/// The paper defines its counts for abnormal against normal; that view is the class `normal` with sensitivity and
/// specificity exchanged.
///
/// # Source
/// Eqs. 13 to 17. The paper does not say over what it averages; the macro average fits its numbers, and its F-1
/// column follows eq. 17 on the averages in more rows than any other convention.
pub(crate) fn metrics<P: Borrow<Prediction>>(
    predictions: &[P],
    matrix: &ConfusionMatrix,
) -> (Vec<Metric>, Vec<Class>) {
    let mut rows = Vec::new();
    let mut row = |class: &str, metric: &str, value: f64| {
        rows.push(Metric { class: class.to_owned(), metric: metric.to_owned(), value });
    };
    let (mut precision, mut sensitivity, mut specificity) =
        (Mean::default(), Mean::default(), Mean::default());
    let (mut class_f1, mut auc, mut without_auc) = (Mean::default(), Mean::default(), Vec::new());
    for class in Class::ALL {
        let counts = matrix.one_against_rest(*class);
        let name = class.as_str();
        counts.metrics().into_iter().for_each(|(metric, value)| row(name, metric, value));
        precision.add(counts.precision());
        sensitivity.add(counts.sensitivity());
        specificity.add(counts.specificity());
        class_f1.add(f1(counts.precision(), counts.sensitivity()));
        match area_under_curve(against_rest(predictions, *class).collect()) {
            Some(area) => row(name, "auc", auc.add(area)),
            None => without_auc.push(*class),
        }
        row(name, "samples", number(counts.samples()));
    }
    row("macro", "accuracy", matrix.accuracy());
    row("macro", "precision", precision.value());
    row("macro", "sensitivity", sensitivity.value());
    row("macro", "specificity", specificity.value());
    row("macro", "f1", f1(precision.value(), sensitivity.value()));
    row("macro", "f1-mean", class_f1.value());
    if without_auc.is_empty() {
        row("macro", "auc", auc.value());
    }
    row("macro", "samples", number(matrix.samples()));
    let pairs = Class::ALL.iter().flat_map(|class| against_rest(predictions, *class)).collect();
    if let Some(area) = area_under_curve(pairs) {
        row("micro", "auc", area);
    }
    (rows, without_auc)
}

/// Returns the mean over the classes that have an AUC among `rows`, in the place of a macro AUC.
pub(crate) fn auc_of_the_others(rows: &[Metric]) -> Option<Metric> {
    let mut mean = Mean::default();
    for row in rows.iter().filter(|row| row.metric == "auc" && Class::from_str(&row.class).is_ok()) {
        mean.add(row.value);
    }
    let macro_auc = |value| Metric { class: "macro".to_owned(), metric: "auc".to_owned(), value };
    (mean.count > 0.0).then(|| macro_auc(mean.value()))
}

/// Returns the probability of `class` for each sample, and whether the sample is of that class.
pub(crate) fn against_rest<P: Borrow<Prediction>>(
    predictions: &[P],
    class: Class,
) -> impl Iterator<Item = (f64, bool)> {
    let samples = predictions.iter().map(Borrow::borrow);
    samples.map(move |sample: &Prediction| (sample.probability(class), sample.label == class))
}

/// The mean of the values given so far.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    /// Takes a value in and returns it.
    fn add(&mut self, value: f64) -> f64 {
        self.sum += value;
        self.count += 1.0;
        value
    }

    fn value(&self) -> f64 {
        self.sum / self.count
    }
}
