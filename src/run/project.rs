use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    /// The name of its file.
    pub manifest: String,
    /// What stages may be.
    pub catalogue: &'static Catalogue,
    /// The shared cache.
    pub cache: PathBuf,
    /// The folder beside the manifest that `latest` and `runs` lie in.
    pub home: PathBuf,
    /// What was chosen for the manifest.
    pub choice: Choice,
    /// When it was opened.
    pub opened: SystemTime,
}

impl Project {
    /// Reads the manifest at `path`; `OSTEON_CACHE` moves the cache.
    ///
    /// # Errors
    /// Every mistake in the manifest.
    pub fn open(path: &Path, choice: &Choice, catalogue: &'static Catalogue) -> Result<Self, Failure> {
        let opened = SystemTime::now();
        let pipeline = read(path, choice, catalogue).map_err(refuse)?;
        Ok(Self::of(pipeline, path, choice, catalogue, opened))
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
        let opened = SystemTime::now();
        let of = |pipeline| Self::of(pipeline, path, choice, catalogue, opened);
        match read(path, choice, catalogue) {
            Ok(pipeline) => Ok((of(pipeline), None)),
            Err(Unread::Mistakes { problems, texts, rest: Some(rest) })
                if problems.iter().all(|problem| problem.code != "unknown-profile") =>
            {
                let failure = Failure::manifest(&problems, &texts);
                Ok((of(*rest), Some(failure)))
            }
            Err(unread) => Err(refuse(unread)),
        }
    }

    fn of(
        pipeline: Pipeline,
        path: &Path,
        choice: &Choice,
        catalogue: &'static Catalogue,
        opened: SystemTime,
    ) -> Self {
        let home = pipeline.folder.join("cache");
        let cache = std::env::var_os("OSTEON_CACHE").filter(|value| !value.is_empty());
        let cache = cache.map_or_else(|| home.clone(), |cache| pipeline.folder.join(cache));
        let manifest = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { pipeline, manifest, catalogue, cache, home, choice: choice.clone(), opened }
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
        History::read(self.keys())
    }

    fn keys(&self) -> PathBuf {
        let profile = self.pipeline.profile.as_deref().unwrap_or("default");
        self.runs().join(format!("{profile}.keys"))
    }

    fn swept(&self) -> PathBuf {
        self.runs().join(format!("{}.swept", self.pipeline.latest()))
    }

    /// Returns the file that tells which manifest ran last.
    pub(super) fn ran(&self) -> PathBuf {
        self.runs().join("manifest")
    }

    /// Returns what runs of this profile note for the next.
    pub(super) fn notes(&self) -> [PathBuf; 3] {
        [self.keys(), self.swept(), self.ran()]
    }

    /// Returns where people find the latest artifacts of this profile.
    pub fn latest(&self) -> Latest {
        Latest::new(self.home.join(self.pipeline.latest()), self.swept())
    }
}
