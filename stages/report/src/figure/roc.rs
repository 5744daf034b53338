use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Glyph, Mark, Prediction};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::{Material, Run};
use super::plot::{Plot, mark};
use crate::receiver::RocCurve;
use crate::score::against_rest;

/// ROC curves of each class against the others, of their mean (macro), and of all pairs of sample and class (micro).
///
/// A mean is vertical, over classes as over runs, so that its area is the mean of the areas: that of `macro` is the AUC
/// of the tables. It is none of a run in which a class is absent. The macro curve of each run is a thin line.
///
/// # Source
/// Fig. 8b.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roc {
    /// Published area under the macro curve.
    #[serde(default)]
    published: Option<f64>,
}

impl Roc {
    pub(super) fn plot(self, material: &Material<'_>) -> Result<Plot, Issue> {
        let runs: Vec<Run<'_, Prediction>> = material.runs("predictions")?;
        let varying = material.varying("predictions", None);
        let (mut marks, mut legend, mut averages) = (Vec::new(), Vec::new(), Vec::new());
        let mut classes = vec![Vec::new(); Class::ALL.len()];
        let mut micro = Vec::new();
        for run in &runs {
            check(run)?;
            let of_classes: Vec<(usize, RocCurve)> = Class::ALL
                .iter()
                .filter_map(|class| {
                    Some((class.index(), RocCurve::of(against_rest(&run.rows, *class).collect())?))
                })
                .collect();
            let curves: Vec<RocCurve> = of_classes.iter().map(|(_, curve)| curve.clone()).collect();
            let all = curves.len() == Class::ALL.len();
            if let Some(average) = RocCurve::mean(&curves).filter(|_| all) {
                let thread = corners(Glyph::Thread, "macro", &average);
                marks.extend(thread.map(|corner| Mark { category: run.name(&varying), ..corner }));
                averages.push(average);
            }
            for (class, curve) in of_classes {
                classes[class].push(curve);
            }
            let pairs = Class::ALL.iter().flat_map(|class| against_rest(&run.rows, *class)).collect();
            micro.extend(RocCurve::of(pairs));
        }
        if runs.len() == 1 {
            marks.clear();
        } else {
            let axes: Vec<&str> = varying.into_iter().collect();
            material.say(format!(
                "ROC: means over {}; the thin curves are macro curves of single runs.",
                axes.join(" and ")
            ));
        }
        let of_classes = Class::ALL.iter().map(|class| (class.as_str(), &classes[class.index()]));
        for (name, curves) in [("macro", &averages), ("micro", &micro)].into_iter().chain(of_classes) {
            let Some(mean) = RocCurve::mean(curves) else {
                let why = if name == "macro" {
                    "a class is absent"
                } else {
                    "all samples or none are of that class"
                };
                material.say(format!("No curve of {name}: {why}."));
                continue;
            };
            marks.extend(corners(Glyph::Line, name, &mean));
            legend.push(Entry::new(name, format!("{} {:.3}", material.label(name), mean.area())));
        }
        // The averages are drawn last, over the classes.
        marks.sort_by_key(|mark| (mark.glyph == Glyph::Line, mark.series == "micro", mark.series == "macro"));
        let chance = mark(Glyph::Rule, "", 0.0, 0.0);
        marks.insert(0, Mark { x_end: Some(1.0), y_end: Some(1.0), ..chance });
        let published = self.published.map(|area| format!("; published {area:.4}"));
        let frame = Frame {
            name: "roc".to_owned(),
            title: "ROC".to_owned(),
            lines: vec![format!("area under each curve{}", published.unwrap_or_default())],
            x: Axis::numbers("false positive rate (share)", 0.0, 1.0),
            y: Axis::numbers("true positive rate (share)", 0.0, 1.0),
            look: Look::Square,
            legend,
        };
        Ok(Plot { frame, marks })
    }
}

/// Returns the corners of a curve as marks.
fn corners(glyph: Glyph, series: &str, curve: &RocCurve) -> impl Iterator<Item = Mark> {
    curve.corners().iter().map(move |(x, y)| mark(glyph, series, *x, *y))
}

fn check(run: &Run<'_, Prediction>) -> Result<(), Issue> {
    let finite = |sample: &Prediction| Class::ALL.iter().all(|class| sample.probability(*class).is_finite());
    run.rows.iter().find(|sample| !finite(sample)).map_or(Ok(()), |sample| {
        Err(Issue::new(format!("the sample `{}` has a probability that is no number", sample.sample_id))
            .file(&run.artifact.path)
            .help("the training diverged: lower its learning rate"))
    })
}
