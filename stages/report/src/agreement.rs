use std::collections::BTreeMap;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Label, Opinion};

use crate::fleiss;
use crate::numeral::decimal;
use crate::presentation::check_notes;
use crate::side_by_side::{self, OUTPUTS};
use crate::{Cell, PaperTable};

const ROWS: [&str; 4] = ["label", "abnormal", "metastatic", "arthritic"];
const COLUMNS: [&str; 5] = ["images", "readers", "observed", "expected", "kappa"];

/// How far the readers of the images agree, by Fleiss' kappa: on the label, on whether there is anything, and on each
/// disease.
///
/// What the readers said themselves is compared, before any vote. An image counts if as many readers have read it as
/// any: the measure wants one number of readers for all.
///
/// VERSION 1: the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Agreement {
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.column`.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

impl Stage for Agreement {
    const KIND: &'static str = "agreement";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Measures how far readers agree, by Fleiss' kappa.";
    const INPUTS: &'static [Input] =
        &[Input::one("opinions", "opinions", "What each reader found in each image, from `ingest`.")];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes"];

    fn check(&self) -> Result<(), Issue> {
        check_notes(&self.notes, ROWS.into_iter(), COLUMNS.into_iter())
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let file = ctx.input("opinions")?;
        let read = Read::of(&table::read(file)?).map_err(|issue| issue.file(file))?;
        if read.readers < 2 {
            ctx.warn("no image has two readers: there is nobody to agree");
        }
        side_by_side::write(ctx, &read.table())
    }
}

/// The images that most readers have read.
struct Read {
    /// What each reader said, image by image.
    labels: Vec<Vec<Label>>,
    readers: usize,
    /// Images that fewer have read.
    left_out: usize,
}

impl Read {
    fn of(opinions: &[Opinion]) -> Result<Self, Issue> {
        let mut images: BTreeMap<&str, BTreeMap<&str, Label>> = BTreeMap::new();
        for Opinion { image_id, reader, label } in opinions {
            if images.entry(image_id).or_default().insert(reader, *label).is_some() {
                let message = format!("`{reader}` has two opinions of the image `{image_id}`");
                return Err(Issue::new(message).help("leave one of them"));
            }
        }
        let readers = images.values().map(BTreeMap::len).max().unwrap_or_default();
        let all = images.len();
        let complete = images.into_values().filter(|said| said.len() == readers);
        let labels: Vec<Vec<Label>> = complete.map(|said| said.into_values().collect()).collect();
        Ok(Self { readers, left_out: all - labels.len(), labels })
    }

    fn table(&self) -> PaperTable {
        let category: [fn(Label) -> usize; 4] = [
            |label| label as usize,
            |label| (label != Label::Normal).into(),
            |label| matches!(label, Label::Metastatic | Label::Both).into(),
            |label| matches!(label, Label::Arthritic | Label::Both).into(),
        ];
        let mut caption =
            vec!["Fleiss' kappa of what the readers say themselves, before any vote.".to_owned()];
        if self.left_out > 0 {
            caption.push(format!("Left out: {} images that fewer have read.", self.left_out));
        }
        PaperTable {
            head: "agreement on".to_owned(),
            rows: ROWS.map(str::to_owned).into(),
            columns: COLUMNS.map(str::to_owned).into(),
            cells: category.into_iter().flat_map(|category| self.row(category)).collect(),
            caption,
            scalings: Vec::new(),
        }
    }

    fn row(&self, category: fn(Label) -> usize) -> [Cell; 5] {
        let count = |said: &Vec<Label>| {
            let mut counts = [0; Label::ALL.len()];
            said.iter().for_each(|label| counts[category(*label)] += 1);
            counts
        };
        let agreement = fleiss::Agreement::of(&self.labels.iter().map(count).collect::<Vec<_>>());
        [
            whole(self.labels.len()),
            whole(self.readers),
            value(agreement.map(|agreement| agreement.observed)),
            value(agreement.map(|agreement| agreement.expected)),
            value(agreement.and_then(fleiss::Agreement::kappa)),
        ]
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn whole(count: usize) -> Cell {
    Cell { mean: Some(count as f64), seeds: 1, ours_text: count.to_string(), ..Cell::default() }
}

fn value(value: Option<f64>) -> Cell {
    let ours_text = value.map_or("undefined".to_owned(), decimal);
    Cell { mean: value, seeds: 1, ours_text, ..Cell::default() }
}
