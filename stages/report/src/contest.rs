use std::path::Path;

use contract::{Issue, Scalar};
use table::{Class, Comparison, Prediction};

use crate::delong::{DeLong, Placements};
use crate::holm::holm;
use crate::mcnemar::mcnemar;
use crate::predictions::predictions;

/// A classifier that is compared with others on the same samples.
pub(crate) struct Contestant<'a> {
    /// Value of the axis that is compared.
    pub(crate) name: &'a Scalar,
    path: &'a Path,
    predictions: Vec<Prediction>,
    placements: Option<Placements>,
}

impl<'a> Contestant<'a> {
    /// Reads the answers of a classifier.
    pub(crate) fn read(name: &'a Scalar, path: &'a Path) -> Result<Self, Issue> {
        let mut predictions = predictions(path)?;
        predictions.sort_by(|a, b| a.sample_id.cmp(&b.sample_id));
        let placements = Placements::of(&predictions);
        Ok(Self { name, path, predictions, placements })
    }

    fn right(&self) -> impl Iterator<Item = bool> {
        self.predictions.iter().map(|sample| sample.predicted == sample.label)
    }
}

/// Returns all tests of all pairs of contestants; `cell` names the cell that they share.
///
/// # Errors
/// If two contestants did not answer the same samples.
pub(crate) fn comparisons(cell: &str, contestants: &[Contestant<'_>]) -> Result<Vec<Comparison>, Issue> {
    let mut all = Vec::new();
    for (at, first) in contestants.iter().enumerate() {
        for second in &contestants[at + 1..] {
            same_samples(first, second)?;
            all.extend(tests(cell, first, second));
        }
    }
    // The tests of each pair come in the same order, so that every so many belong to one family.
    let tests_of_a_pair = 2 + Class::ALL.len();
    for family in 0..tests_of_a_pair {
        let members = all.iter_mut().skip(family).step_by(tests_of_a_pair).filter(|test| test.p.is_some());
        let members: Vec<&mut Comparison> = members.collect();
        let chances: Vec<f64> = members.iter().filter_map(|test| test.p).collect();
        for (test, p) in members.into_iter().zip(holm(&chances)) {
            test.p_holm = Some(p);
        }
    }
    Ok(all)
}

/// Returns `McNemar`'s test of a pair, `DeLong`'s for each class against the rest, and `DeLong`'s for their mean.
fn tests(cell: &str, first: &Contestant<'_>, second: &Contestant<'_>) -> Vec<Comparison> {
    let row = |test: &str, class: &str, difference, statistic, p| Comparison {
        cell: cell.to_owned(),
        first: first.name.to_string(),
        second: second.name.to_string(),
        test: test.to_owned(),
        class: class.to_owned(),
        difference,
        statistic,
        p,
        p_holm: None,
    };
    let answers: Vec<(bool, bool)> = first.right().zip(second.right()).collect();
    let count =
        |wanted: (bool, bool)| -> u32 { answers.iter().map(|answer| u32::from(*answer == wanted)).sum() };
    let alone = [count((true, false)), count((false, true))];
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let gained = (f64::from(alone[0]) - f64::from(alone[1])) / answers.len() as f64;
    let test = mcnemar(alone[0], alone[1]);
    let name = if test.exact { "mcnemar-exact" } else { "mcnemar-chi-squared" };
    let mut rows = vec![row(name, "macro", Some(gained), Some(test.statistic), Some(test.p))];

    let placements = first.placements.as_ref().zip(second.placements.as_ref());
    let mut delong = |class: &str, test: Option<DeLong>| {
        let statistic = test.and_then(|test| test.statistic);
        rows.push(row("delong", class, test.map(|test| test.difference), statistic, test.map(|test| test.p)));
    };
    for class in Class::ALL {
        delong(class.as_str(), placements.map(|(first, second)| first.compare(second, *class)));
    }
    delong("macro", placements.map(|(first, second)| first.compare_means(second)));
    rows
}

fn same_samples(first: &Contestant<'_>, second: &Contestant<'_>) -> Result<(), Issue> {
    let samples = |contestant: &Contestant<'_>| -> Vec<(String, Class)> {
        contestant.predictions.iter().map(|sample| (sample.sample_id.clone(), sample.label)).collect()
    };
    if samples(first) == samples(second) {
        return Ok(());
    }
    let message = format!("its samples are not those of {}", second.path.display());
    Err(Issue::new(message).file(first.path).help("compare classifiers that were tested on one split"))
}
