use std::collections::{BTreeMap, BTreeSet};

use contract::{Ctx, Gathered, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Label, Prediction};

use crate::caption::{Settings, scalings_of};
use crate::network::{Network, network};
use crate::predictions::{names_both, predictions};
use crate::presentation::check_notes;
use crate::side_by_side::{self, OUTPUTS};
use crate::tolerance::check_tolerance;
use crate::{Cell, PaperTable, scans};

/// The scans with both diseases that the panel `both` of a figure shows, and how probable a network takes each disease
/// to be: its claims as a table, for a figure holds nothing to anything.
///
/// VERSION 1: the first.
///
/// # Source
/// Fig. 13 and its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examples {
    /// Published probabilities, one entry for each scan.
    pub published: Vec<BTreeMap<Class, f64>>,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.column`; rows are counted from 1, columns are classes.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from a published value before the claim counts as missed.
    #[serde(default)]
    pub tolerance: Option<f64>,
}

/// The answers of one run.
struct Run<'a> {
    artifact: &'a Gathered,
    answers: Vec<Prediction>,
    network: Option<Network>,
}

impl Stage for Examples {
    const KIND: &'static str = "examples";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Holds how probable both diseases are in single scans to published examples.";
    const INPUTS: &'static [Input] = &[
        Input::many("predictions", "predictions", "Answers of each run."),
        Input::one("images", "images", "The scans, with what readers found in them."),
    ];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        if self.classes().is_empty() {
            let help = "give one entry for each scan, such as { metastatic = 0.94, arthritic = 0.05 }";
            return Err(Issue::new("`published` names no probability").help(help));
        }
        check_tolerance(self.tolerance)?;
        let (rows, classes) = (self.rows(), self.classes());
        let columns = classes.iter().map(|class| class.as_str());
        check_notes(&self.notes, rows.iter().map(String::as_str), columns)
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let runs = ctx.gathered("predictions").iter().map(Run::read).collect::<Result<Vec<_>, Issue>>()?;
        let labels = scans::labels(ctx.input("images")?)?;
        let answers = runs.iter().flat_map(|run| run.answers.iter().map(move |sample| (run, sample)));
        let shown = of_both(answers, &labels);
        let settings = Settings::of_cells(runs.iter().map(|run| &run.artifact.cell), &|_| false);
        side_by_side::write(ctx, &self.table(&shown, &settings))
    }
}

impl<'a> Run<'a> {
    fn read(artifact: &'a Gathered) -> Result<Self, Issue> {
        let answers = predictions(&artifact.path)?;
        let network = network(&artifact.path, &table::metadata(&artifact.path)?)?;
        Ok(Self { artifact, answers, network })
    }
}

impl Examples {
    fn rows(&self) -> Vec<String> {
        (1..=self.published.len()).map(|scan| scan.to_string()).collect()
    }

    /// Returns the classes of which a probability is published.
    fn classes(&self) -> BTreeSet<Class> {
        self.published.iter().flat_map(BTreeMap::keys).copied().collect()
    }

    fn table(&self, shown: &[(&Run<'_>, &Prediction)], settings: &Settings<'_>) -> PaperTable {
        let (rows, classes) = (self.rows(), self.classes());
        let cell = |index: usize, claims: &BTreeMap<Class, f64>, class: &Class| {
            let published = claims.get(class).copied();
            let Some((run, sample)) = shown.get(index) else {
                return Cell { ours_text: "none tested".to_owned(), ..Cell::rounded(published, None, 2) };
            };
            Cell {
                scaled: run.network.as_ref().is_some_and(|network| network.scaled),
                note: if classes.first() == Some(class) {
                    origin(run, sample, settings)
                } else {
                    String::new()
                },
                ..Cell::rounded(published, Some(sample.probability(*class)), 2)
            }
        };
        let order = "Of the scans with both diseases among the test samples those whose two most probable classes are \
                     the two diseases come first, and of these the surest; each once over all runs.";
        let networks = rows.iter().zip(shown).map(|(row, (run, _))| (row.clone(), run.network.as_ref()));
        PaperTable {
            head: "scan".to_owned(),
            cells: self
                .published
                .iter()
                .enumerate()
                .flat_map(|(index, claims)| classes.iter().map(move |class| (index, claims, class)))
                .map(|(index, claims, class)| cell(index, claims, class))
                .collect(),
            columns: classes.iter().map(|class| class.as_str().to_owned()).collect(),
            caption: [order.to_owned()].into_iter().chain(settings.fixed()).collect(),
            scalings: scalings_of(networks, &rows),
            rows,
        }
    }
}

/// Returns which scan it is, and which run answered.
fn origin(run: &Run<'_>, sample: &Prediction, settings: &Settings<'_>) -> String {
    let axis = |axis| run.artifact.cell.get(axis).map(|value| format!(", {axis} {value}"));
    let run: String = settings.averaged().into_iter().filter_map(axis).collect();
    format!("ours is {}{run}", sample.image_id)
}

/// Returns the answers to scans with both diseases: first those whose two most probable classes are the two diseases,
/// and of these the surest; each scan once over all runs.
pub(crate) fn of_both<'a, R>(
    answers: impl Iterator<Item = (R, &'a Prediction)>,
    labels: &BTreeMap<String, Label>,
) -> Vec<(R, &'a Prediction)> {
    let is_both = |(_, sample): &(R, &Prediction)| labels.get(&sample.image_id) == Some(&Label::Both);
    let mut answers: Vec<(R, &Prediction)> = answers.filter(is_both).collect();
    answers.sort_by(|(_, a), (_, b)| {
        let sure = |sample: &Prediction| sample.probability(sample.predicted);
        let names = names_both(b).cmp(&names_both(a)).then(sure(b).total_cmp(&sure(a)));
        names.then_with(|| a.image_id.cmp(&b.image_id))
    });
    let mut seen = BTreeSet::new();
    answers.retain(|(_, sample)| seen.insert(&sample.image_id));
    answers
}
