use std::collections::{BTreeMap, BTreeSet};

use contract::{Gathered, Issue, Scalar};

use crate::network::network;

/// Returns the sentence that names the cells from which a figure is drawn, if these have axes.
pub(super) fn settings(artifacts: &[&Gathered]) -> Option<String> {
    let mut axes = BTreeMap::<&str, BTreeSet<&Scalar>>::new();
    for (axis, value) in artifacts.iter().flat_map(|artifact| &artifact.cell) {
        axes.entry(axis).or_default().insert(value);
    }
    let axis = |(axis, values): (&str, BTreeSet<&Scalar>)| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        format!("{axis} = {}", values.join(", "))
    };
    let axes: Vec<String> = axes.into_iter().map(axis).collect();
    (!axes.is_empty()).then(|| format!("Drawn from {}.", axes.join("; ")))
}

/// Returns the sentence that says in what the networks are smaller than the paper's, if any is.
pub(super) fn scaled(artifacts: &[&Gathered]) -> Result<Option<String>, Issue> {
    let mut scalings = BTreeSet::new();
    for artifact in artifacts {
        if let Some(network) = network(&artifact.path, &table::metadata(&artifact.path)?)?
            && network.scaled
        {
            scalings.insert(network.scaling);
        }
    }
    let scalings: Vec<String> = scalings.into_iter().collect();
    Ok((!scalings.is_empty()).then(|| format!("Ours are scaled networks: {}.", scalings.join("; "))))
}
