use std::collections::BTreeSet;

use contract::{Cell, Scalar};

use super::cells::Cells;
use super::substitute::typed;
use super::unit::cell_name;
use crate::failure::Failure;
use crate::manifest::Pipeline;
use crate::manifest::name::{escape, unescape};
use crate::manifest::problem::nearest;

/// Values of an axis that are listed where another was asked for.
const MOST_VALUES: usize = 12;

/// Characters of such a value.
const LONGEST_VALUE: usize = 60;

/// What was asked for on the command line: `stage`, or `stage[axis=value,…]`.
#[derive(Clone, Debug)]
pub struct Target {
    text: String,
    stage: usize,
    picks: Vec<Pick>,
    /// The name of a cell that was cut short, as ids print it.
    short: Option<String>,
}

/// What is asked of one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The axis.
    pub axis: String,
    /// Its value; every value if there is none.
    pub value: Option<String>,
}

impl Pick {
    /// Reads `axis=value` or `axis=*`; a value that is a star itself is written `%2A`.
    pub fn parse(text: &str) -> Option<Self> {
        let (axis, value) = text.split_once('=')?;
        let value = value.trim();
        Some(Self { axis: axis.trim().to_owned(), value: (value != "*").then(|| unescape(value)) })
    }

    /// Returns whether a value of the axis is meant.
    pub fn takes(&self, value: &str) -> bool {
        self.value.as_deref().is_none_or(|own| own == value)
    }
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// If no stage is called so, or the brackets cannot be read.
    pub fn parse(text: &str, pipeline: &Pipeline) -> Result<Self, Failure> {
        let refuse = |why: String| Failure::usage(format!("error: the target '{text}': {why}"));
        if let Some((unit, port)) = text.rsplit_once('.')
            && !port.contains(']')
            && pipeline.stage(unit.split('[').next().unwrap_or(unit)).is_some()
        {
            return Err(refuse(format!(
                "`{port}` is an output; what is asked for is what makes it: '{unit}'"
            )));
        }
        let (name, inner) = match text.split_once('[') {
            Some((name, rest)) => {
                let inner =
                    rest.strip_suffix(']').ok_or_else(|| refuse("the bracket is not closed".into()))?;
                (name, Some(inner))
            }
            None => (text, None),
        };
        let stage = pipeline.stage(name).ok_or_else(|| {
            let known = pipeline.stages.iter().map(|stage| stage.name.as_str());
            let help = nearest(name, known).map_or(String::new(), |help| format!("; {help}"));
            refuse(format!("there is no stage `{name}`{help}"))
        })?;
        let pick =
            |part: &str| Pick::parse(part).ok_or_else(|| refuse(format!("`{part}` is not axis=value")));
        // A `~` in a value is escaped: one that stands here begins a digest.
        let short = inner.filter(|inner| inner.contains('~')).map(str::to_owned);
        let picks = match inner {
            _ if short.is_some() => Vec::new(),
            None | Some("*") => Vec::new(),
            Some(inner) => inner.split(',').map(pick).collect::<Result<_, _>>()?,
        };
        Ok(Self { text: text.to_owned(), stage, picks, short })
    }

    /// Returns the position of its stage.
    pub fn stage(&self) -> usize {
        self.stage
    }

    /// Returns whether `cell` is meant.
    pub fn matches(&self, cell: &Cell) -> bool {
        if let Some(short) = &self.short {
            return cell_name(cell) == *short;
        }
        let is_met = |pick: &Pick| match (&pick.value, cell.get(&pick.axis)) {
            (None, _) => true,
            (Some(value), found) => found == Some(&Scalar::Text(value.clone())),
        };
        self.picks.iter().all(is_met)
    }

    /// Returns the cell of an open grid that is wholly named, typed as TOML would.
    pub(super) fn whole(&self, cells: &Cells) -> Option<Cell> {
        let value = |axis: &String| self.picks.iter().find(|pick| pick.axis == *axis)?.value.as_deref();
        cells.axes.iter().map(|axis| Some((axis.clone(), typed(value(axis)?)))).collect()
    }

    /// Returns what is wrong with the axes that it names, if anything is.
    pub(super) fn check(&self, cells: &Cells) -> Result<(), Failure> {
        match self.picks.iter().map(|pick| &pick.axis).find(|axis| cells.lacks(axis)) {
            None => Ok(()),
            Some(axis) => {
                let help = nearest(axis, cells.axes.iter().map(String::as_str));
                let help = help.map_or(String::new(), |help| format!("; {help}"));
                Err(Failure::usage(format!(
                    "error: the target '{}': there is no axis `{axis}`{help}",
                    self.text
                )))
            }
        }
    }

    /// Returns the failure that no cell is meant.
    pub(super) fn nothing(&self, cells: &Cells) -> Failure {
        let why = match &cells.closed {
            None => "name every axis of its open grid, as in stage[axis=value]".to_owned(),
            Some(closed) if closed.is_empty() => "its grid is empty".to_owned(),
            Some(closed) => self.stranger(closed).unwrap_or_else(|| "no such cell".to_owned()),
        };
        Failure::usage(format!("error: the target '{}': {why}", self.text))
    }

    /// Returns which value that it names no cell has, and those that there are.
    fn stranger(&self, cells: &[Cell]) -> Option<String> {
        let is_met = |pick: &Pick, cell: &Cell| {
            cell.get(&pick.axis).is_some_and(|value| pick.takes(&value.to_string()))
        };
        let pick = self.picks.iter().find(|pick| !cells.iter().any(|cell| is_met(pick, cell)))?;
        let known: BTreeSet<&Scalar> = cells.iter().filter_map(|cell| cell.get(&pick.axis)).collect();
        let first: Vec<String> = known.iter().take(MOST_VALUES).map(|value| shown(value)).collect();
        let more = match known.len() - first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (axis, value) = (&pick.axis, pick.value.as_deref().unwrap_or("*"));
        Some(format!("no cell has {axis}={value}; there are {}{more}", first.join(", ")))
    }
}

/// Writes a value as it can be asked for; of a long one, its beginning.
fn shown(value: &Scalar) -> String {
    let text = value.to_string();
    let whole = escape(&text);
    match whole.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None if whole.is_empty() => "an empty text".to_owned(),
        None => whole.into_owned(),
    }
}
