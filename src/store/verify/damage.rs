use std::path::{Path, PathBuf};

use crate::store::object::Store;
use crate::store::shelf::remove;

/// Something in a cache that is not what it should be.
#[derive(Clone, Debug)]
pub struct Damage {
    /// Where it lies.
    pub path: PathBuf,
    /// What people know it by; empty if no record names it.
    pub what: String,
    /// What is wrong.
    pub why: String,
    /// What can be done, or was.
    pub repair: Repair,
}

/// How a damage is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// By removing it: what is needed is made again.
    Remove,
    /// By forgetting what the index says of it.
    Forget,
    /// By whoever knows what it was.
    ByHand,
    /// It was done.
    Done,
    /// It could not be done.
    Failed(String),
}

impl Damage {
    pub(super) fn new(path: &Path, what: &str, why: &str) -> Self {
        Self { path: path.to_owned(), what: what.to_owned(), why: why.to_owned(), repair: Repair::Remove }
    }

    pub(super) fn by_hand(path: &Path, why: &str) -> Self {
        Self { repair: Repair::ByHand, ..Self::new(path, "", why) }
    }

    pub(super) fn of_index(path: &Path) -> Self {
        let why = "the index has another digest for these bytes";
        Self { repair: Repair::Forget, ..Self::new(path, "", why) }
    }

    pub(super) fn mend(&mut self, store: &Store) {
        match self.repair {
            Repair::Remove => {
                self.repair = match remove(&self.path) {
                    Ok(()) => Repair::Done,
                    Err(error) => Repair::Failed(error.to_string()),
                };
            }
            Repair::Forget => {
                store.memo().forget(&self.path);
                self.repair = Repair::Done;
            }
            Repair::ByHand | Repair::Done | Repair::Failed(_) => {}
        }
    }
}
