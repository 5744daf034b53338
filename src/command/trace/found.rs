use super::ledger::Entry;
use super::way::Step;
use crate::run::Project;
use crate::store::{Artifact, Store};
use crate::ui::datable;

/// Writes where an artifact lies: by its name if the last run left it there, else in the store.
pub(super) fn latest(
    project: &Project,
    store: &Store,
    step: &Step<'_>,
    port: &str,
    artifact: &Artifact,
) -> String {
    let file = step.entry.and_then(|entry| entry.record.manifest.outputs.get(port));
    let named = file.and_then(|file| project.latest().holding(&step.id, file, &artifact.digest));
    let object = store.object(&artifact.digest);
    let path = match named {
        // A link may be left whose object is gone.
        Some(path) if object.exists() => path,
        _ if object.exists() => object,
        _ => return "gone from the cache".to_owned(),
    };
    path.strip_prefix(&project.pipeline.folder).unwrap_or(&path).display().to_string()
}

/// Writes when a record was made: its run, which is named by its time, or the time at which it was written.
pub(super) fn made(step: &Step<'_>, entry: &Entry) -> String {
    match &step.run {
        Some(run) => format!("by the run {run}"),
        None => {
            let written = humantime::format_rfc3339_seconds(datable(entry.written));
            format!("{written}, by a run of another project or one whose events are gone")
        }
    }
}
