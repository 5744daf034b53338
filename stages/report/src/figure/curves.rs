use std::collections::BTreeMap;

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{CurvePoint, Glyph, Mark, Part};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::{Material, Run};
use super::plot::{Plot, mark};
use crate::spread::Spread;

/// Loss or accuracy after each epoch, on the training and on the test samples.
///
/// The mean over the runs is bold, and each run is a thin line.
///
/// # Source
/// Fig. 8a.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curves {
    /// What is drawn.
    value: CurveValue,
}

/// What a curve shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CurveValue {
    /// Mean cross-entropy.
    Loss,
    /// Share of right answers.
    Accuracy,
}

impl Curves {
    pub(super) fn plot(self, material: &Material<'_>) -> Result<Plot, Issue> {
        let runs: Vec<Run<'_, CurvePoint>> = material.runs("curves")?;
        let value = |point: &CurvePoint| match self.value {
            CurveValue::Loss => point.loss,
            CurveValue::Accuracy => point.accuracy,
        };
        for run in &runs {
            if let Some(point) = run.rows.iter().find(|point| !value(point).is_finite()) {
                return Err(Issue::new(format!("epoch {} has no finite {}", point.epoch, self.name()))
                    .file(&run.artifact.path)
                    .help("the training diverged: lower its learning rate"));
            }
        }
        let varying = material.varying("curves", None);
        let mut marks = Vec::new();
        for part in Part::ALL {
            let mut epochs = BTreeMap::<u32, Vec<f64>>::new();
            for run in &runs {
                for point in run.rows.iter().filter(|point| point.part == *part) {
                    epochs.entry(point.epoch).or_default().push(value(point));
                    let corner = mark(Glyph::Thread, part.as_str(), f64::from(point.epoch), value(point));
                    marks.push(Mark { category: run.name(&varying), ..corner });
                }
            }
            for (epoch, values) in epochs {
                let mean = Spread::of(&values).map_or(f64::NAN, |spread| spread.mean);
                marks.push(mark(Glyph::Line, part.as_str(), f64::from(epoch), mean));
            }
        }
        if let [_, _, ..] = &runs[..] {
            let axes: Vec<&str> = varying.into_iter().collect();
            material
                .say(format!("Bold curves are means over {}, thin ones single runs.", axes.join(" and ")));
        } else {
            marks.retain(|mark| mark.glyph != Glyph::Thread);
        }
        let extent = |of: fn(&Mark) -> f64| {
            let values = || marks.iter().map(of);
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
        };
        let ((first, last), (least, most)) = (extent(|mark| mark.x), extent(|mark| mark.y));
        let margin = 0.05 * (most - least).max(0.1);
        let drawn = |part: &&Part| marks.iter().any(|mark| mark.series == part.as_str());
        let legend = Part::ALL.iter().filter(drawn).map(|part| Entry::new(part.as_str(), part.as_str()));
        let frame = Frame {
            name: self.name().to_owned(),
            title: self.title().to_owned(),
            lines: Vec::new(),
            x: Axis::numbers("epochs done (count)", first.min(last - 1.0), last),
            y: Axis::numbers(self.label(), (least - margin).max(0.0), most + margin),
            look: Look::Wide,
            legend: legend.collect(),
        };
        Ok(Plot { frame, marks })
    }

    const fn name(self) -> &'static str {
        match self.value {
            CurveValue::Loss => "loss",
            CurveValue::Accuracy => "accuracy",
        }
    }

    const fn title(self) -> &'static str {
        match self.value {
            CurveValue::Loss => "Loss",
            CurveValue::Accuracy => "Accuracy",
        }
    }

    const fn label(self) -> &'static str {
        match self.value {
            CurveValue::Loss => "mean cross-entropy (nats)",
            CurveValue::Accuracy => "right answers (share)",
        }
    }
}
