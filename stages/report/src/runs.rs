use contract::{Gathered, Issue, Scalar};
use table::Prediction;

use crate::measurements::Measurements;
use crate::test_images::TestImages;

/// How far a metric may be from what its own predictions give: room for another order of sums, no more.
const ROUNDING: f64 = 1e-9;

/// A gathered artifact with the row to which it belongs.
pub(crate) struct Run<'a> {
    /// Value of the axis that makes the rows.
    pub(crate) row: &'a Scalar,
    /// The artifact and its cell.
    pub(crate) artifact: &'a Gathered,
    /// Its metrics.
    pub(crate) measurements: Measurements,
    /// The predictions that were measured, where they are wired.
    pub(crate) predictions: Vec<Prediction>,
}

impl<'a> Run<'a> {
    /// Reads an artifact; `axis` makes the rows, and the metrics are those of `class`.
    pub(crate) fn read(artifact: &'a Gathered, axis: &str, class: &str) -> Result<Self, Issue> {
        let row = axis_value(artifact, axis)?;
        let measurements = Measurements::read(&artifact.path, class)?;
        Ok(Self { row, artifact, measurements, predictions: Vec::new() })
    }

    /// Reads the predictions of the same cell from among `gathered`.
    pub(crate) fn with_predictions(self, gathered: &[Gathered], class: &str) -> Result<Self, Issue> {
        let artifact = gathered.iter().find(|other| other.cell == self.artifact.cell).ok_or_else(|| {
            Issue::new("its cell has metrics and no predictions")
                .file(&self.artifact.path)
                .help("gather the same cells on the ports `metrics` and `predictions`")
        })?;
        let predictions: Vec<Prediction> = table::read(&artifact.path)?;
        let images = TestImages::of(&[&predictions]);
        let every: Vec<usize> = (0..images.count()).collect();
        for (metric, ours) in images.means(&every, class) {
            match self.measurements.values.get(&metric) {
                Some(value) if (value - ours).abs() > ROUNDING => {
                    return Err(Issue::new(format!(
                        "these predictions give {metric} = {ours}, and not {value}"
                    ))
                    .file(&artifact.path)
                    .help("wire the predictions from which the metrics were computed"));
                }
                Some(_) | None => {}
            }
        }
        Ok(Self { predictions, ..self })
    }
}

/// Returns the value of an axis of a gathered artifact.
pub(crate) fn axis_value<'a>(artifact: &'a Gathered, axis: &str) -> Result<&'a Scalar, Issue> {
    artifact.cell.get(axis).ok_or_else(|| {
        let axes: Vec<&str> = artifact.cell.keys().map(String::as_str).collect();
        let help = match &axes[..] {
            [] => "gather the cells of a grid".to_owned(),
            axes => format!("its axes are {}", axes.join(", ")),
        };
        Issue::new(format!("its cell has no axis `{axis}`")).file(&artifact.path).help(help)
    })
}
