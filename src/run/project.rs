use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Catalogue;

use super::history::History;
use super::latest::Latest;
use crate::failure::Failure;
use crate::manifest::{Choice, Pipeline, read};
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
        let home = pipeline.folder.join("cache");
        let cache = std::env::var_os("OSTEON_CACHE").filter(|value| !value.is_empty());
        let cache = cache.map_or_else(|| home.clone(), |cache| pipeline.folder.join(cache));
        let manifest = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { pipeline, manifest, catalogue, cache, home, choice: choice.clone(), opened })
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

    /// Returns what runs of this profile note for the next.
    pub(super) fn notes(&self) -> [PathBuf; 2] {
        [self.keys(), self.swept()]
    }

    /// Returns where people find the latest artifacts of this profile.
    pub fn latest(&self) -> Latest {
        Latest::new(self.home.join(self.pipeline.latest()), self.swept())
    }
}
