use std::collections::BTreeMap;

use contract::{Issue, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Glyph, Mark, Prediction};

use super::axis::Axis;
use super::frame::{Frame, Look};
use super::material::{Material, Run};
use super::plot::{Plot, number, rectangle};
use crate::confusion::{ConfusionMatrix, share};
use crate::runs::axis_value;

/// How often each class was answered with each, over all runs together; with `by`, a matrix for each value of an axis.
///
/// # Source
/// Figs. 9b and 11.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confusions {
    /// Axis of which each value has a matrix.
    #[serde(default)]
    by: Option<String>,
    /// Values that come first, in this order.
    #[serde(default)]
    order: Vec<String>,
}

impl Confusions {
    pub(super) fn plots(&self, material: &Material<'_>) -> Result<Vec<Plot>, Issue> {
        let runs: Vec<Run<'_, Prediction>> = material.runs("predictions")?;
        let mut groups = BTreeMap::<Scalar, Vec<&Run<'_, Prediction>>>::new();
        for run in &runs {
            let value = match &self.by {
                Some(axis) => axis_value(run.artifact, axis)?.clone(),
                None => Scalar::Text("Confusion matrix".to_owned()),
            };
            groups.entry(value).or_default().push(run);
        }
        let groups: Vec<(String, Vec<&Run<'_, Prediction>>)> =
            groups.into_iter().map(|(value, runs)| (value.to_string(), runs)).collect();
        let place = |name: &String| self.order.iter().position(|wanted| wanted == name).unwrap_or(usize::MAX);
        let mut ordered: Vec<_> = groups.iter().collect();
        ordered.sort_by_key(|(name, _)| place(name));
        let varying: Vec<&str> = material.varying("predictions", self.by.as_deref()).into_iter().collect();
        let counted = if varying.is_empty() {
            String::new()
        } else {
            format!(", summed over {}", varying.join(" and "))
        };
        material.say(format!(
            "Cells: test samples{counted}, and their share of the class; the darker, the larger the share."
        ));
        Ok(ordered.into_iter().map(|(name, runs)| plot(name, runs, material)).collect())
    }
}

fn plot(name: &str, runs: &[&Run<'_, Prediction>], material: &Material<'_>) -> Plot {
    let samples = runs.iter().flat_map(|run| &run.rows);
    let matrix = ConfusionMatrix::of(samples.map(|sample| (sample.label, sample.predicted)));
    let rows = matrix.rows();
    let cell = |row: &table::Confusion| {
        let of_class = rows.iter().filter(|other| other.label == row.label).map(|other| other.count).sum();
        let part = share(row.count, of_class);
        let (x, y) = (number(row.predicted.index()), number(row.label.index()));
        Mark {
            category: format!("{} as {}", row.label, row.predicted),
            share: Some(part),
            text: format!("{}\n{:.0} %", row.count, 100.0 * part),
            ..rectangle(Glyph::Cell, "", [x - 0.5, x + 0.5], [y - 0.5, y + 0.5])
        }
    };
    let names = || Class::ALL.iter().map(|class| material.label(class.as_str()).to_owned());
    let frame = Frame {
        name: name.to_lowercase().replace(' ', "-"),
        title: material.label(name).to_owned(),
        lines: vec![format!("accuracy {:.3} of {} samples", matrix.accuracy(), matrix.samples())],
        x: Axis::names("answer (class)", names()),
        y: Axis::names("label (class)", names()).reversed(),
        look: Look::Square,
        legend: Vec::new(),
    };
    Plot { frame, marks: rows.iter().map(cell).collect() }
}
