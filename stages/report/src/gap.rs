use std::collections::{BTreeMap, BTreeSet};

use contract::{ANY, Ctx, Gathered, Input, Issue, Output, Scalar, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::caption::{Settings, scalings_of};
use crate::measurements::Measurements;
use crate::numeral;
use crate::presentation::check_once;
use crate::runs::axis_value;
use crate::side_by_side::{self, OUTPUTS};
use crate::spread::Spread;
use crate::{Cell, PaperTable};

/// The class of the numbers of leaks: all test samples.
const ALL: &str = "all";

/// What one value of an axis gains over another: metrics under both, and the gap between them.
///
/// Runs that differ in that axis alone are a pair; the gap is the mean over pairs of the first minus the second.
/// Beside them stands what gives test samples away under the first value, from `leakage`: how many have each leak,
/// and which share of the test part they are.
///
/// VERSION 2: where no run defines a metric, it is `undefined`, not `not run`. 1: the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gap {
    /// Axes that make the rows.
    pub rows: Vec<String>,
    /// Metrics that make the columns, each with both values and the gap.
    pub columns: Vec<String>,
    /// Axis that is judged.
    pub axis: String,
    /// Its two values; the gap is the first minus the second.
    pub between: [String; 2],
    /// Leaks that are printed beside.
    #[serde(default)]
    pub leaks: Vec<String>,
    /// Class of the metrics: `macro`, `micro`, or one class against the rest.
    #[serde(default = "macro_average")]
    pub class: String,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

fn macro_average() -> String {
    "macro".to_owned()
}

impl Stage for Gap {
    const KIND: &'static str = "gap";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Makes a table of what one value of an axis gains over another.";
    const INPUTS: &'static [Input] = &[
        Input::many("metrics", ANY, "Metrics of each run: a table, or JSON or CSV of a command."),
        Input::any("leaks", "metrics", "What gives test samples away, from `leakage`."),
    ];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels"];

    fn check(&self) -> Result<(), Issue> {
        if self.rows.is_empty() || self.columns.is_empty() {
            let message = if self.rows.is_empty() { "`rows` is empty" } else { "`columns` is empty" };
            return Err(Issue::new(message).help("name at least one axis and one metric"));
        }
        check_once("rows", &self.rows)?;
        check_once("columns", &self.columns)?;
        check_once("leaks", &self.leaks)?;
        if self.rows.contains(&self.axis) {
            return Err(Issue::new(format!("`rows`: {:?} is the axis that is judged", self.axis)));
        }
        if self.between[0] == self.between[1] {
            return Err(Issue::new("`between` has one value twice").help("give two values of the axis"));
        }
        Ok(())
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let leaks = ctx.gathered("leaks").iter();
        let leaks: Vec<(&Gathered, Measurements)> = leaks
            .map(|artifact| Ok((artifact, Measurements::read(&artifact.path, ALL)?)))
            .collect::<Result<_, Issue>>()?;
        let mut rows = Rows::new();
        for artifact in ctx.gathered("metrics") {
            let row = self.rows.iter().map(|axis| axis_value(artifact, axis).cloned());
            let row = row.collect::<Result<Vec<_>, _>>()?;
            let side = self.side(artifact)?;
            let mut others = artifact.cell.clone();
            others.remove(&self.axis);
            let of_its_split = leaks.iter().find(|(leak, _)| is_part(&leak.cell, &artifact.cell));
            let run = Run {
                measurements: Measurements::read(&artifact.path, &self.class)?,
                leaks: of_its_split.map(|(_, leaks)| leaks.values.clone()).unwrap_or_default(),
            };
            rows.entry(row).or_default().entry(others).or_default()[side] = Some(run);
        }
        let runs = || rows.values().flat_map(BTreeMap::values).flatten().flatten();
        check_names("columns", &self.columns, runs().flat_map(|run| run.measurements.names()))?;
        check_names("leaks", &self.leaks, runs().flat_map(|run| run.leaks.keys()))?;
        side_by_side::write(ctx, &self.table(&rows))
    }
}

/// Runs by row, then by all axes but the one that is judged.
type Rows = BTreeMap<Vec<Scalar>, BTreeMap<contract::Cell, [Option<Run>; 2]>>;

/// A run under one of the two values.
struct Run {
    measurements: Measurements,
    /// Numbers of leaks in its split.
    leaks: BTreeMap<String, f64>,
}

impl Gap {
    /// Returns under which of the two values a run was made.
    fn side(&self, artifact: &Gathered) -> Result<usize, Issue> {
        let value = axis_value(artifact, &self.axis)?.to_string();
        self.between.iter().position(|known| *known == value).ok_or_else(|| {
            let [first, second] = &self.between;
            Issue::new(format!("its `{}` is {value}, not {first} or {second}", self.axis))
                .file(&artifact.path)
                .help("gather the cells of these two alone")
        })
    }

    fn table(&self, rows: &Rows) -> PaperTable {
        let name = |row: &Vec<Scalar>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let [first, second] = &self.between;
        let metrics = self
            .columns
            .iter()
            .flat_map(|metric| [first, second, "gap"].map(|part| format!("{metric} {part}")));
        let names: Vec<String> = rows.keys().map(name).collect();
        let networks = rows.iter().flat_map(|(row, pairs)| {
            let runs = pairs.values().flatten().flatten();
            runs.map(move |run| (name(row), run.measurements.network.as_ref()))
        });
        let cells = rows.values().flat_map(BTreeMap::keys);
        let mut caption = vec![format!("Gap: {first} minus {second}.")];
        caption
            .extend(Settings::of_cells(cells, &|axis| self.rows.iter().any(|row| row == axis)).sentences());
        if !self.leaks.is_empty() {
            caption.push(format!(
                "Beside it, test samples that the training part gives away under {first}, and their share of all."
            ));
        }
        PaperTable {
            head: self.rows.join(", "),
            columns: metrics.chain(self.leaks.iter().cloned()).collect(),
            cells: rows.values().flat_map(|pairs| self.cells(pairs)).collect(),
            caption,
            scalings: scalings_of(networks, &names),
            rows: names,
        }
    }

    fn cells(&self, pairs: &BTreeMap<contract::Cell, [Option<Run>; 2]>) -> Vec<Cell> {
        let networks = pairs.values().flatten().flatten().filter_map(|run| run.measurements.network.as_ref());
        let scaled = networks.into_iter().any(|network| network.scaled);
        let metrics = self.columns.iter().flat_map(|metric| {
            let value = |run: &Option<Run>| run.as_ref()?.measurements.values.get(metric).copied();
            let side = |side: usize| {
                let values: Vec<f64> = pairs.values().filter_map(|pair| value(&pair[side])).collect();
                let runs = pairs.values().filter(|pair| pair[side].is_some()).count();
                Cell::of_numbers(None, Spread::of(&values)).of_runs(runs)
            };
            let gaps = pairs.values().filter_map(|[first, second]| Some(value(first)? - value(second)?));
            let whole = pairs.values().filter(|pair| pair.iter().all(Option::is_some)).count();
            let gap = gap(&gaps.collect::<Vec<_>>()).of_runs(whole);
            [side(0), side(1), gap].map(|cell| Cell { scaled, ..cell })
        });
        let leaks = self.leaks.iter().map(|leak| {
            let runs = pairs.values().filter_map(|[first, _]| first.as_ref());
            let values = |name: &str| -> Vec<f64> {
                runs.clone().filter_map(|run| run.leaks.get(name).copied()).collect()
            };
            share(&values(leak), &values(&format!("{leak}-share")))
        });
        metrics.chain(leaks).collect()
    }
}

/// Returns the cell of the mean of differences.
fn gap(values: &[f64]) -> Cell {
    let Some(Spread { count, mean, sd }) = Spread::of(values) else { return Cell::of_numbers(None, None) };
    let ours_text = numeral::difference_with_spread(mean, sd);
    Cell { mean: Some(mean), sd, seeds: count, ours_text, ..Cell::default() }
}

/// Returns the cell of a share of the test samples, whose number is printed before it.
fn share(counts: &[f64], shares: &[f64]) -> Cell {
    let Some((number, share)) = Spread::of(counts).zip(Spread::of(shares)) else {
        return Cell::of_numbers(None, None);
    };
    Cell {
        mean: Some(share.mean),
        sd: share.sd,
        seeds: share.count,
        ours_text: format!("{:.0} ({:.1} %)", number.mean, 100.0 * share.mean),
        ..Cell::default()
    }
}

/// Returns whether `cell` has each of the values of `part`.
fn is_part(part: &contract::Cell, cell: &contract::Cell) -> bool {
    part.iter().all(|(axis, value)| cell.get(axis) == Some(value))
}

/// Checks that each name is known of at least one run.
fn check_names<'a>(
    parameter: &str,
    names: &[String],
    known: impl Iterator<Item = &'a String>,
) -> Result<(), Issue> {
    let known: BTreeSet<&str> = known.map(String::as_str).collect();
    let Some(name) = names.iter().find(|name| !known.contains(name.as_str())) else { return Ok(()) };
    let known: Vec<&str> = known.into_iter().collect();
    let help = match &known[..] {
        [] => "there is none".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    Err(Issue::new(format!("`{parameter}`: no run has {name:?}")).help(help))
}
