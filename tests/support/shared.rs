use std::path::{Path, PathBuf};

/// Returns a folder of the material that is kept beside the checkout (`OSTEON_SHARED`), if it is there.
///
/// Without it the tests that need it are skipped, and say so; under CI that is a failure.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OSTEON_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var("CI").is_err(), "{} is not there, and CI needs it", path.display());
    eprintln!("SKIPPED: {} is not there (OSTEON_SHARED names its parent)", path.display());
    None
}
