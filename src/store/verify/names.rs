use std::collections::BTreeMap;
use std::path::Path;

use contract::Digest;
use fs_err as fs;

use super::Read;
use crate::key::{Form, Key};
use crate::store::record::Record;
use crate::store::tree::{Node, Tree};
use crate::store::uses::Uses;

/// What people know objects by, and how long they should be.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_digest: BTreeMap<Digest, (String, Option<u64>)>,
}

impl Names {
    /// Names the objects that records need by their ports.
    pub(super) fn of(
        records: &[Read<Record>],
        trees: &BTreeMap<Digest, Result<Tree, String>>,
        uses: &Uses,
    ) -> Self {
        let mut names = Self::default();
        for read in records {
            let Ok((record, _)) = &read.found else { continue };
            let who =
                uses.of(&Key(read.digest)).map_or_else(|| record.work(), |last| format!("'{}'", last.id));
            for (port, artifact) in &record.outputs {
                let size = (artifact.form != Form::Folder).then_some(artifact.size);
                names.add(artifact.digest, format!("`{port}` of {who}"), size);
                let Some(Ok(tree)) = trees.get(&artifact.digest) else { continue };
                for (path, node) in &tree.nodes {
                    if let Node::File { digest, size, .. } = node {
                        names.add(*digest, format!("`{path}` in `{port}` of {who}"), Some(*size));
                    }
                }
            }
            if let Some(log) = record.log {
                names.add(log, format!("what {who} printed"), None);
            }
        }
        names
    }

    fn add(&mut self, digest: Digest, name: String, size: Option<u64>) {
        self.by_digest.entry(digest).or_insert((name, size));
    }

    /// Returns what an object is known by; nothing if no record names it.
    pub(super) fn of_object(&self, digest: &Digest) -> &str {
        self.by_digest.get(digest).map_or("", |(name, _)| name)
    }

    /// Returns how much of an object is left, if it is shorter than it should be.
    pub(super) fn cut_short(&self, digest: &Digest, path: &Path) -> Option<String> {
        let should = self.by_digest.get(digest)?.1?;
        let is = fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
        (is < should).then(|| format!("it is cut short: {is} of {should} bytes are left"))
    }
}
