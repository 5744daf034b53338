use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use contract::Issue;
use serde_json::Value;
use table::Metric;

use crate::network::{Network, network};

/// The metrics in one file, and the network behind them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measurements {
    /// Values by metric; all are finite.
    pub(crate) values: BTreeMap<String, f64>,
    /// Metrics that the file names as undefined.
    pub(crate) undefined: BTreeSet<String>,
    /// The network, if the file describes one.
    pub(crate) network: Option<Network>,
}

impl Measurements {
    /// Returns the names of all metrics, those without a value included.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.values.keys().chain(&self.undefined)
    }

    /// Reads the metrics of `class` from a Parquet table `metrics`, or all metrics of a command: a JSON object of
    /// numbers, or CSV with the columns `metric` and `value`.
    pub(crate) fn read(file: &Path, class: &str) -> Result<Self, Issue> {
        let measurements = match file.extension().and_then(|ending| ending.to_str()) {
            Some("parquet") => parquet(file, class)?,
            Some("json") => Self { values: json(file)?, ..Self::default() },
            Some("csv") => Self { values: csv(file)?, ..Self::default() },
            _ => {
                return Err(Issue::new("holds metrics in an unknown form").file(file).help(
                    "a file of metrics ends in .parquet (a table of metrics), .json ({\"metric\": value}) or \
                     .csv (metric,value)",
                ));
            }
        };
        let broken = measurements.values.iter().find(|(_, value)| !value.is_finite());
        broken
            .map_or(Ok(()), |(metric, value)| Err(Issue::new(format!("`{metric}` is {value}")).file(file)))?;
        Ok(measurements)
    }
}

fn parquet(file: &Path, class: &str) -> Result<Measurements, Issue> {
    let rows: Vec<Metric> = table::read(file)?;
    let values =
        rows.into_iter().filter(|row| row.class == class).map(|row| (row.metric, row.value)).collect();
    let metadata = table::metadata(file)?;
    let undefined = table::undefined(&metadata, class);
    Ok(Measurements { values, undefined, network: network(file, &metadata)? })
}

fn json(file: &Path) -> Result<BTreeMap<String, f64>, Issue> {
    let help = "write one object of numbers: {\"auc\": 0.93, \"accuracy\": 0.77}";
    let object: BTreeMap<String, Value> = serde_json::from_str(&text(file)?).map_err(|error| {
        Issue::new(format!("is no JSON object of metrics: {error}")).file(file).help(help)
    })?;
    let number = |(metric, value): (String, Value)| match value.as_f64() {
        Some(number) => Ok((metric, number)),
        None => Err(Issue::new(format!("`{metric}` is {value}, no number")).file(file).help(help)),
    };
    object.into_iter().map(number).collect()
}

fn csv(file: &Path) -> Result<BTreeMap<String, f64>, Issue> {
    let wrong = |line: usize, problem: &str| {
        Issue::new(format!("line {}: {problem}", line + 1)).file(file).help("write two columns: metric,value")
    };
    let text = text(file)?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map(|(_, line)| line.split(',').map(str::trim).collect::<Vec<_>>());
    if header.as_deref() != Some(&["metric", "value"]) {
        return Err(wrong(0, "the header is not `metric,value`"));
    }
    let mut values = BTreeMap::new();
    for (index, line) in lines {
        let (metric, value) = line.split_once(',').ok_or_else(|| wrong(index, "there is no comma"))?;
        let value =
            value.trim().parse().map_err(|_| wrong(index, &format!("{:?} is no number", value.trim())))?;
        if values.insert(metric.trim().to_owned(), value).is_some() {
            return Err(wrong(index, &format!("`{}` appears twice", metric.trim())));
        }
    }
    Ok(values)
}

fn text(file: &Path) -> Result<String, Issue> {
    fs::read_to_string(file).map_err(|error| Issue::new(format!("cannot be read: {error}")).file(file))
}
