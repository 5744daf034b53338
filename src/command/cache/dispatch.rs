use super::{gc, list, pin, stat, unpin, verify};
use crate::cli::{Cache, Place};
use crate::failure::{Exit, Failure};
use crate::run::Project;

/// Looks after the cache.
pub(in crate::command) fn cache(
    project: &Project,
    place: &Place,
    arguments: &Cache,
) -> Result<Option<Exit>, Failure> {
    match arguments {
        Cache::Stat => stat::stat(project),
        Cache::Ls { json } => list::list(project, *json),
        Cache::Gc(rules) => gc::gc(project, rules),
        Cache::Pin { targets } if targets.is_empty() => pin::list(project),
        Cache::Pin { targets } => pin::pin(project, place, targets),
        Cache::Unpin { targets } => unpin::unpin(project, targets),
        Cache::Verify { repair } => verify::verify(project, *repair),
    }
}
