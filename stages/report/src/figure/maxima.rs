use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Glyph, ImageReader, Mark, View};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::Material;
use super::plot::{Plot, mark, number};

/// The largest count of each image before it is normalized, from the smallest to the largest.
///
/// # Source
/// Fig. 4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maxima {}

impl Maxima {
    #[expect(clippy::unused_self, reason = "a panel like the others, that has nothing to choose")]
    pub(super) fn plot(&self, material: &Material<'_>) -> Result<Plot, Issue> {
        let path = material.ctx().input("images")?;
        let mut maxima = Vec::new();
        for image in ImageReader::open_without_pixels(path)? {
            let image = image?;
            maxima.push((image.counts_max, image.image_id, image.view));
        }
        if maxima.is_empty() {
            return Err(Issue::new("has no image, and no maximum to show").file(path));
        }
        maxima.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        let dot = |(index, (most, image, view)): (usize, &(f64, String, View))| Mark {
            category: image.clone(),
            ..mark(Glyph::Point, view.as_str(), number(index + 1), *most)
        };
        let mut marks: Vec<Mark> = maxima.iter().enumerate().map(dot).collect();
        let quantile = |percent: usize| maxima[(maxima.len() - 1) * percent / 100].0;
        let last = number(maxima.len());
        // The text stands at the end of a rule, where the dots are not.
        for (percent, begin, end) in [(5, 0.0, last), (50, last, 0.0), (95, last, 0.0)] {
            let value = quantile(percent);
            marks.push(Mark {
                x_end: Some(end),
                y_end: Some(value),
                text: format!("{percent} % up to {value:.0}"),
                ..mark(Glyph::Rule, "", begin, value)
            });
        }
        let (least, most) = (maxima[0].0, maxima[maxima.len() - 1].0);
        let frame = Frame {
            name: "maxima".to_owned(),
            title: format!(
                "The largest pixel of each of {} images: {least:.0} to {most:.0} counts",
                maxima.len()
            ),
            lines: Vec::new(),
            x: Axis::numbers("images by their largest pixel (rank)", 0.0, last),
            y: Axis::logarithms("largest pixel (counts, logarithmic)", least, most),
            look: Look::Wide,
            legend: View::ALL.iter().map(|view| Entry::new(view.as_str(), view.as_str())).collect(),
        };
        Ok(Plot { frame, marks })
    }
}
