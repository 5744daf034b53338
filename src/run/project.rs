use std::path::{Path, PathBuf};

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
}

impl Project {
    /// Reads the manifest at `path`; `OSTEON_CACHE` moves the cache.
    ///
    /// # Errors
    /// Every mistake in the manifest.
    pub fn open(path: &Path, choice: &Choice, catalogue: &'static Catalogue) -> Result<Self, Failure> {
        let pipeline = read(path, choice, catalogue).map_err(refuse)?;
        let home = pipeline.folder.join("cache");
        let cache = std::env::var_os("OSTEON_CACHE").filter(|value| !value.is_empty());
        let cache = cache.map_or_else(|| home.clone(), |cache| pipeline.folder.join(cache));
        let manifest = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { pipeline, manifest, catalogue, cache, home })
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
