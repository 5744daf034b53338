use std::collections::BTreeMap;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{ImageReader, Label};

use crate::confusion::share;
use crate::presentation::{check_notes, check_tolerance};
use crate::side_by_side::{self, OUTPUTS};
use crate::{Cell, PaperTable};

const TOTAL: &str = "total";
const COLUMNS: [&str; 2] = ["images", "share"];

/// How many images of each label a data set has, beside the published numbers.
///
/// Shares are in percent of all images.
///
/// VERSION 2: published shares, and a table with intervals. 1: the first.
///
/// # Source
/// Tables 1 and 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Count {
    /// Published number of images by label.
    #[serde(default)]
    pub published: BTreeMap<Label, u64>,
    /// Published share of the images by label, in percent.
    #[serde(default)]
    pub shares: BTreeMap<Label, f64>,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.column`.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from a published value before the claim counts as missed.
    #[serde(default)]
    pub tolerance: Option<f64>,
}

impl Stage for Count {
    const KIND: &'static str = "count";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Counts the images of each label, beside published numbers.";
    const INPUTS: &'static [Input] = &[Input::one("images", "images", "The data set.")];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        check_tolerance(self.tolerance)?;
        let rows = Label::ALL.iter().map(|label| label.as_str()).chain([TOTAL]);
        check_notes(&self.notes, rows, COLUMNS.into_iter())
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let mut counts = [0; Label::ALL.len()];
        for image in ImageReader::open_without_pixels(ctx.input("images")?)? {
            counts[image?.label as usize] += 1;
        }
        side_by_side::write(ctx, &self.table(counts))
    }
}

impl Count {
    fn table(&self, counts: [u64; Label::ALL.len()]) -> PaperTable {
        let total = counts.iter().sum();
        let all_published = self.published.len() == Label::ALL.len();
        let published_total = all_published.then(|| self.published.values().sum());
        let labels = Label::ALL
            .iter()
            .zip(counts)
            .map(|(label, count)| (label.as_str(), self.published.get(label).copied(), count));
        let rows: Vec<_> = labels.chain([(TOTAL, published_total, total)]).collect();
        let shares = Label::ALL.iter().map(|label| self.shares.get(label).copied()).chain([None]);
        PaperTable {
            head: "label".to_owned(),
            rows: rows.iter().map(|(name, _, _)| (*name).to_owned()).collect(),
            columns: COLUMNS.map(str::to_owned).into(),
            cells: rows
                .iter()
                .zip(shares)
                .flat_map(|((_, published, ours), share)| {
                    [Cell::of_count(*published, *ours), part(share, *ours, total)]
                })
                .collect(),
            caption: vec!["Shares in percent of all images.".to_owned()],
            scalings: Vec::new(),
        }
    }
}

fn part(published: Option<f64>, ours: u64, total: u64) -> Cell {
    let percent = 100.0 * share(ours, total);
    let difference = published.map(|published| percent - published);
    Cell {
        published,
        mean: Some(percent),
        seeds: 1,
        difference,
        published_text: published.map(|published| format!("{published:.1}")).unwrap_or_default(),
        ours_text: format!("{percent:.1}"),
        difference_text: difference.map(|difference| format!("{difference:+.2}")).unwrap_or_default(),
        ..Cell::default()
    }
}
