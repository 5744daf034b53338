use std::collections::{BTreeMap, BTreeSet};

use contract::{Ctx, Input, Issue, Output, Scalar, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Comparison, Metadata};

use crate::contest::{Contestant, comparisons};
use crate::numeral;
use crate::runs::axis_value;
use crate::side_by_side;
use crate::spread::Spread;
use crate::{Cell, PaperTable};

/// Where the tests stand one by one.
const COMPARISONS: Output =
    Output::new("comparisons", "comparisons.parquet", "comparisons", "Every test of every pair.");

const COLUMNS: [&str; 4] = ["accuracy", "mcnemar", "auc", "delong"];

/// Whether classifiers differ on the same test samples by more than chance: every pair, in every other cell.
///
/// `McNemar`'s test compares how often two classifiers are right, `DeLong`'s their areas under the ROC curve. The
/// p-values of all pairs in one cell are corrected together, by Holm's method. The table shows, for each pair, the
/// mean differences over all cells and the corrected p-values of `McNemar`'s test and of `DeLong`'s for the macro
/// AUC, one for each cell; `comparisons` has the single tests, and those for the AUC of each class against the rest,
/// of which `normal` is the paper's normal against abnormal.
///
/// Samples count as independent. Those of one patient are not, so that the p-values are too small if anything.
///
/// VERSION 1: the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Compare {
    /// Axis whose values are compared.
    pub axis: String,
    /// Values that come first, in this order; the others follow in the order of their names.
    #[serde(default)]
    pub order: Vec<String>,
    /// Corrected p-values that are smaller are marked.
    #[serde(default = "five_percent")]
    pub level: f64,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

const fn five_percent() -> f64 {
    0.05
}

impl Stage for Compare {
    const KIND: &'static str = "compare";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Tests whether classifiers differ on the same samples by more than chance.";
    const INPUTS: &'static [Input] =
        &[Input::many("predictions", "predictions", "Answers of each classifier.")];
    const OUTPUTS: &'static [Output] = &side_by_side::outputs_and(COMPARISONS);
    const PRESENTATION: &'static [&'static str] = &["labels"];

    fn check(&self) -> Result<(), Issue> {
        if self.level > 0.0 && self.level < 1.0 {
            return Ok(());
        }
        Err(Issue::new("`level` is not between 0 and 1").help("0.05 is usual"))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let mut contests = BTreeMap::<contract::Cell, Vec<Contestant<'_>>>::new();
        for artifact in ctx.gathered("predictions") {
            let name = axis_value(artifact, &self.axis)?;
            let mut cell = artifact.cell.clone();
            cell.remove(&self.axis);
            contests.entry(cell).or_default().push(Contestant::read(name, &artifact.path)?);
        }
        let mut all = Vec::new();
        for (cell, contestants) in &mut contests {
            contestants.sort_by_key(|contestant| self.rank(contestant.name));
            let cell: Vec<String> = cell.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
            all.extend(comparisons(&cell.join(","), contestants)?);
        }
        if all.is_empty() {
            let message = format!("no cell has two values of `{}`", self.axis);
            return Err(Issue::new(message).help("gather the predictions of at least two classifiers"));
        }
        if all.iter().any(|test| test.test == "delong" && test.p.is_none()) {
            ctx.warn("no DeLong test where a class has fewer than two test samples");
        }
        table::write(ctx.output(COMPARISONS.name)?, &all, &Metadata::new())?;
        side_by_side::write(ctx, &self.table(&all))
    }
}

impl Compare {
    /// Returns what sorts the values of the axis.
    fn rank(&self, name: &Scalar) -> (usize, Scalar) {
        let listed = self.order.iter().position(|listed| *listed == name.to_string());
        (listed.unwrap_or(self.order.len()), name.clone())
    }

    fn table(&self, all: &[Comparison]) -> PaperTable {
        let mut rows = Vec::<String>::new();
        for row in all.iter().map(pair) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let cells = rows.iter().flat_map(|row| {
            let tests = |delong: bool| -> Vec<&Comparison> {
                let chosen = all.iter().filter(|test| pair(test) == *row && test.class == "macro");
                chosen.filter(|test| (test.test == "delong") == delong).collect()
            };
            let (mcnemar, delong) = (tests(false), tests(true));
            [difference(&mcnemar), self.chance(&mcnemar), difference(&delong), self.chance(&delong)]
        });
        let cells: Vec<Cell> = cells.collect();
        let groups: BTreeSet<&str> = all.iter().map(|test| test.cell.as_str()).collect();
        let groups: Vec<&str> = groups.into_iter().collect();
        let caption = [
            "Accuracy and macro AUC of the first minus those of the second, and p of McNemar's and of DeLong's test, \
             corrected by Holm's method for all pairs."
                .to_owned(),
            format!("One p for each of {}; * is below {}.", groups.join("; "), self.level),
            "Samples count as independent; those of one patient are not, so p is too small if anything."
                .to_owned(),
        ];
        PaperTable {
            head: self.axis.clone(),
            cells,
            columns: COLUMNS.map(str::to_owned).into(),
            caption: caption.into(),
            scalings: Vec::new(),
            rows,
        }
    }

    /// Returns the cell of the corrected p-values of one pair.
    fn chance(&self, tests: &[&Comparison]) -> Cell {
        let text = |test: &&Comparison| match test.p_holm {
            Some(p) if p < self.level => format!("{}*", numeral::chance(p)),
            Some(p) => numeral::chance(p),
            None => "undefined".to_owned(),
        };
        let ours_text = tests.iter().map(text).collect::<Vec<_>>().join(", ");
        Cell { seeds: count(tests), ours_text, ..Cell::default() }
    }
}

/// Returns the name of the row of a test.
fn pair(test: &Comparison) -> String {
    format!("{} - {}", test.first, test.second)
}

/// Returns the cell of the mean difference of one pair.
fn difference(tests: &[&Comparison]) -> Cell {
    let values: Vec<f64> = tests.iter().filter_map(|test| test.difference).collect();
    let Some(Spread { mean, sd, .. }) = Spread::of(&values) else {
        return Cell { ours_text: "undefined".to_owned(), ..Cell::default() };
    };
    Cell {
        mean: Some(mean),
        sd,
        seeds: count(tests),
        ours_text: numeral::difference_with_spread(mean, sd),
        ..Cell::default()
    }
}

fn count(tests: &[&Comparison]) -> u32 {
    u32::try_from(tests.len()).unwrap_or(u32::MAX)
}
