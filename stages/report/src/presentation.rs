use std::collections::BTreeMap;

use contract::Issue;
use serde::{Deserialize, Serialize};

use crate::Cell;
use crate::tolerance::Tolerance;

/// What changes how a table is printed and nothing else; it is read when the table is printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Presentation {
    /// Title above the table.
    pub title: Option<String>,
    /// Printed names of rows and columns.
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.column`.
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from the published value before the claim counts as missed.
    pub tolerance: Option<Tolerance>,
}

/// How a claim fares under a tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is no tolerance, or no claim.
    Open,
    /// The difference is within the tolerance, or the texts are equal.
    Held,
    /// It is not.
    Missed,
    /// There is a claim, and no value of ours.
    NotRun,
}

impl Presentation {
    /// Returns the printed name of a row or a column.
    pub(crate) fn label<'a>(&'a self, name: &'a str) -> &'a str {
        self.labels.get(name).map_or(name, String::as_str)
    }

    /// Returns the remarks on a cell: its own, then the one given here.
    pub(crate) fn notes<'a>(
        &'a self,
        row: &str,
        column: &str,
        cell: &'a Cell,
    ) -> impl Iterator<Item = &'a str> {
        let own = Some(cell.note.as_str()).filter(|note| !note.is_empty());
        own.into_iter().chain(self.notes.get(&format!("{row}.{column}")).map(String::as_str))
    }

    /// Returns how far ours may be from what is published in a row, if that is judged.
    pub(crate) fn tolerance(&self, row: &str) -> Option<f64> {
        self.tolerance.as_ref()?.of(row)
    }

    /// Returns how the claim of a cell fares: numbers by their difference, texts by whether they are told to differ.
    pub(crate) fn verdict(&self, row: &str, cell: &Cell) -> Verdict {
        let Some(tolerance) = self.tolerance(row) else { return Verdict::Open };
        match cell.difference {
            Some(difference) if difference.abs() <= tolerance => Verdict::Held,
            Some(_) => Verdict::Missed,
            None if !cell.difference_text.is_empty() => Verdict::Missed,
            None if cell.published_text.is_empty() => Verdict::Open,
            None if cell.seeds == 0 => Verdict::NotRun,
            None => Verdict::Held,
        }
    }
}

/// Checks that no name stands in a list twice.
///
/// # Errors
/// Names the parameter and the first that does.
pub(crate) fn check_once(parameter: &str, names: &[String]) -> Result<(), Issue> {
    let again = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name));
    again.map_or(Ok(()), |(_, name)| Err(Issue::new(format!("`{parameter}`: {name:?} stands there twice"))))
}

/// Checks that every note belongs to a cell of `rows` and `columns`.
///
/// # Errors
/// Names the first note that does not.
pub(crate) fn check_notes<'a>(
    notes: &BTreeMap<String, String>,
    rows: impl Iterator<Item = &'a str> + Clone,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Issue> {
    let belongs = |note: &str| {
        rows.clone().any(|row| {
            let column = note.strip_prefix(row).and_then(|rest| rest.strip_prefix('.'));
            column.is_some_and(|column| columns.clone().any(|known| known == column))
        })
    };
    notes.keys().find(|note| !belongs(note)).map_or(Ok(()), |note| {
        Err(Issue::new(format!("`notes`: {note:?} belongs to no claim"))
            .help("a note is named `row.column`, with a published row and one of the columns"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_judged_by_its_difference_where_its_row_has_a_tolerance() {
        let cell = |difference| Cell { difference, ..Cell::default() };
        let tolerance = Tolerance::Rows(BTreeMap::from([("d1".to_owned(), 0.05)]));
        let presentation = Presentation { tolerance: Some(tolerance), ..Presentation::default() };
        assert_eq!(presentation.verdict("d1", &cell(Some(-0.05))), Verdict::Held);
        assert_eq!(presentation.verdict("d1", &cell(Some(0.0501))), Verdict::Missed);
        assert_eq!(presentation.verdict("d1", &cell(None)), Verdict::Open);
        assert_eq!(presentation.verdict("d2", &cell(Some(1.0))), Verdict::Open);
        let claim = Cell { published_text: "0.5000".to_owned(), ..Cell::default() };
        assert_eq!(presentation.verdict("d1", &claim), Verdict::NotRun);
        assert_eq!(Presentation::default().verdict("d1", &cell(Some(1.0))), Verdict::Open);
    }

    #[test]
    fn a_text_is_judged_by_whether_it_differs() {
        let presentation = Presentation { tolerance: Some(Tolerance::Table(0.0)), ..Presentation::default() };
        let adam = Cell { seeds: 1, published_text: "Adam".to_owned(), ..Cell::default() };
        assert_eq!(presentation.verdict("optimizer", &adam), Verdict::Held);
        let other = Cell { difference_text: "differs".to_owned(), ..adam };
        assert_eq!(presentation.verdict("optimizer", &other), Verdict::Missed);
    }

    #[test]
    fn a_note_without_its_cell_is_named() {
        let notes = |name: &str| BTreeMap::from([(name.to_owned(), "text".to_owned())]);
        let check = |name: &str| check_notes(&notes(name), ["0.1", "d1"].into_iter(), ["f1"].into_iter());
        assert_eq!(check("0.1.f1"), Ok(()));
        assert_eq!(check("d1.f1"), Ok(()));
        let issue = check("d2.f1").expect_err("there is no row d2");
        assert_eq!(issue.message, "`notes`: \"d2.f1\" belongs to no claim");
    }
}
