use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Scalar;

/// The value of each axis, by name. Clones share their values: every wire of a plan holds some.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, Scalar>", into = "BTreeMap<String, Scalar>")]
pub struct Cell(Arc<BTreeMap<String, Scalar>>);

impl Cell {
    /// Returns the cell of a stage without axes.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Deref for Cell {
    type Target = BTreeMap<String, Scalar>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Cell {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<BTreeMap<String, Scalar>> for Cell {
    fn from(values: BTreeMap<String, Scalar>) -> Self {
        Self(Arc::new(values))
    }
}

impl From<Cell> for BTreeMap<String, Scalar> {
    fn from(cell: Cell) -> Self {
        Arc::unwrap_or_clone(cell.0)
    }
}

impl<const N: usize> From<[(String, Scalar); N]> for Cell {
    fn from(values: [(String, Scalar); N]) -> Self {
        BTreeMap::from(values).into()
    }
}

impl FromIterator<(String, Scalar)> for Cell {
    fn from_iter<I: IntoIterator<Item = (String, Scalar)>>(values: I) -> Self {
        BTreeMap::from_iter(values).into()
    }
}

impl<'a> IntoIterator for &'a Cell {
    type Item = (&'a String, &'a Scalar);
    type IntoIter = btree_map::Iter<'a, String, Scalar>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
