//! Another manifest in the same folder.

use std::io;

use fs_err as fs;

use super::project::Project;
use crate::store::make_way;

/// Notes of which manifest the last run in this folder was; returns a warning if it was of another that is still there.
///
/// Two manifests in one folder share `latest` and the history of their stages, by name.
pub(super) fn note(project: &Project) -> io::Result<Option<String>> {
    let path = project.ran();
    let ours = &project.manifest;
    let other = fs::read_to_string(&path).unwrap_or_default();
    if other == *ours {
        return Ok(None);
    }
    make_way(&path)?;
    fs::write(&path, ours)?;
    let is_there = !other.is_empty() && project.pipeline.folder.join(&other).is_file();
    Ok(is_there.then(|| {
        format!(
            "warning: {other} ran in this folder before {ours}: both write cache/latest and the history of their stages, \
             and a whole run of one removes the names of the other; give each a folder (OSTEON_CACHE lets them share \
             what they made)"
        )
    }))
}
