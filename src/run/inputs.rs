use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::{Cell, Digest, Gathered};
use fs_err as fs;
use fs_err::os::unix::fs::symlink;

use super::folder::Folder;
use super::made::Failed;
use super::sources::Sources;
use crate::key::Form;
use crate::manifest::{Pipeline, Stage};
use crate::plan::cell_name;
use crate::store::{Artifact, Laid, Store};

/// An input of one attempt, before it is laid out.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) port: String,
    /// Whether it is a folder of several, named by their cells.
    pub(super) gather: bool,
    pub(super) parts: Vec<(Cell, Origin)>,
}

impl Incoming {
    /// Returns whether it is seen by links: a single source, and a single folder, is given where it lies.
    fn is_linked(&self) -> bool {
        let is_file =
            |origin: &Origin| matches!(origin, Origin::Stored(artifact, _) if artifact.form != Form::Folder);
        self.gather || self.parts.iter().any(|(_, origin)| is_file(origin))
    }
}

/// Where one artifact of an input is.
#[derive(Debug)]
pub(super) enum Origin {
    /// A source.
    Source(String, Cell),
    /// In the store, to be seen under this name.
    Stored(Artifact, String),
}

/// An input as a stage sees it.
#[derive(Debug)]
pub(super) struct LaidOut {
    /// The file or folder; of a gather, the folder of all.
    pub(super) path: PathBuf,
    /// Each artifact with its cell.
    pub(super) parts: Vec<Gathered>,
}

/// The inputs of one attempt as they were laid out.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) ports: BTreeMap<String, LaidOut>,
    /// The folders of the store among them.
    pub(super) folders: BTreeMap<Digest, Laid>,
}

/// Lays out the inputs of one attempt as links: beside its folder, those of a private stage in it.
pub(super) fn lay_out(
    pipeline: &Pipeline,
    stage: &Stage,
    incoming: &[Incoming],
    store: &Store,
    sources: &Sources,
    folder: &mut Folder,
) -> Result<Inputs, Failed> {
    let mut laid_out = Inputs::default();
    for input in incoming {
        let system = |failure: crate::failure::Failure| Failed::new("system", failure.to_string());
        let own = if stage.private {
            folder.path().join(&input.port)
        } else if input.is_linked() {
            folder.input(&input.port)?
        } else {
            // Nothing is laid there.
            PathBuf::new()
        };
        if input.gather && stage.private {
            fs::create_dir_all(&own)?;
        }
        let mut parts = Vec::new();
        for (cell, origin) in &input.parts {
            let found = match origin {
                Origin::Source(name, source_cell) => Found {
                    path: sources.path(pipeline, name, source_cell, store).map_err(system)?,
                    artifact: None,
                },
                Origin::Stored(artifact, name) => Found {
                    path: match artifact.form {
                        Form::Folder => {
                            let path = store.lay_out(&artifact.digest)?;
                            laid_out.folders.insert(artifact.digest, store.laid(&artifact.digest)?);
                            path
                        }
                        Form::File | Form::Executable => PathBuf::from(name),
                    },
                    artifact: Some(artifact),
                },
            };
            let path = if input.gather {
                let link = own.join(format!("{}{}", cell_name(cell), found.ending()));
                found.link(&link, pipeline, store)?;
                link
            } else if stage.private {
                fs::create_dir_all(own.parent().unwrap_or(&own))?;
                found.link(&own, pipeline, store)?;
                PathBuf::from(&input.port)
            } else {
                match found.artifact {
                    None => found.path,
                    Some(artifact) if artifact.form == Form::Folder => found.path,
                    Some(_) => {
                        let name = found.path.file_name().unwrap_or_default();
                        let link = own.join(name);
                        found.link(&link, pipeline, store)?;
                        link
                    }
                }
            };
            parts.push(Gathered { cell: cell.clone(), path });
        }
        let path = match (input.gather, stage.private) {
            (true, true) => PathBuf::from(&input.port),
            (true, false) => own,
            (false, _) => parts.first().expect("what is no gather is one artifact").path.clone(),
        };
        laid_out.ports.insert(input.port.clone(), LaidOut { path, parts });
    }
    Ok(laid_out)
}

/// One artifact: a source where it lies, a folder of the store, or the name that a file of the store is seen under.
struct Found<'a> {
    path: PathBuf,
    artifact: Option<&'a Artifact>,
}

impl Found<'_> {
    /// Returns the ending of its file name, with the dot; a folder of the store has none.
    fn ending(&self) -> String {
        if self.artifact.is_some_and(|artifact| artifact.form == Form::Folder) {
            return String::new();
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.char_indices()
            .skip(1)
            .find(|(_, c)| *c == '.')
            .map_or(String::new(), |(at, _)| name[at..].to_owned())
    }

    fn link(&self, at: &Path, pipeline: &Pipeline, store: &Store) -> std::io::Result<()> {
        match self.artifact {
            Some(artifact) if artifact.form != Form::Folder => {
                store.link(&artifact.digest, artifact.form == Form::Executable, at, at)
            }
            _ => symlink(pipeline.folder.join(&self.path), at),
        }
    }
}
