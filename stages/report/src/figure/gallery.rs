use std::collections::{BTreeMap, BTreeSet};

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, ImageReader, Label, Lesion, Prediction};

use super::material::{Material, Run};
use super::picture::{self, Case};
use super::plot::Plot;
use crate::consensus::agreed;

/// The image of one class that was most surely taken for another, with the lesions that readers agree on.
///
/// Only scans themselves are shown, not what was made from them, and no scan with both diseases. Of several runs the
/// first in which the mistake occurs has its say.
///
/// # Source
/// Fig. 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    /// Class of the image.
    label: Class,
    /// Class for which it was taken.
    predicted: Class,
}

/// Scans with both diseases and what they were taken for: those whose two most probable classes are the two diseases
/// first, and of these the surest, each once over all runs.
///
/// # Source
/// Fig. 13.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BothDiseases {
    /// Published probabilities, one entry for each image that is shown.
    published: Vec<BTreeMap<Class, f64>>,
}

impl Mistake {
    pub(super) fn check(self) -> Result<(), Issue> {
        if self.label == self.predicted {
            let message = format!("`panels`: {} taken for {} is no mistake", self.label, self.predicted);
            return Err(Issue::new(message).help("name two classes"));
        }
        Ok(())
    }

    pub(super) fn plot(self, material: &Material<'_>) -> Result<Plot, Issue> {
        let runs: Vec<Run<'_, Prediction>> = material.runs("predictions")?;
        let labels = scans(material)?;
        let is_candidate = |sample: &&Prediction| {
            let label = labels.get(&sample.image_id);
            sample.label == self.label && label.is_some_and(|label| *label != Label::Both)
        };
        let is_mistake = |sample: &&Prediction| is_candidate(sample) && sample.predicted == self.predicted;
        let surest = |run: &Run<'_, Prediction>| {
            let sure = |sample: &Prediction| sample.probability(self.predicted);
            let order = |a: &&Prediction, b: &&Prediction| {
                sure(a).total_cmp(&sure(b)).then_with(|| b.sample_id.cmp(&a.sample_id))
            };
            run.rows.iter().filter(is_mistake).max_by(order).cloned()
        };
        material.say("Of all such answers the surest; no image that was made from a scan, and no scan with both diseases.");
        let name = format!("{}-as-{}", self.label, self.predicted);
        let title = format!(
            "{} taken for {}",
            material.label(self.label.as_str()),
            material.label(self.predicted.as_str())
        );
        let found = runs.iter().find_map(|run| Some((run, surest(run)?)));
        let Some((run, sample)) = found else {
            let tried = runs.iter().flat_map(|run| &run.rows).filter(is_candidate).count();
            let note = format!(
                "None of {tried} {} scans in the test samples was taken for {}.",
                self.label, self.predicted
            );
            return Ok(picture::none(&name, &title, &note));
        };
        let among = runs.iter().map(|run| run.rows.iter().filter(is_mistake).count()).sum::<usize>();
        let case =
            Case { title, lines: vec![format!("such answers: {among}")], run: said(run, material), sample };
        Ok(pictures(material, &[(name, case)])?.remove(0))
    }
}

impl BothDiseases {
    pub(super) fn plots(&self, material: &Material<'_>) -> Result<Vec<Plot>, Issue> {
        let runs: Vec<Run<'_, Prediction>> = material.runs("predictions")?;
        let labels = scans(material)?;
        let title = "metastasis and arthritis";
        let mut answers: Vec<(&Run<'_, Prediction>, &Prediction)> = Vec::new();
        for run in &runs {
            let both = run.rows.iter().filter(|sample| labels.get(&sample.image_id) == Some(&Label::Both));
            answers.extend(both.map(|sample| (run, sample)));
        }
        answers.sort_by(|(_, a), (_, b)| {
            let sure = |sample: &Prediction| sample.probability(sample.predicted);
            let names = names_both(b).cmp(&names_both(a)).then(sure(b).total_cmp(&sure(a)));
            names.then_with(|| a.image_id.cmp(&b.image_id))
        });
        let mut seen = BTreeSet::new();
        answers.retain(|(_, sample)| seen.insert(&sample.image_id));
        let cases = answers.iter().zip(&self.published).map(|((run, sample), published)| {
            let published = published
                .iter()
                .map(|(class, value)| format!("p({}) {value:.2}", material.label(class.as_str())));
            let lines = ["published example:".to_owned()].into_iter().chain(published).collect();
            let sample = (*sample).clone();
            ("both".to_owned(), Case { title: title.to_owned(), lines, run: said(run, material), sample })
        });
        let mut plots = pictures(material, &cases.collect::<Vec<_>>())?;
        for _ in answers.len()..self.published.len() {
            let further = if answers.is_empty() { "" } else { "further " };
            let note = format!("No {further}scan with both diseases is in the test samples.");
            plots.push(picture::none("both", title, &note));
        }
        Ok(plots)
    }
}

/// Returns whether the two most probable classes are the two diseases.
fn names_both(sample: &Prediction) -> bool {
    sample.p_normal < sample.p_metastatic && sample.p_normal < sample.p_arthritic
}

fn said(run: &Run<'_, Prediction>, material: &Material<'_>) -> String {
    run.name(&material.varying("predictions", None))
}

/// Returns the labels of the scans themselves.
fn scans(material: &Material<'_>) -> Result<BTreeMap<String, Label>, Issue> {
    let images = ImageReader::open_without_pixels(material.ctx().input("images")?)?;
    let mut labels = BTreeMap::new();
    for image in images {
        let image = image?;
        if image.derived_from.is_none() {
            labels.insert(image.image_id, image.label);
        }
    }
    Ok(labels)
}

/// Draws cases, reading pixels until all are found.
fn pictures(material: &Material<'_>, cases: &[(String, Case)]) -> Result<Vec<Plot>, Issue> {
    let path = material.ctx().input("images")?;
    // Of the whole table: who marked nothing in an image has read it all the same.
    let lesions = agreed(&table::read::<Lesion>(material.ctx().input("lesions")?)?);
    let mut images = BTreeMap::new();
    let wanted: BTreeSet<&String> = cases.iter().map(|(_, case)| &case.sample.image_id).collect();
    for image in ImageReader::open(path)? {
        let image = image?;
        if wanted.contains(&image.image_id) {
            images.insert(image.image_id.clone(), image);
        }
        if images.len() == wanted.len() {
            break;
        }
    }
    let draw = |(name, case): &(String, Case)| {
        let image = images
            .get(&case.sample.image_id)
            .ok_or_else(|| Issue::new(format!("the image {} is gone", case.sample.image_id)).file(path))?;
        let marked: Vec<Lesion> =
            lesions.iter().filter(|lesion| lesion.image_id == image.image_id).cloned().collect();
        Ok(picture::plot(name, case, image, &marked, material))
    };
    cases.iter().map(draw).collect()
}
