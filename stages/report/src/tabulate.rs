use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use contract::{ANY, Ctx, Gathered, Input, Issue, Output, Scalar, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::Prediction;

use crate::caption::{Settings, scalings};
use crate::interval::Interval;
use crate::numeral;
use crate::presentation::{check_notes, check_once};
use crate::runs::Run;
use crate::side_by_side::{self, OUTPUTS};
use crate::spread::Spread;
use crate::test_images::TestImages;
use crate::tolerance::check_tolerance;
use crate::{Cell, PaperTable};

/// A table of the paper: metrics of many runs, the mean and spread over seeds beside each published value.
///
/// One axis of the gathered cells makes the rows; over all other axes that vary goes the mean. A claim without a run
/// stays in the table as `not run`. Metrics are read from Parquet (a table `metrics`), JSON (`{"metric": value}`) and
/// CSV (`metric,value`).
///
/// With `predictions`, each mean gets an interval of 95 %: the test images of the runs of a row are drawn with
/// replacement, and the same mean is taken over the same runs, `resamples` times. It says how far the number hangs on
/// the choice of test images, with the networks as they were trained; how far it hangs on the seed is what the spread
/// says.
///
/// A run that does not define a metric counts neither for its mean nor for its interval. A resample that lost all images
/// of a class has as its macro AUC the mean over the others.
///
/// VERSION 3: where no run defines a metric, it is `undefined`, not `not run`. 2: intervals. 1: the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tabulate {
    /// Axis that makes the rows.
    pub rows: String,
    /// Metrics that make the columns.
    pub columns: Vec<String>,
    /// Published values by row, in the order of the columns.
    #[serde(default)]
    pub published: BTreeMap<String, Vec<f64>>,
    /// Rows that come first, in this order; the others follow in the order of their names.
    #[serde(default)]
    pub order: Vec<String>,
    /// Class of the metrics: `macro`, `micro`, or one class against the rest.
    #[serde(default = "macro_average")]
    pub class: String,
    /// Resamples from which an interval is made.
    #[serde(default = "thousand")]
    pub resamples: u32,
    /// Origin of the randomness of resamples.
    #[serde(default = "first")]
    pub seed: Seed,
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

/// Fewer tell no 2.5th percentile; more only take time.
const RESAMPLES: RangeInclusive<u32> = 100..=100_000;

fn macro_average() -> String {
    "macro".to_owned()
}

const fn thousand() -> u32 {
    1000
}

const fn first() -> Seed {
    Seed(1)
}

impl Stage for Tabulate {
    const KIND: &'static str = "tabulate";
    const VERSION: u32 = 3;
    const DOC: &'static str =
        "Makes a table of the paper from metrics: published, ours with interval, difference.";
    const INPUTS: &'static [Input] = &[
        Input::many("metrics", ANY, "Metrics of each run: a table, or JSON or CSV of a command."),
        Input::any(
            "predictions",
            "predictions",
            "The predictions behind them, of the same cells, for intervals.",
        ),
    ];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        if self.columns.is_empty() {
            return Err(Issue::new("`columns` is empty").help("name at least one metric, such as \"auc\""));
        }
        check_once("columns", &self.columns)?;
        check_once("order", &self.order)?;
        for (row, values) in &self.published {
            if values.len() != self.columns.len() {
                return Err(Issue::new(format!(
                    "`published.{row}` has {} values for {} columns",
                    values.len(),
                    self.columns.len()
                ))
                .help("give one published value for each column, in their order"));
            }
        }
        if !RESAMPLES.contains(&self.resamples) {
            return Err(Issue::new(format!("`resamples` is {}", self.resamples)).help(format!(
                "give a number from {} to {}",
                RESAMPLES.start(),
                RESAMPLES.end()
            )));
        }
        check_tolerance(self.tolerance)?;
        let rows = self.published.keys().map(String::as_str);
        check_notes(&self.notes, rows, self.columns.iter().map(String::as_str))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let runs = ctx
            .gathered("metrics")
            .iter()
            .map(|artifact| self.run_of(artifact, ctx.gathered("predictions")))
            .collect::<Result<Vec<_>, _>>()?;
        self.check_columns(&runs)?;
        let settings = Settings::of(&runs, &self.rows);
        if let [_, _, ..] = settings.averaged()[..] {
            ctx.warn(format!("each mean goes over several axes: {}", settings.averaged().join(", ")));
        }
        let rows = self.row_names(&runs);
        let cells: Vec<Cell> = rows.iter().flat_map(|row| self.cells(row, &runs)).collect();
        let mut caption = settings.sentences();
        if cells.iter().any(|cell| cell.low.is_some()) {
            caption.push(format!(
                "In brackets the middle 95 % of {} bootstrap resamples of the test images, networks as trained.",
                self.resamples
            ));
        }
        let table = PaperTable {
            head: self.rows.clone(),
            cells,
            columns: self.columns.clone(),
            caption,
            scalings: scalings(&runs, &rows),
            rows,
        };
        side_by_side::write(ctx, &table)
    }
}

impl Tabulate {
    /// Checks that every column is a metric of at least one run, defined or not.
    fn check_columns(&self, runs: &[Run<'_>]) -> Result<(), Issue> {
        let known: BTreeSet<&String> = runs.iter().flat_map(|run| run.measurements.names()).collect();
        let Some(column) = self.columns.iter().find(|column| !known.contains(column)) else { return Ok(()) };
        let Some(run) = runs.first() else { return Ok(()) };
        let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
        let help = if known.is_empty() {
            format!("there is none of the class `{}`", self.class)
        } else {
            format!("there are {}", known.join(", "))
        };
        Err(Issue::new(format!("no run has the metric `{column}` of the class `{}`", self.class))
            .file(&run.artifact.path)
            .help(help))
    }

    /// Returns the rows: those of `order`, then those with a claim or a run, sorted as axis values are.
    fn row_names(&self, runs: &[Run<'_>]) -> Vec<String> {
        let claims = self.published.keys().map(|row| Scalar::Text(row.clone()));
        let others: BTreeSet<Scalar> = runs.iter().map(|run| run.row.clone()).chain(claims).collect();
        let others = others.iter().map(ToString::to_string).filter(|row| !self.order.contains(row));
        self.order.iter().cloned().chain(others).collect()
    }

    fn run_of<'a>(&self, artifact: &'a Gathered, predictions: &[Gathered]) -> Result<Run<'a>, Issue> {
        let run = Run::read(artifact, &self.rows, &self.class)?;
        if predictions.is_empty() { Ok(run) } else { run.with_predictions(predictions, &self.class) }
    }

    /// Returns the interval of each metric's mean over the runs of a row, where their predictions are known.
    fn intervals(&self, runs: &[&Run<'_>]) -> BTreeMap<String, Interval> {
        let predictions: Vec<&[Prediction]> = runs.iter().map(|run| &run.predictions[..]).collect();
        let images = TestImages::of(&predictions);
        if images.count() == 0 {
            return BTreeMap::new();
        }
        let resamples = images.resamples(self.seed).take(self.resamples as usize);
        let replicates = images.replicates(resamples, &self.class);
        replicates.into_iter().filter_map(|(metric, values)| Some((metric, Interval::of(values)?))).collect()
    }

    fn cells(&self, row: &str, runs: &[Run<'_>]) -> Vec<Cell> {
        let runs: Vec<&Run<'_>> = runs.iter().filter(|run| run.row.to_string() == row).collect();
        let intervals = self.intervals(&runs);
        let scaled =
            runs.iter().any(|run| run.measurements.network.as_ref().is_some_and(|network| network.scaled));
        let cell = |(index, column): (usize, &String)| {
            let values: Vec<f64> =
                runs.iter().filter_map(|run| run.measurements.values.get(column).copied()).collect();
            let published = self.published.get(row).and_then(|values| values.get(index)).copied();
            let undefined = runs.len() - values.len();
            let note = match undefined {
                0 => String::new(),
                _ => format!("undefined in {undefined} of {} runs", runs.len()),
            };
            let interval = intervals.get(column).filter(|_| !values.is_empty());
            Cell {
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                interval_text: interval
                    .map(|interval| numeral::interval(interval.low, interval.high))
                    .unwrap_or_default(),
                scaled,
                note,
                ..Cell::of_numbers(published, Spread::of(&values)).of_runs(runs.len())
            }
        };
        self.columns.iter().enumerate().map(cell).collect()
    }
}
