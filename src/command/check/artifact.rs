use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::path::PathBuf;

use contract::Digest;
use fs_err as fs;

use super::bytes::{Parting, parting};
use crate::key::Form;
use crate::store::{Artifact, Node, Store};

/// The first difference between two artifacts.
#[derive(Debug)]
pub(super) struct Difference {
    /// In a folder, the file.
    pub(super) file: Option<String>,
    /// What differs.
    pub(super) what: What,
}

/// What differs between a record and what was made now.
#[derive(Debug)]
pub(super) enum What {
    /// The bytes of a file.
    Bytes(Files),
    /// Only the record has it.
    Gone,
    /// Only what was made now has it.
    New,
    /// Whether it may be executed: only one of them may.
    Executable,
    /// It is a link now, or was one, or points elsewhere.
    Link,
}

/// Two files with different bytes.
#[derive(Debug)]
pub(super) struct Files {
    /// That of the record.
    pub(super) recorded: PathBuf,
    /// That which was made now.
    pub(super) rebuilt: PathBuf,
    /// Where they part.
    pub(super) parting: Parting,
}

/// Returns the first difference between an artifact of a record and one that was made now.
///
/// # Errors
/// If an object cannot be read.
pub(super) fn first_difference(
    store: &Store,
    recorded: &Artifact,
    rebuilt: &Artifact,
) -> io::Result<Option<Difference>> {
    if recorded.digest == rebuilt.digest {
        let differs = recorded.form != rebuilt.form;
        return Ok(differs.then_some(Difference { file: None, what: What::Executable }));
    }
    if recorded.form != Form::Folder {
        let what = bytes(store, &recorded.digest, &rebuilt.digest)?;
        return Ok(what.map(|what| Difference { file: None, what }));
    }
    let nodes = |digest: &Digest| {
        let tree = store.tree(digest)?;
        Ok::<BTreeMap<String, Node>, io::Error>(tree.nodes.into_iter().collect())
    };
    let (old, new) = (nodes(&recorded.digest)?, nodes(&rebuilt.digest)?);
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        if let Some(what) = between(store, old.get(path), new.get(path))? {
            return Ok(Some(Difference { file: Some(path.clone()), what }));
        }
    }
    Ok(None)
}

fn between(store: &Store, old: Option<&Node>, new: Option<&Node>) -> io::Result<Option<What>> {
    Ok(match (old, new) {
        (Some(_), None) => Some(What::Gone),
        (None, Some(_)) => Some(What::New),
        (
            Some(Node::File { digest: old, executable: was, .. }),
            Some(Node::File { digest: new, executable: is, .. }),
        ) => {
            let what = if old == new { None } else { bytes(store, old, new)? };
            what.or((was != is).then_some(What::Executable))
        }
        (old, new) => (old != new).then_some(What::Link),
    })
}

fn bytes(store: &Store, old: &Digest, new: &Digest) -> io::Result<Option<What>> {
    let (recorded, rebuilt) = (store.object(old), store.object(new));
    let open = |path: &PathBuf| Ok::<_, io::Error>(BufReader::new(fs::File::open(path)?));
    let parting = parting(&mut open(&recorded)?, &mut open(&rebuilt)?)?;
    Ok(parting.map(|parting| What::Bytes(Files { recorded, rebuilt, parting })))
}
