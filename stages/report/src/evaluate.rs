use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Metadata, Metric};

use crate::confusion::ConfusionMatrix;
use crate::network;
use crate::predictions::predictions;
use crate::score::metrics;

/// The metrics and the confusion matrix of a network's predictions, all computed in `f64`.
///
/// Precision, sensitivity and F-1 of a class that is absent are 0, as in scikit-learn. Its AUC is undefined, and so is
/// the macro AUC, the mean over all classes: both are left out, the metadata names them, and a warning says so.
///
/// VERSION 2: no macro AUC where a class is absent. 1: the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {}

impl Stage for Evaluate {
    const KIND: &'static str = "evaluate";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Computes metrics and the confusion matrix from predictions.";
    const INPUTS: &'static [Input] =
        &[Input::one("predictions", "predictions", "Probabilities and labels of the scored samples.")];
    const OUTPUTS: &'static [Output] = &[
        Output::new("metrics", "metrics.parquet", "metrics", "One number for each class and metric."),
        Output::new(
            "confusion",
            "confusion.parquet",
            "confusion",
            "How often each class was answered with each.",
        ),
    ];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let path = ctx.input("predictions")?;
        let predictions = predictions(path)?;
        let matrix = ConfusionMatrix::of(predictions.iter().map(|sample| (sample.label, sample.predicted)));
        let (rows, without_auc) = metrics(&predictions, &matrix);
        if !without_auc.is_empty() {
            ctx.warn(format!(
                "no AUC for {}: all samples or none are of that class; so there is no macro AUC",
                without_auc.into_iter().map(Class::as_str).collect::<Vec<_>>().join(", ")
            ));
        }
        let mut metadata = network::carried(table::metadata(path)?);
        let areas = ["normal", "metastatic", "arthritic", "macro"].map(|class| (class, "auc"));
        table::tell_undefined(&mut metadata, &rows, &areas);
        table::write::<Metric>(ctx.output("metrics")?, &rows, &metadata)?;
        table::write(ctx.output("confusion")?, &matrix.rows(), &Metadata::new())?;
        Ok(())
    }
}
