use std::collections::BTreeMap;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{ImageReader, Label};

use crate::confusion;
use crate::presentation::check_notes;
use crate::side_by_side::{self, OUTPUTS};
use crate::tolerance::check_tolerance;
use crate::{Cell, PaperTable};

const TOTAL: &str = "total";
const COLUMNS: [&str; 2] = ["images", "share"];

/// How many images of each label a data set has, beside the published numbers.
///
/// Shares are in percent of all images. A remark tells how many images of a label are generated.
///
/// VERSION 3: generated images are told. 2: published shares, and a table with intervals. 1: the first.
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
    const VERSION: u32 = 3;
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
        let mut counts = [Images::default(); Label::ALL.len()];
        for image in ImageReader::open_without_pixels(ctx.input("images")?)? {
            let image = image?;
            let of_label = &mut counts[image.label as usize];
            of_label.all += 1;
            of_label.generated += u64::from(image.is_generated());
        }
        side_by_side::write(ctx, &self.table(counts))
    }
}

/// How many images there are.
#[derive(Clone, Copy, Default)]
struct Images {
    all: u64,
    /// Those of them that a generator made of noise.
    generated: u64,
}

impl Count {
    fn table(&self, counts: [Images; Label::ALL.len()]) -> PaperTable {
        let sum = |of: fn(&Images) -> u64| counts.iter().map(of).sum();
        let total = Images { all: sum(|images| images.all), generated: sum(|images| images.generated) };
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
                    let percent = 100.0 * confusion::share(ours.all, total.all);
                    [counted(*published, *ours), Cell::rounded(share, Some(percent), 1)]
                })
                .collect(),
            caption: vec!["Shares in percent of all images.".to_owned()],
            scalings: Vec::new(),
        }
    }
}

fn counted(published: Option<u64>, ours: Images) -> Cell {
    let note = match ours.generated {
        0 => String::new(),
        1 => "1 of ours is generated".to_owned(),
        generated => format!("{generated} of ours are generated"),
    };
    Cell { note, ..Cell::of_count(published, ours.all) }
}
