use std::collections::{BTreeMap, BTreeSet};

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, ImageReader, Label, Lesion, Prediction};

use super::material::{Material, Run};
use super::picture::{self, Case};
use super::plot::Plot;
use crate::consensus::agreed;
use crate::examples::of_both;

/// The image of one class that was most surely taken for another, with the lesions that readers agree on.
///
/// Only scans themselves are shown, not what was made from them, and no scan with both diseases. All runs have their
/// say. If none made that mistake, the image is, of those that were taken for the third class, the one with the largest
/// probability of the class that it was not taken for, and the heading says both. What another panel shows is passed
/// over as long as there is another image.
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
        let is_own = |sample: &&Prediction| {
            let label = labels.get(&sample.image_id);
            sample.label == self.label && label.is_some_and(|label| *label != Label::Both)
        };
        let own: Vec<(&Run<'_, Prediction>, &Prediction)> = runs
            .iter()
            .flat_map(|run| run.rows.iter().filter(is_own).map(move |sample| (run, sample)))
            .collect();
        let mistakes = || own.iter().filter(|(_, sample)| sample.predicted != self.label);
        let rank =
            |sample: &Prediction| (sample.predicted == self.predicted, !material.is_shown(&sample.image_id));
        let sure = |sample: &Prediction| sample.probability(self.predicted);
        let best = mistakes().max_by(|(_, a), (_, b)| {
            let order = rank(a).cmp(&rank(b)).then_with(|| sure(a).total_cmp(&sure(b)));
            order.then_with(|| b.sample_id.cmp(&a.sample_id))
        });
        let printed = |class: Class| material.label(class.as_str());
        let (label, asked) = (printed(self.label), printed(self.predicted));
        let name = format!("{}-as-{}", self.label, self.predicted);
        let title = format!("{label} taken for {asked}");
        let Some((run, sample)) = best else {
            let note = format!("None of {} {label} scans in the test samples was misclassified.", own.len());
            return Ok(picture::none(&name, &title, &note));
        };
        material.say("Of all such answers the surest; no image that was made from a scan, and no scan with both diseases.");
        let title = if sample.predicted == self.predicted {
            title
        } else {
            material.say(
                "Where none was taken for the class that is asked for, of the misclassified scans the one with the \
                 largest probability of that class is shown.",
            );
            format!("{label} taken for {}; none was taken for {asked}", printed(sample.predicted))
        };
        material.show(&sample.image_id);
        let such = mistakes().filter(|(_, other)| other.predicted == sample.predicted).count();
        let case = Case {
            title,
            lines: vec![format!("such answers: {such}")],
            run: said(run, material),
            sample: (*sample).clone(),
        };
        Ok(pictures(material, &[(name, case)])?.remove(0))
    }
}

impl BothDiseases {
    pub(super) fn plots(&self, material: &Material<'_>) -> Result<Vec<Plot>, Issue> {
        let runs: Vec<Run<'_, Prediction>> = material.runs("predictions")?;
        let labels = scans(material)?;
        let title = "metastasis and arthritis";
        let answers = runs.iter().flat_map(|run| run.rows.iter().map(move |sample| (run, sample)));
        let answers = of_both(answers, &labels);
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

fn said(run: &Run<'_, Prediction>, material: &Material<'_>) -> String {
    run.name(&material.varying("predictions", None))
}

/// Returns the labels of the scans themselves.
fn scans(material: &Material<'_>) -> Result<BTreeMap<String, Label>, Issue> {
    crate::scans::labels(material.ctx().input("images")?)
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
