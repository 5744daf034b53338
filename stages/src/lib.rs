//! What a stage may be: the catalogue of kinds, and the tools that read their tables. Nothing else.
#![cfg(feature = "full")]

use contract::{Catalogue, Kind, Tool};

/// Every kind and every tool.
pub static CATALOGUE: Catalogue = Catalogue { kinds: &KINDS, tools: &TOOLS };

const KINDS: [Kind; scan::KINDS.len() + train::KINDS.len() + report::KINDS.len()] =
    joined(&[scan::KINDS, train::KINDS, report::KINDS]);

const TOOLS: [Tool; report::TOOLS.len()] = joined(&[report::TOOLS]);

/// Joins lists whose lengths add up to `N`.
const fn joined<T: Copy, const N: usize>(lists: &[&[T]]) -> [T; N] {
    let mut all = [lists[0][0]; N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut item = 0;
        while item < lists[list].len() {
            all[at] = lists[list][item];
            at += 1;
            item += 1;
        }
        list += 1;
    }
    assert!(at == N, "the lengths of the lists add up");
    all
}
