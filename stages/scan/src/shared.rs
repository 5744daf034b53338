//! Real files for tests, which are no part of the project.

use std::env;
use std::path::{Path, PathBuf};

/// Returns a folder of the real files: under `OSTEON_SHARED`, else beside the workspace. Without them a test says
/// that it is skipped, and fails where `CI` is `true`.
pub fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("OSTEON_SHARED").map_or_else(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "{} is missing", folder.display());
    eprintln!("skipped: {} is missing", folder.display());
    None
}
