use std::collections::BTreeSet;

use crate::{Metadata, Metric};

/// Metadata key under which a table of metrics names those that have no value.
const KEY: &str = "undefined";
/// Stands between two of them.
const BETWEEN: &str = ", ";

/// Names in the metadata of a table `metrics` those of `expected`, each after its class, that are not among `rows`
/// because nothing defines them: a rate of no images, say. Where there is none, nothing is added.
///
/// So who reads the table tells a metric without a value from a name that no metric has.
pub fn tell_undefined(metadata: &mut Metadata, rows: &[Metric], expected: &[(&str, &str)]) {
    let is_there =
        |(class, metric): &(&str, &str)| rows.iter().any(|row| row.class == *class && row.metric == *metric);
    let missing = expected.iter().filter(|name| !is_there(name));
    let missing: Vec<String> = missing.map(|(class, metric)| format!("{class} {metric}")).collect();
    if !missing.is_empty() {
        metadata.insert(KEY.to_owned(), missing.join(BETWEEN));
    }
}

/// Returns the metrics of `class` that the metadata of a table `metrics` names as undefined.
pub fn undefined(metadata: &Metadata, class: &str) -> BTreeSet<String> {
    let names = metadata.get(KEY).into_iter().flat_map(|names| names.split(BETWEEN));
    let pairs = names.filter_map(|name| name.split_once(' '));
    pairs.filter(|(of, _)| *of == class).map(|(_, metric)| metric.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_and_not_there_is_named_by_its_class() {
        let rows = [Metric { class: "normal".to_owned(), metric: "auc".to_owned(), value: 0.5 }];
        let mut metadata = Metadata::new();
        tell_undefined(&mut metadata, &rows, &[("normal", "auc")]);
        assert_eq!(metadata, Metadata::new());
        tell_undefined(&mut metadata, &rows, &[("normal", "auc"), ("both", "first"), ("macro", "auc")]);
        assert_eq!(metadata["undefined"], "both first, macro auc");
        assert_eq!(undefined(&metadata, "macro"), BTreeSet::from(["auc".to_owned()]));
        assert_eq!(undefined(&metadata, "normal"), BTreeSet::new());
    }
}
