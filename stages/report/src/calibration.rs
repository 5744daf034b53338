use std::num::NonZeroU32;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Metric, Prediction, Reliability};

use crate::network;
use crate::numeral::number;
use crate::predictions::predictions;

/// How far the probabilities of a network can be believed.
///
/// `reliability` holds, for each class against the rest and for the most probable class (`top`), how many samples
/// fall into each of `bins` intervals of probability, their mean probability, and how often it came true. `metrics`
/// holds, for each class:
///
/// ```text
/// ece   = sum over bins of n_b / n * |mean probability - share that is true|
/// brier = mean of (p - y)^2                                         y: 1 for a sample of the class, 0 otherwise
/// ```
///
/// and under `macro` the `ece` of the most probable class, the mean of the classes' (`ece-mean`), and the sum of their
/// Brier scores, which goes from 0 to 2.
///
/// VERSION 1: the first.
///
/// # Source
/// Guo and others, ICML 2017 (calibration error); Brier, Monthly Weather Review 78 (1950).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Intervals of equal width into which probabilities fall; a bound belongs to the interval below it.
    #[serde(default = "ten")]
    pub bins: NonZeroU32,
}

/// Bins that say nothing any more, and only take time.
const TOO_MANY_BINS: u32 = 1000;

const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

const fn ten() -> NonZeroU32 {
    TEN
}

impl Stage for Calibration {
    const KIND: &'static str = "calibration";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Holds the probabilities of predictions to how often they come true.";
    const INPUTS: &'static [Input] =
        &[Input::one("predictions", "predictions", "Probabilities and labels of the scored samples.")];
    const OUTPUTS: &'static [Output] = &[
        Output::new("metrics", "metrics.parquet", "metrics", "Calibration errors and Brier scores."),
        Output::new("reliability", "reliability.parquet", "reliability", "The reliability curves."),
    ];

    fn check(&self) -> Result<(), Issue> {
        if self.bins.get() < TOO_MANY_BINS {
            return Ok(());
        }
        Err(Issue::new(format!("`bins` is {}", self.bins)).help(format!("take fewer than {TOO_MANY_BINS}")))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let path = ctx.input("predictions")?;
        let predictions = predictions(path)?;
        let (mut metrics, mut curves, mut errors, mut scores) = (Vec::new(), Vec::new(), 0.0, 0.0);
        let mut row = |class: &str, metric: &str, value| {
            metrics.push(Metric { class: class.to_owned(), metric: metric.to_owned(), value });
        };
        for class in Class::ALL {
            let claims: Vec<(f64, bool)> = predictions
                .iter()
                .map(|sample| (sample.probability(*class), sample.label == *class))
                .collect();
            let curve = self.curve(class.as_str(), &claims);
            let (error, score) = (error(&curve), brier(&claims));
            row(class.as_str(), "ece", error);
            row(class.as_str(), "brier", score);
            errors += error;
            scores += score;
            curves.extend(curve);
        }
        let top: Vec<(f64, bool)> = predictions.iter().map(top).collect();
        let curve = self.curve("top", &top);
        row("macro", "ece", error(&curve));
        row("macro", "ece-mean", errors / 3.0);
        row("macro", "brier", scores);
        curves.extend(curve);

        let metadata = network::carried(table::metadata(path)?);
        table::write(ctx.output("metrics")?, &metrics, &metadata)?;
        Ok(table::write(ctx.output("reliability")?, &curves, &metadata)?)
    }
}

impl Calibration {
    /// Returns the bins of claims, each a probability and whether it came true.
    fn curve(&self, class: &str, claims: &[(f64, bool)]) -> Vec<Reliability> {
        let bound = |bin: u32| f64::from(bin) / f64::from(self.bins.get());
        let bin = |bin: u32| {
            let (lower, upper) = (bound(bin), bound(bin + 1));
            let first = bin == 0;
            let last = bin + 1 == self.bins.get();
            let inside = |(p, _): &&(f64, bool)| (first || *p > lower) && (last || *p <= upper);
            let members: Vec<&(f64, bool)> = claims.iter().filter(inside).collect();
            let mean = |value: fn(&(f64, bool)) -> f64| {
                let sum: f64 = members.iter().map(|claim| value(claim)).sum();
                (!members.is_empty()).then(|| sum / number(members.len() as u64))
            };
            Reliability {
                class: class.to_owned(),
                lower,
                upper,
                samples: members.len() as u64,
                confidence: mean(|claim| claim.0),
                accuracy: mean(|claim| f64::from(u8::from(claim.1))),
            }
        };
        (0..self.bins.get()).map(bin).collect()
    }
}

/// Returns the largest probability of a sample, and whether it is that of its class.
fn top(sample: &Prediction) -> (f64, bool) {
    (sample.probability(sample.predicted), sample.predicted == sample.label)
}

/// Returns the expected calibration error of a curve.
fn error(curve: &[Reliability]) -> f64 {
    let samples = number(curve.iter().map(|bin| bin.samples).sum());
    let gaps = curve.iter().filter_map(|bin| {
        let gap = (bin.confidence? - bin.accuracy?).abs();
        Some(gap * number(bin.samples) / samples)
    });
    gaps.sum()
}

/// Returns the mean squared distance of claims from what came true.
fn brier(claims: &[(f64, bool)]) -> f64 {
    let squares: f64 = claims.iter().map(|(p, truth)| (p - f64::from(u8::from(*truth))).powi(2)).sum();
    squares / number(claims.len() as u64)
}
