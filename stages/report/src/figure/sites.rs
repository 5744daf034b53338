use std::collections::BTreeMap;

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Glyph, Lesion, Mark};

use super::axis::Axis;
use super::frame::{Frame, Look};
use super::material::Material;
use super::plot::{Plot, number, rectangle, side_by_side};
use crate::consensus::{agreed, of_disease};

/// Lesions of a disease by bone or joint, most frequent first, of those on which two readers agree.
///
/// # Source
/// Fig. 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sites {
    /// The disease, as readers name it: `metastasis` or `arthritis`.
    disease: String,
    /// Published totals.
    #[serde(default)]
    published: Option<LesionTotals>,
}

/// How many lesions there are, and in how many images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LesionTotals {
    lesions: u64,
    images: u64,
}

impl Sites {
    pub(super) fn plot(&self, material: &Material<'_>) -> Result<Plot, Issue> {
        let all: Vec<Lesion> = table::read(material.ctx().input("lesions")?)?;
        let agreed = agreed(&all);
        let (lesions, images) = of_disease(&agreed, &self.disease);
        let mut counts = BTreeMap::<&str, usize>::new();
        for lesion in agreed.iter().filter(|lesion| lesion.disease == self.disease) {
            let site = if lesion.site.is_empty() { "unnamed" } else { &lesion.site };
            *counts.entry(site).or_default() += 1;
        }
        let mut sites: Vec<(&str, usize)> = counts.into_iter().collect();
        sites.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let bar = |(place, (site, count)): (usize, &(&str, usize))| Mark {
            category: (*site).to_owned(),
            text: count.to_string(),
            ..rectangle(Glyph::Bar, "", [0.0, number(*count)], side_by_side(number(place), 0, 1))
        };
        let most = sites.first().map_or(0, |(_, count)| *count);
        let ours = LesionTotals { lesions: lesions as u64, images: images as u64 };
        let published = self.published.map(|published| format!("published: {}", published.text()));
        material.say("A lesion counts if at least two readers marked it.");
        let names = sites.iter().map(|(site, _)| material.label(site).to_owned());
        let frame = Frame {
            name: self.disease.clone(),
            title: format!("Lesions of {} by site", self.disease),
            lines: [format!("ours: {}", ours.text())].into_iter().chain(published).collect(),
            x: Axis::counts("lesions (count)", number(most)),
            y: Axis::names("", names).reversed(),
            look: Look::Wide,
            legend: Vec::new(),
        };
        Ok(Plot { frame, marks: sites.iter().enumerate().map(bar).collect() })
    }
}

impl LesionTotals {
    fn text(self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let mean = if self.images == 0 { 0.0 } else { self.lesions as f64 / self.images as f64 };
        format!("{} in {} images ({mean:.2} per image)", self.lesions, self.images)
    }
}
