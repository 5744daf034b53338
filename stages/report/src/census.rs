use std::collections::BTreeMap;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{ImageReader, Lesion};

use crate::consensus::{agreed, of_disease};
use crate::presentation::{check_notes, check_tolerance};
use crate::side_by_side::{self, OUTPUTS};
use crate::{Cell, PaperTable};

const COLUMN: &str = "number";

/// How many patients, scans and lesions there are before anything is made of them, beside the published numbers.
///
/// Each patient counts once, with the sex of the first scan that tells it. Lesions are those that readers agree on.
///
/// VERSION 1: the first.
///
/// # Source
/// §2.1, Figs. 1 and 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Census {
    /// Published numbers.
    #[serde(default)]
    pub published: BTreeMap<Counted, u64>,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.number`.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from a published value before the claim counts as missed.
    #[serde(default)]
    pub tolerance: Option<f64>,
}

/// What a census counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Patients.
    Patients,
    /// Those of them who are female.
    Female,
    /// Those who are male.
    Male,
    /// Scans.
    Images,
    /// Lesions of metastasis.
    Metastases,
    /// Scans with at least one of these.
    ImagesWithMetastasis,
    /// Lesions of arthritis.
    ArthriticLesions,
    /// Scans with at least one of these.
    ImagesWithArthritis,
}

impl Counted {
    const ALL: [(Self, &str); 8] = [
        (Self::Patients, "patients"),
        (Self::Female, "female"),
        (Self::Male, "male"),
        (Self::Images, "images"),
        (Self::Metastases, "metastases"),
        (Self::ImagesWithMetastasis, "images-with-metastasis"),
        (Self::ArthriticLesions, "arthritic-lesions"),
        (Self::ImagesWithArthritis, "images-with-arthritis"),
    ];
}

impl Stage for Census {
    const KIND: &'static str = "census";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Counts patients, scans and lesions, beside published numbers.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "The scans."),
        Input::one("lesions", "lesions", "What readers marked in them."),
    ];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        check_tolerance(self.tolerance)?;
        check_notes(&self.notes, Counted::ALL.into_iter().map(|(_, name)| name), [COLUMN].into_iter())
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let mut sexes = BTreeMap::<String, Option<String>>::new();
        let mut images = 0;
        for image in ImageReader::open_without_pixels(ctx.input("images")?)? {
            let image = image?;
            let sex = sexes.entry(image.patient_id).or_default();
            *sex = sex.take().or(image.sex);
            images += 1;
        }
        let lesions = agreed(&table::read::<Lesion>(ctx.input("lesions")?)?);
        let of_sex = |letter: &str| sexes.values().filter(|sex| sex.as_deref() == Some(letter)).count();
        let (metastases, with_metastasis) = of_disease(&lesions, "metastasis");
        let (arthritic, with_arthritis) = of_disease(&lesions, "arthritis");
        let number = |counted| match counted {
            Counted::Patients => sexes.len(),
            Counted::Female => of_sex("F"),
            Counted::Male => of_sex("M"),
            Counted::Images => images,
            Counted::Metastases => metastases,
            Counted::ImagesWithMetastasis => with_metastasis,
            Counted::ArthriticLesions => arthritic,
            Counted::ImagesWithArthritis => with_arthritis,
        };
        side_by_side::write(ctx, &self.table(number))
    }
}

impl Census {
    fn table(&self, number: impl Fn(Counted) -> usize) -> PaperTable {
        let cell =
            |(counted, _)| Cell::of_count(self.published.get(&counted).copied(), number(counted) as u64);
        PaperTable {
            head: "of".to_owned(),
            rows: Counted::ALL.map(|(_, name)| name.to_owned()).into(),
            columns: vec![COLUMN.to_owned()],
            cells: Counted::ALL.map(cell).into(),
            caption: vec!["Lesions are those that at least two readers marked, or the only one.".to_owned()],
            scalings: Vec::new(),
        }
    }
}
