use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::source::{Lies, Source, ask_folders_anew, matching, resolve, walk};
use super::text::{Span, Texts};

/// What a manifest says of files beside it, so that they can be looked for again without reading it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Declared {
    /// The pattern that finds the experiments.
    pub experiments: Option<String>,
    /// The paths of each source, by its name, and whether they are a list.
    pub sources: BTreeMap<String, (Vec<String>, bool)>,
}

impl Declared {
    /// Looks for all that is declared; returns what [`Source::looked_at`] would, of all sources, and the experiments.
    pub fn look(&self, folder: &Path) -> Option<BTreeSet<PathBuf>> {
        let nowhere = Span { file: Texts::default().add(PathBuf::new(), String::new()), range: 0..0 };
        let mut looked = BTreeSet::new();
        ask_folders_anew(self.sources.values().flat_map(|(paths, _)| paths).map(String::as_str), folder);
        if let Some(pattern) = &self.experiments {
            let found = matching(pattern, folder).ok()?;
            looked.extend(found.files);
            looked.extend(found.listed);
        }
        for (name, (paths, list)) in &self.sources {
            let paths: Vec<(&str, &Span)> = paths.iter().map(|path| (path.as_str(), &nowhere)).collect();
            looked.extend(resolve(name, &nowhere, &paths, *list, folder).ok()?.looked_at(folder)?);
        }
        Some(looked)
    }
}

impl Source {
    /// Returns the files that it consists of and the folders that were listed to find them, as the manifest names them;
    /// nothing if one of them cannot be listed.
    pub fn looked_at(&self, folder: &Path) -> Option<BTreeSet<PathBuf>> {
        let mut looked = self.listed.clone();
        for lies in self.cells.values() {
            match lies {
                Lies::File(path) => drop(looked.insert(path.clone())),
                Lies::Files(files) => looked.extend(files.values().cloned()),
                Lies::Folder(base) => {
                    let found = walk(base, folder).ok()?;
                    looked.extend(found.files);
                    looked.extend(found.listed);
                }
            }
        }
        Some(looked)
    }
}
