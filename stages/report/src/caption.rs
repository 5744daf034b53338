use std::collections::{BTreeMap, BTreeSet};

use contract::{Cell, Scalar};

use crate::Scaling;
use crate::network::Network;
use crate::runs::Run;

/// The values that the runs of a table have on each axis but those that make its rows.
pub(crate) struct Settings<'a>(BTreeMap<&'a str, BTreeSet<&'a Scalar>>);

impl<'a> Settings<'a> {
    /// Collects the values.
    pub(crate) fn of(runs: &[Run<'a>], rows: &str) -> Self {
        Self::of_cells(runs.iter().map(|run| &run.artifact.cell), &|axis| axis == rows)
    }

    /// Collects the values of cells on all axes but those that make the rows.
    pub(crate) fn of_cells(cells: impl Iterator<Item = &'a Cell>, makes_rows: &dyn Fn(&str) -> bool) -> Self {
        let mut values = BTreeMap::<_, BTreeSet<_>>::new();
        for (axis, value) in cells.flatten().filter(|(axis, _)| !makes_rows(axis)) {
            values.entry(axis.as_str()).or_default().insert(value);
        }
        Self(values)
    }

    /// Returns the axes over which means go.
    pub(crate) fn averaged(&self) -> Vec<&'a str> {
        self.0.iter().filter(|(_, values)| values.len() > 1).map(|(axis, _)| *axis).collect()
    }

    /// Returns the sentence that tells the axes on which all runs have the same value, if there are any.
    pub(crate) fn fixed(&self) -> Option<String> {
        let axes = self.list(false);
        (!axes.is_empty()).then(|| format!("All with {}.", axes.join("; ")))
    }

    /// Returns the axes on which runs have several values, or one, with these.
    fn list(&self, many: bool) -> Vec<String> {
        let axes = self.0.iter().filter(|(_, values)| (values.len() > 1) == many);
        axes.map(|(axis, values)| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("{axis} = {}", values.join(", "))
        })
        .collect()
    }

    /// Returns the sentences that say which runs a table is made of.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let averaged = self.list(true);
        let mean = format!("Mean ± sample standard deviation over {}.", averaged.join("; "));
        let mean = (!averaged.is_empty()).then_some(mean);
        mean.into_iter().chain(self.fixed()).collect()
    }
}

/// Returns the distinct ways in which the networks behind `runs` are scaled, each with its rows.
pub(crate) fn scalings(runs: &[Run<'_>], rows: &[String]) -> Vec<Scaling> {
    scalings_of(runs.iter().map(|run| (run.row.to_string(), run.measurements.network.as_ref())), rows)
}

/// Returns the distinct ways in which `networks`, each with its row, are scaled, each with its rows.
pub(crate) fn scalings_of<'a>(
    networks: impl Iterator<Item = (String, Option<&'a Network>)>,
    rows: &[String],
) -> Vec<Scaling> {
    let mut found = BTreeMap::<&str, BTreeSet<String>>::new();
    for (row, network) in networks {
        if let Some(network) = network.filter(|network| network.scaled) {
            found.entry(network.scaling.as_str()).or_default().insert(row);
        }
    }
    let scaling = |(text, scaled): (&str, BTreeSet<String>)| Scaling {
        text: text.to_owned(),
        rows: rows.iter().filter(|row| scaled.contains(*row)).cloned().collect(),
    };
    found.into_iter().map(scaling).collect()
}
