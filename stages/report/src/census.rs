use std::collections::BTreeMap;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{ImageReader, Lesion};

use crate::confusion::share;
use crate::consensus::{agreed, of_disease};
use crate::numeral::number;
use crate::presentation::check_notes;
use crate::side_by_side::{self, OUTPUTS};
use crate::tolerance::check_tolerance;
use crate::{Cell, PaperTable};

const COLUMN: &str = "number";

/// How many patients, scans and lesions there are before anything is made of them, beside the published numbers.
///
/// Each patient counts once, with the sex of the first scan that tells it. Lesions are those that readers agree on, and
/// `per image` is per scan with at least one of them.
///
/// VERSION 2: lesions per image. 1: the first.
///
/// # Source
/// §2.1, Figs. 1 and 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Census {
    /// Published numbers.
    #[serde(default)]
    pub published: BTreeMap<Counted, f64>,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.number`.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from a published number before the claim counts as missed; without it, it is not judged.
    #[serde(default)]
    pub tolerance: BTreeMap<Counted, f64>,
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
    /// How many of these such a scan has on average.
    MetastasesPerImage,
    /// Lesions of arthritis.
    ArthriticLesions,
    /// Scans with at least one of these.
    ImagesWithArthritis,
    /// How many of these such a scan has on average.
    ArthriticLesionsPerImage,
}

impl Counted {
    const ALL: [(Self, &str); 10] = [
        (Self::Patients, "patients"),
        (Self::Female, "female"),
        (Self::Male, "male"),
        (Self::Images, "images"),
        (Self::Metastases, "metastases"),
        (Self::ImagesWithMetastasis, "images-with-metastasis"),
        (Self::MetastasesPerImage, "metastases-per-image"),
        (Self::ArthriticLesions, "arthritic-lesions"),
        (Self::ImagesWithArthritis, "images-with-arthritis"),
        (Self::ArthriticLesionsPerImage, "arthritic-lesions-per-image"),
    ];

    /// Returns with how many decimals the paper prints it.
    const fn decimals(self) -> usize {
        if matches!(self, Self::MetastasesPerImage | Self::ArthriticLesionsPerImage) { 2 } else { 0 }
    }
}

impl Stage for Census {
    const KIND: &'static str = "census";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Counts patients, scans and lesions, beside published numbers.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "The scans."),
        Input::one("lesions", "lesions", "What readers marked in them."),
    ];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        check_tolerance(self.tolerance.values().copied())?;
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
        let of_sex =
            |letter: &str| sexes.values().filter(|sex| sex.as_deref() == Some(letter)).count() as u64;
        let of_disease = |disease: &str| {
            let (found, images) = of_disease(&lesions, disease);
            (found as u64, images as u64)
        };
        let (metastases, with_metastasis) = of_disease("metastasis");
        let (arthritic, with_arthritis) = of_disease("arthritis");
        let counts = |counted| match counted {
            Counted::Patients => number(sexes.len() as u64),
            Counted::Female => number(of_sex("F")),
            Counted::Male => number(of_sex("M")),
            Counted::Images => number(images),
            Counted::Metastases => number(metastases),
            Counted::ImagesWithMetastasis => number(with_metastasis),
            Counted::MetastasesPerImage => share(metastases, with_metastasis),
            Counted::ArthriticLesions => number(arthritic),
            Counted::ImagesWithArthritis => number(with_arthritis),
            Counted::ArthriticLesionsPerImage => share(arthritic, with_arthritis),
        };
        side_by_side::write(ctx, &self.table(counts))
    }
}

impl Census {
    fn table(&self, counts: impl Fn(Counted) -> f64) -> PaperTable {
        let cell = |(counted, _): (Counted, &str)| {
            let published = self.published.get(&counted).copied();
            Cell::rounded(published, Some(counts(counted)), counted.decimals())
        };
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
