use std::io;
use std::time::SystemTime;

use fs_err as fs;
use rayon::prelude::*;

use super::object::Store;
use super::record::{Record, unseal};
use super::shelf::Shelf;
use crate::key::Key;

impl Store {
    /// Reads all records of the cache, with when each was written; those that are damaged are left out.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn records(&self) -> io::Result<Vec<(Key, Record, SystemTime)>> {
        let named = Shelf::read(&self.root().join("records"), ".json")?.named;
        let read = |(digest, path): (contract::Digest, std::path::PathBuf)| {
            let key = Key(digest);
            let written = fs::metadata(&path)?.modified()?;
            Ok(unseal(&fs::read(&path)?, &key).map(|record| (key, record, written)))
        };
        let read: io::Result<Vec<_>> = named.into_par_iter().map(read).collect();
        Ok(read?.into_iter().flatten().collect())
    }
}
