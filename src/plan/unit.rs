use std::collections::BTreeMap;
use std::fmt::Write;

use contract::{Bound, Cell, Digest};

use super::substitute::typed;
use crate::manifest::name::{escape, unescape};
use crate::manifest::needs::Needs;
use crate::manifest::value::Value;
use crate::manifest::{Pipeline, Problem, Stage};

/// What is to be done: a sealed acyclic graph of units.
#[derive(Default)]
pub struct Plan {
    /// The units, by position.
    pub units: Vec<Unit>,
    /// The positions of all units that are to be done, each after those that it reads.
    pub order: Vec<usize>,
    /// For each unit, those that read it.
    pub readers: Vec<Vec<usize>>,
    /// What is worth a mention.
    pub warnings: Vec<Problem>,
}

/// One stage at one of its cells.
pub struct Unit {
    /// Position of the stage in the pipeline.
    pub stage: usize,
    /// Its cell.
    pub cell: Cell,
    /// Its name: `stage` or `stage[axis=value,…]`.
    pub id: String,
    /// Whether it stands for all cells of its stage, because the table that lists them is not known yet: `stage[*]`.
    pub awaited: bool,
    /// Whether it was asked for itself, and not only for those that read it.
    pub target: bool,
    /// Its inputs, by port, in alphabetical order.
    pub inputs: Vec<(String, Wire)>,
    /// Its parameters, with every `$name` replaced.
    pub params: Value,
    /// The same, as its kind understands them.
    pub bound: Option<Box<dyn Bound>>,
    /// What it asks of the machine.
    pub needs: Needs,
    /// The table that has its cell as a row, if one has: it decides whether there is such a unit, and is not in its key.
    pub rows: Option<Part>,
    /// The units that it reads, without repetition; of one that stands for others, those that tell their cells.
    pub reads: Vec<usize>,
}

/// Where an input comes from.
#[derive(Clone, Debug)]
pub enum Wire {
    /// One artifact.
    One(Part),
    /// Those of several cells, in the order of the cells.
    Gather(Vec<(Cell, Part)>),
}

/// Where one artifact comes from.
#[derive(Clone, Debug)]
pub enum Part {
    /// A source at one of its cells.
    Source(String, Cell),
    /// An output of a unit, by its position among the outputs of the stage.
    Unit(usize, usize),
}

impl Unit {
    /// Returns the stage that it is a cell of.
    pub fn stage<'a>(&self, pipeline: &'a Pipeline) -> &'a Stage {
        &pipeline.stages[self.stage]
    }

    /// Returns all parts of its inputs.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.inputs.iter().flat_map(|(_, wire)| wire.parts())
    }
}

impl Part {
    /// Returns the position of the unit whose output it is.
    pub fn unit(&self) -> Option<usize> {
        match self {
            Self::Unit(unit, _) => Some(*unit),
            Self::Source(..) => None,
        }
    }
}

impl Wire {
    /// Returns its parts.
    pub fn parts(&self) -> Box<dyn Iterator<Item = &Part> + '_> {
        match self {
            Self::One(part) => Box::new(std::iter::once(part)),
            Self::Gather(parts) => Box::new(parts.iter().map(|(_, part)| part)),
        }
    }
}

/// Longest name of a folder or file that is made from a cell, in bytes.
const LONGEST: usize = 200;

/// Writes a cell as `axis=value,…`, axes in alphabetical order; a longer name ends in a digest.
pub fn cell_name(cell: &Cell) -> String {
    let mut name = String::new();
    for (axis, value) in cell {
        let comma = if name.is_empty() { "" } else { "," };
        write!(name, "{comma}{axis}={}", escape(&value.to_string())).expect("a string takes everything");
    }
    if name.len() <= LONGEST {
        return name;
    }
    let digest = Digest::of(name.as_bytes()).to_string();
    let end = (0..=LONGEST - 17).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}~{}", &name[..end], &digest[..16])
}

/// Reads what [`cell_name`] wrote, as text; a name that ends in a digest cannot be read.
pub fn parse_values(name: &str) -> Option<BTreeMap<String, String>> {
    let value = |part: &str| part.split_once('=').map(|(axis, value)| (axis.to_owned(), unescape(value)));
    name.split(',').map(value).collect::<Option<_>>().filter(|_| !name.contains('~'))
}

/// Reads what [`cell_name`] wrote, values typed as TOML would; a name that ends in a digest cannot be read.
pub fn parse_cell(name: &str) -> Option<Cell> {
    Some(parse_values(name)?.into_iter().map(|(axis, value)| (axis, typed(&value))).collect())
}

/// Writes the id of a stage at a cell.
pub(super) fn id(stage: &str, cell: &Cell) -> String {
    if cell.is_empty() { stage.to_owned() } else { format!("{stage}[{}]", cell_name(cell)) }
}

#[cfg(test)]
mod tests {
    use contract::Scalar;

    use super::*;

    #[test]
    fn a_cell_is_named_by_its_values_in_alphabetical_order_of_the_axes() {
        let cell = Cell::from([("y".into(), Scalar::Text("a/b".into())), ("x".into(), Scalar::Float(0.5))]);
        assert_eq!(id("fit", &cell), "fit[x=0.5,y=a%2Fb]");
        assert_eq!(id("fit", &Cell::new()), "fit");
    }

    #[test]
    fn a_long_name_ends_in_a_digest_and_stays_distinct() {
        let long = |end: &str| Cell::from([("x".into(), Scalar::Text("ä".repeat(150) + end))]);
        let (a, b) = (cell_name(&long("1")), cell_name(&long("2")));
        assert!(a.len() <= 200 && a != b, "{a}");
    }
}
