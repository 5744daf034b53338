use std::collections::{BTreeMap, BTreeSet};

use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Glyph, ImageReader, Mark};

use super::axis::Axis;
use super::frame::{Entry, Frame, Look};
use super::material::Material;
use super::plot::{Plot, number, rectangle, side_by_side};

/// Patients by sex and age, each counted once, with the sex and the age of the first scan that tells it.
///
/// An age or a sex that the scans do not state is shown as unknown.
///
/// # Source
/// Fig. 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patients {
    /// Years of age in a group.
    #[serde(default = "decade")]
    #[schemars(range(min = 1))]
    years: u32,
    /// Published number of patients by sex: `F`, `M`.
    #[serde(default)]
    published: BTreeMap<String, u32>,
}

const fn decade() -> u32 {
    10
}

/// An age group: its first year, or unknown, which comes last.
type Group = (bool, u32);

impl Patients {
    pub(super) fn check(&self) -> Result<(), Issue> {
        match self.years {
            0 => {
                Err(Issue::new("`panels`: `years` is 0").help("give the years of age in a group, such as 10"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn plot(&self, material: &Material<'_>) -> Result<Plot, Issue> {
        let path = material.ctx().input("images")?;
        let mut told = BTreeMap::<String, (Option<String>, Option<f64>)>::new();
        for image in ImageReader::open_without_pixels(path)? {
            let image = image?;
            let (sex, age) = told.entry(image.patient_id).or_default();
            *sex = sex.take().or(image.sex);
            *age = age.or(image.age_years);
        }
        let patients: Vec<(String, Group)> = told
            .into_values()
            .map(|(sex, age)| (sex.unwrap_or_else(|| "unknown".to_owned()), self.group(age)))
            .collect();
        if patients.is_empty() {
            return Err(Issue::new("has no image, and no patient to count").file(path));
        }
        let sexes: BTreeSet<&String> =
            patients.iter().map(|(sex, _)| sex).chain(self.published.keys()).collect();
        let groups = self.groups(patients.iter().map(|(_, group)| *group));
        let mut marks = Vec::new();
        for (series, sex) in sexes.iter().enumerate() {
            for (place, group) in groups.iter().enumerate() {
                let count =
                    patients.iter().filter(|patient| patient.0 == **sex && patient.1 == *group).count();
                let edges = side_by_side(number(place), series, sexes.len());
                let bar = rectangle(Glyph::Bar, sex, edges, [0.0, number(count)]);
                let text = if count > 0 { count.to_string() } else { String::new() };
                marks.push(Mark { category: self.name(*group), text, ..bar });
            }
        }
        let most = marks.iter().filter_map(|bar| bar.y_end).fold(0.0, f64::max);
        let legend = sexes.iter().map(|sex| {
            let count = patients.iter().filter(|patient| patient.0 == **sex).count();
            let published =
                self.published.get(*sex).map_or(String::new(), |count| format!(", published {count}"));
            Entry::new(*sex, format!("{} ({count}{published})", sex_name(sex)))
        });
        let frame = Frame {
            name: "patients".to_owned(),
            title: format!("{} patients", patients.len()),
            lines: Vec::new(),
            x: Axis::names("age (years)", groups.iter().map(|group| self.name(*group))),
            y: Axis::counts("patients (count)", most),
            look: Look::Wide,
            legend: legend.collect(),
        };
        Ok(Plot { frame, marks })
    }

    fn group(&self, age_years: Option<f64>) -> Group {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an age from 0 to 200")]
        let whole = |age: f64| age as u32;
        match age_years.filter(|age| (0.0..200.0).contains(age)) {
            Some(age) => (false, whole(age) / self.years * self.years),
            None => (true, 0),
        }
    }

    /// Returns all groups from the youngest to the oldest, those between without a patient too.
    fn groups(&self, found: impl Iterator<Item = Group>) -> Vec<Group> {
        let found: BTreeSet<Group> = found.collect();
        let known = || found.iter().filter(|(unknown, _)| !unknown).map(|(_, from)| *from);
        let (Some(first), Some(last)) = (known().min(), known().max()) else { return vec![(true, 0)] };
        let between = (first..=last).step_by(self.years as usize).map(|from| (false, from));
        between.chain(found.contains(&(true, 0)).then_some((true, 0))).collect()
    }

    fn name(&self, (unknown, from): Group) -> String {
        match (unknown, self.years) {
            (true, _) => "unknown".to_owned(),
            (false, 1) => from.to_string(),
            (false, years) => format!("{from}–{}", from + years - 1),
        }
    }
}

/// Returns what a DICOM code of sex stands for.
fn sex_name(sex: &str) -> &str {
    match sex {
        "F" => "female",
        "M" => "male",
        "O" => "other",
        _ => sex,
    }
}
