use std::fs;
use std::path::{Path, PathBuf};

use insta::Settings;

/// Returns the manifests, or folders of manifests and experiments, in a folder of `tests/manifests`.
pub fn manifests(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(folder);
    let entries = fs::read_dir(root).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let is_one = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|ending| ending == "toml");
    let mut paths: Vec<PathBuf> = paths.filter(is_one).collect();
    paths.sort();
    paths
}

/// Lets the snapshots of `assert` lie beside the manifests of that folder.
pub fn snapshots_beside(folder: &str, assert: impl FnOnce()) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(format!("manifests/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(assert);
}
