use std::collections::BTreeMap;

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Glyph, Mark, Reliability};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::{Material, Run};
use super::plot::{Plot, mark};
use crate::numeral::number;
use crate::runs::axis_value;

/// Reliability curves: how often what is said with about one probability is true, of each value of an axis.
///
/// A corner is an interval of probability that has samples, at their mean probability and at the share that came true.
/// The runs of one value are one curve: their samples are counted together.
///
/// # Source
/// DeGroot and Fienberg, The Statistician 32 (1983). The paper has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reliabilities {
    /// Axis of the runs whose values make the curves, such as `network`.
    by: String,
    /// A class against the rest, or `top` for the most probable class.
    #[serde(default = "top")]
    class: String,
    /// Curves that come first, in this order.
    #[serde(default)]
    order: Vec<String>,
}

fn top() -> String {
    "top".to_owned()
}

/// What some bins have in common: samples, and the sums of their probabilities and of what came true.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    samples: f64,
    said: f64,
    came_true: f64,
}

impl Reliabilities {
    pub(super) fn plot(&self, material: &Material<'_>) -> Result<Plot, Issue> {
        let runs: Vec<Run<'_, Reliability>> = material.runs("reliability")?;
        let mut curves = BTreeMap::<String, BTreeMap<u64, Pool>>::new();
        for run in &runs {
            let curve = curves.entry(axis_value(run.artifact, &self.by)?.to_string()).or_default();
            for bin in run.rows.iter().filter(|bin| bin.class == self.class) {
                let (Some(confidence), Some(accuracy)) = (bin.confidence, bin.accuracy) else { continue };
                let samples = number(bin.samples);
                // Bits of numbers that are not negative sort as the numbers do.
                let pool = curve.entry(bin.upper.to_bits()).or_default();
                pool.samples += samples;
                pool.said += samples * confidence;
                pool.came_true += samples * accuracy;
            }
        }
        if curves.values().all(BTreeMap::is_empty) {
            return Err(Issue::new(format!("`panels`: no run has a reliability curve of `{}`", self.class))
                .help("there are normal, metastatic, arthritic, and top for the most probable class"));
        }
        let asked = self.order.iter().filter(|name| curves.contains_key(*name));
        let others = curves.keys().filter(|name| !self.order.contains(name));
        let names: Vec<&String> = asked.chain(others).collect();
        let corner = |name: &String, pool: &Pool| {
            mark(Glyph::Line, name, pool.said / pool.samples, pool.came_true / pool.samples)
        };
        let diagonal = Mark { x_end: Some(1.0), y_end: Some(1.0), ..mark(Glyph::Rule, "", 0.0, 0.0) };
        let corners =
            names.iter().flat_map(|name| curves[*name].values().map(move |pool| corner(name, pool)));
        let marks = [diagonal].into_iter().chain(corners).collect();
        material.say(
            "Corners are intervals of probability that have samples; on the broken line, what is said is true as often.",
        );
        let pooled: Vec<&str> = material.varying("reliability", Some(self.by.as_str())).into_iter().collect();
        if !pooled.is_empty() {
            material.say(format!("Samples are counted together over {}.", pooled.join(" and ")));
        }
        let class = if self.class == "top" { "most probable class" } else { material.label(&self.class) };
        let frame = Frame {
            name: "reliability".to_owned(),
            title: format!("Reliability, {class}"),
            lines: Vec::new(),
            x: Axis::numbers("mean predicted probability (share)", 0.0, 1.0),
            y: Axis::numbers("observed (share)", 0.0, 1.0),
            look: Look::Square,
            legend: names.iter().map(|name| Entry::new(*name, material.label(name))).collect(),
        };
        Ok(Plot { frame, marks })
    }
}
