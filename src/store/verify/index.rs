use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use contract::Digest;
use fs_err as fs;
use rayon::prelude::*;

use super::{Damage, Report};
use crate::store::memo::{Stamp, hash};
use crate::store::object::Store;

impl Report {
    /// Compares what the index says of files with their bytes; those in `hashed` were read already.
    pub(super) fn index(&mut self, store: &Store, hashed: &BTreeMap<&PathBuf, Digest>) {
        let told: BTreeSet<&PathBuf> = self.damages.iter().map(|damage| &damage.path).collect();
        let known: Vec<PathBuf> =
            store.memo().paths().into_iter().filter(|path| !told.contains(path)).collect();
        let look = |path: &PathBuf| {
            let stamp = Stamp::of(&fs::metadata(path).ok()?);
            let claimed = store.memo().known(path, &stamp)?;
            let (found, bytes) = match hashed.get(path) {
                Some(digest) => (*digest, 0),
                None => (hash(path, stamp.size()).ok()?, stamp.size()),
            };
            // A file that is written while it is read says nothing of the index.
            let same = Stamp::of(&fs::metadata(path).ok()?) == stamp;
            same.then(|| (path.clone(), found == claimed, bytes))
        };
        for (path, is_right, bytes) in known.par_iter().filter_map(look).collect::<Vec<_>>() {
            self.indexed += 1;
            self.bytes += bytes;
            if !is_right {
                self.damages.push(Damage::of_index(&path));
            }
        }
    }
}
