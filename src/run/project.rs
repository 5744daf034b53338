use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::Catalogue;
use serde_json::Value as Json;

use super::history::History;
use super::latest::Latest;
use crate::failure::Failure;
use crate::manifest::{Choice, Pipeline, Unread, read};
use crate::plan::refuse;

/// A manifest with the folders that belong to it.
pub struct Project {
    /// What the manifest says.
    pub pipeline: Pipeline,
    /// What stages may be.
    pub catalogue: &'static Catalogue,
    /// The shared cache.
    pub cache: PathBuf,
    /// The folder beside the manifest that `latest` and `runs` lie in.
    pub home: PathBuf,
}

impl Project {
    /// Reads the manifest at `path`; `OSTEON_CACHE` moves the cache.
    ///
    /// # Errors
    /// Every mistake in the manifest.
    pub fn open(path: &Path, choice: &Choice, catalogue: &'static Catalogue) -> Result<Self, Failure> {
        Ok(Self::of(read(path, choice, catalogue).map_err(refuse)?, catalogue))
    }

    /// Reads the manifest at `path` as far as it can be understood, for those who only ask the records; what is wrong with
    /// it comes along, such as sources that are gone, and then nothing can be planned.
    ///
    /// # Errors
    /// If there is not enough of it to tell the profile.
    pub fn open_anyway(
        path: &Path,
        choice: &Choice,
        catalogue: &'static Catalogue,
    ) -> Result<(Self, Option<Failure>), Failure> {
        match read(path, choice, catalogue) {
            Ok(pipeline) => Ok((Self::of(pipeline, catalogue), None)),
            Err(Unread::Mistakes { problems, texts, rest: Some(rest) })
                if problems.iter().all(|problem| problem.code != "unknown-profile") =>
            {
                let failure = Failure::manifest(&problems, &texts);
                Ok((Self::of(*rest, catalogue), Some(failure)))
            }
            Err(unread) => Err(refuse(unread)),
        }
    }

    fn of(pipeline: Pipeline, catalogue: &'static Catalogue) -> Self {
        let home = pipeline.folder.join("cache");
        let cache = std::env::var_os("OSTEON_CACHE").filter(|value| !value.is_empty());
        let cache = cache.map_or_else(|| home.clone(), |cache| pipeline.folder.join(cache));
        Self { pipeline, catalogue, cache, home }
    }

    /// Returns the values of the variables.
    pub fn variables(&self) -> BTreeMap<String, Json> {
        let variables = self.pipeline.variables.iter();
        variables.map(|(name, value)| (name.clone(), value.to_json())).collect()
    }

    /// Returns the folder of all runs.
    pub fn runs(&self) -> PathBuf {
        self.home.join("runs")
    }

    /// Returns the key that each unit of this profile used last.
    pub fn history(&self) -> History {
        let profile = self.pipeline.profile.as_deref().unwrap_or("default");
        History::read(self.runs().join(format!("{profile}.keys")))
    }

    /// Returns where people find the latest artifacts of this profile.
    pub fn latest(&self) -> Latest {
        let name = self.pipeline.latest();
        Latest::new(self.home.join(&name), self.runs().join(format!("{name}.swept")))
    }
}
