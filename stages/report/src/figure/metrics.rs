use std::collections::{BTreeMap, BTreeSet};

use contract::{Gathered, Issue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Glyph, Mark};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::Material;
use super::plot::{Plot, mark, number, rectangle, side_by_side};
use crate::measurements::Measurements;
use crate::runs::axis_value;
use crate::spread::Spread;

/// Metrics side by side, of each class or of each value of an axis: the mean over runs, with one sample standard
/// deviation.
///
/// # Source
/// Figs. 9a and 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the word of the manifest")]
pub struct Metrics {
    /// What makes the bars of a metric: `class`, or an axis of the runs, such as `network`.
    by: String,
    /// Metrics, from the left to the right.
    metrics: Vec<String>,
    /// Bars that come first, in this order.
    #[serde(default)]
    order: Vec<String>,
    /// Published values by bar, in the order of the metrics.
    #[serde(default)]
    published: BTreeMap<String, Vec<f64>>,
}

/// Metrics of one bar in every run: a list of values by metric.
type Values = BTreeMap<String, Vec<f64>>;

impl Metrics {
    pub(super) fn check(&self) -> Result<(), Issue> {
        if self.metrics.is_empty() {
            return Err(Issue::new("`panels`: `metrics` is empty").help("name at least one, such as \"f1\""));
        }
        let wrong = self.published.iter().find(|(_, values)| values.len() != self.metrics.len());
        wrong.map_or(Ok(()), |(bar, values)| {
            Err(Issue::new(format!(
                "`panels`: `published.{bar}` has {} values for {} metrics",
                values.len(),
                self.metrics.len()
            ))
            .help("give one published value for each metric, in their order"))
        })
    }

    pub(super) fn plot(&self, material: &Material<'_>) -> Result<Plot, Issue> {
        let values = self.values(material.ctx().gathered("metrics"))?;
        let known: BTreeSet<&String> = values.values().flat_map(BTreeMap::keys).collect();
        if let Some(metric) = self.metrics.iter().find(|metric| !known.contains(metric)) {
            return Err(Issue::new(format!("`panels`: no run has the metric `{metric}`"))
                .help(format!("there are {}", known.into_iter().cloned().collect::<Vec<_>>().join(", "))));
        }
        let bars = self.bars(&values);
        let mut marks = Vec::new();
        for (place, metric) in self.metrics.iter().enumerate() {
            for (index, bar) in bars.iter().enumerate() {
                let edges = side_by_side(number(place), index, bars.len());
                let spread = values.get(*bar).and_then(|values| Spread::of(values.get(metric)?));
                let published = self.published.get(*bar).and_then(|values| values.get(place));
                let drawn = spread.map(|spread| drawn(bar, edges, spread)).into_iter().flatten();
                let stroke = published
                    .map(|value| Mark { x_end: Some(edges[1]), ..mark(Glyph::Dash, bar, edges[0], *value) });
                marks.extend(drawn.chain(stroke).map(|mark| Mark { category: metric.clone(), ..mark }));
            }
        }
        let varying = material.varying("metrics", Some(self.by.as_str()));
        if !varying.is_empty() {
            let axes: Vec<&str> = varying.into_iter().collect();
            material.say(format!(
                "Bars are means over {}, whiskers one sample standard deviation.",
                axes.join(" and ")
            ));
        }
        if !self.published.is_empty() {
            material.say("White strokes: published.");
        }
        let frame = Frame {
            name: "metrics".to_owned(),
            title: format!("Metrics of each {}", self.by),
            lines: Vec::new(),
            x: Axis::names("", self.metrics.iter().map(|metric| material.label(metric).to_owned())),
            y: Axis::numbers("metric (share)", 0.0, 1.0),
            look: Look::Wide,
            legend: bars.iter().map(|bar| Entry::new(*bar, material.label(bar))).collect(),
        };
        Ok(Plot { frame, marks })
    }

    /// Reads the values of each bar.
    fn values(&self, artifacts: &[Gathered]) -> Result<BTreeMap<String, Values>, Issue> {
        let mut bars = BTreeMap::<String, Values>::new();
        for artifact in artifacts {
            let read: Vec<(String, &str)> = if self.by == "class" {
                Class::ALL.iter().map(|class| (class.to_string(), class.as_str())).collect()
            } else {
                vec![(axis_value(artifact, &self.by)?.to_string(), "macro")]
            };
            for (bar, class) in read {
                let values = bars.entry(bar).or_default();
                for (metric, value) in Measurements::read(&artifact.path, class)?.values {
                    values.entry(metric).or_default().push(value);
                }
            }
        }
        Ok(bars)
    }

    /// Returns the bars: those of `order`, classes as they are numbered, then others by name.
    fn bars<'a>(&'a self, values: &'a BTreeMap<String, Values>) -> Vec<&'a str> {
        let classes =
            Class::ALL.iter().map(|class| class.as_str()).filter(|class| values.contains_key(*class));
        let others = values.keys().chain(self.published.keys()).map(String::as_str);
        let mut bars = Vec::new();
        for bar in self.order.iter().map(String::as_str).chain(classes).chain(others) {
            if !bars.contains(&bar) {
                bars.push(bar);
            }
        }
        bars
    }
}

/// Returns a bar with its spread.
fn drawn(bar: &str, edges: [f64; 2], spread: Spread) -> Vec<Mark> {
    let text = format!("{:.3}", spread.mean);
    let mut marks = vec![Mark { text, ..rectangle(Glyph::Bar, bar, edges, [0.0, spread.mean]) }];
    if let Some(sd) = spread.sd {
        let whisker = mark(Glyph::Whisker, bar, f64::midpoint(edges[0], edges[1]), spread.mean - sd);
        marks.push(Mark { y_end: Some(spread.mean + sd), ..whisker });
    }
    marks
}
