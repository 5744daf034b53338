use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::key::Key;
use crate::manifest::problem::nearest;
use crate::plan::{Pick, parse_values};
use crate::run::{History, Project};

/// Different values that are shown of what many cells differ in.
const SHOWN: usize = 6;

/// What was asked for: a stage run, an output of one, or a number of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    text: String,
    stage: String,
    /// What stands in brackets.
    picks: Vec<Pick>,
    /// What stands behind dots.
    pub(super) rest: Vec<String>,
}

impl Asked {
    /// Reads `stage[axis=value,…].port`, or `table.row.column`, which may be written `table[row=…,column=…]`.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::usage(format!("error: '{text}': {why}"));
        let end = text.find(['[', '.']).unwrap_or(text.len());
        let (stage, behind) = text.split_at(end);
        let (inner, dots) = match behind.strip_prefix('[') {
            None => ("", behind),
            Some(behind) => behind.rsplit_once(']').ok_or_else(|| refuse("the bracket is not closed"))?,
        };
        let pick =
            |part: &str| Pick::parse(part).ok_or_else(|| refuse(&format!("`{part}` is not axis=value")));
        let parts = inner.split(',').filter(|part| !part.is_empty() && *part != "*");
        let picks = parts.map(pick).collect::<Result<_, _>>()?;
        let rest = dots.split('.').skip(1).map(str::to_owned).collect();
        Ok(Self { text: text.to_owned(), stage: stage.to_owned(), picks, rest })
    }

    /// Returns the stage runs that are meant: as the last runs of the profile left them, of the cells that there are now.
    pub(super) fn units(
        &self,
        project: &Project,
        history: &History,
        is_planned: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(String, Key)>, Failure> {
        let fits = |id: &str| {
            let Some(cell) = cell(id) else { return id.ends_with(&format!("[{}]", self.inner())) };
            self.picks.iter().all(|pick| cell.get(&pick.axis).is_none_or(|own| pick.takes(own)))
        };
        let mut units: Vec<(String, Key)> = history
            .all()
            .filter(|(id, _)| stage_of(id) == self.stage && fits(id))
            .map(|(id, key)| (id.to_owned(), key))
            .collect();
        if units.iter().any(|(id, _)| is_planned(id)) {
            units.retain(|(id, _)| is_planned(id));
        }
        if !units.is_empty() {
            return Ok(units);
        }
        let known = project.pipeline.stages.iter().map(|stage| stage.name.as_str());
        let message = if let Some(id) = self.target(project) {
            format!("error: '{id}' has not run yet: osteon run '{id}'")
        } else {
            let help = nearest(&self.stage, known).map_or(String::new(), |help| format!("; {help}"));
            format!("error: '{}': there is no stage `{}`, and no run had one{help}", self.text, self.stage)
        };
        Err(Failure::usage(message))
    }

    /// Returns what a run would be asked for, if there is such a stage.
    pub(super) fn target(&self, project: &Project) -> Option<String> {
        let stage = project.pipeline.stage(&self.stage).map(|_| &self.stage)?;
        let picks = self.inner();
        Some(if picks.is_empty() { stage.clone() } else { format!("{stage}[{picks}]") })
    }

    fn inner(&self) -> String {
        let bracket = self.text.find('[').map_or("", |open| &self.text[open + 1..]);
        bracket.rsplit_once(']').map_or("", |(inner, _)| inner).to_owned()
    }

    /// Returns the values that name a number in the table of the unit called `id`, each with its axis if it has one.
    ///
    /// Of an axis all values may be asked for: then there is none.
    pub(super) fn of_number(&self, id: &str) -> Vec<(Option<&str>, Option<&str>)> {
        let own = cell(id);
        // Of an id that was cut short all that stands in the brackets is its own.
        let is_beyond = |axis: &String| own.as_ref().is_some_and(|own| !own.contains_key(axis));
        let beyond = self.picks.iter().filter(|pick| is_beyond(&pick.axis));
        let beyond = beyond.map(|Pick { axis, value }| {
            let axis = Some(axis.as_str()).filter(|axis| !["row", "column"].contains(axis));
            (axis, value.as_deref())
        });
        beyond.chain(self.rest.iter().map(|value| (None, Some(value.as_str())))).collect()
    }
}

/// Returns the stage of an id.
pub(super) fn stage_of(id: &str) -> &str {
    id.split_once('[').map_or(id, |(stage, _)| stage)
}

/// Reads the cell of an id as it is printed; one that was cut short cannot be read.
pub(super) fn cell(id: &str) -> Option<BTreeMap<String, String>> {
    let Some((_, inner)) = id.split_once('[') else { return Some(BTreeMap::new()) };
    parse_values(inner.trim_end_matches(']'))
}

/// Writes how many cells there are, and the values of their axes.
pub(super) fn count<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let mut number = 0;
    let mut axes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in ids {
        number += 1;
        for (axis, value) in cell(id).into_iter().flatten() {
            let values = axes.entry(axis).or_default();
            values.extend((!values.contains(&value)).then_some(value));
        }
    }
    let axes: Vec<String> =
        axes.into_iter().map(|(axis, values)| format!("{axis}={}", some(values.into_iter(), "|"))).collect();
    format!("{number} cells ({})", axes.join(", "))
}

/// Joins what is different among some values, of many the first.
pub(super) fn some(values: impl Iterator<Item = String>, between: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    values.for_each(|value| shown.extend((!shown.contains(&value)).then_some(value)));
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    let text = shown.join(between);
    if more > 0 { format!("{text}{between}… ({more} more)") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> (String, Vec<Pick>, Vec<String>) {
        let asked = Asked::parse(text).unwrap();
        (asked.stage, asked.picks, asked.rest)
    }

    #[test]
    fn a_dot_in_the_brackets_is_part_of_a_value() {
        let picks = vec![Pick { axis: "rate".to_owned(), value: Some("0.1".to_owned()) }];
        assert_eq!(asked("fit[rate=0.1].score"), ("fit".to_owned(), picks, vec!["score".to_owned()]));
        assert_eq!(asked("t.d2.auc"), ("t".to_owned(), vec![], vec!["d2".to_owned(), "auc".to_owned()]));
        assert_eq!(asked("fit[*]"), ("fit".to_owned(), vec![], vec![]));
    }

    #[test]
    fn what_is_no_axis_of_the_table_itself_names_a_number_in_it() {
        let asked = Asked::parse("table[fold=1,row=d2,data=d1].auc").unwrap();
        let named = asked.of_number("table[fold=1]");
        assert_eq!(named, [(None, Some("d2")), (Some("data"), Some("d1")), (None, Some("auc"))]);
    }

    #[test]
    fn a_bracket_that_is_not_closed_is_refused() {
        assert!(Asked::parse("fit[seed=1").is_err());
        assert!(Asked::parse("fit[seed]").is_err());
    }
}
