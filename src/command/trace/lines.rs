use serde_json::{Value as Json, json};

use super::found::latest;
use super::way::{From, Read, Step, Way};
use crate::key::{ArtifactKey, KeyWork};
use crate::run::Project;
use crate::store::{Outside, Store};
use crate::ui::datable;

/// Writes a stage run as one line of JSON.
pub(super) fn step(project: &Project, store: &Store, way: &Way<'_>, step: &Step<'_>) -> String {
    let Some(entry) = step.entry else {
        let line = json!({ "reason": "traced-stage", "id": step.id, "key": step.key.0, "recorded": false });
        return format!("{line}\n");
    };
    let record = &entry.record;
    let (kind, version, command) = match &record.manifest.work {
        KeyWork::Kind { name, version } => (Some(name), Some(version), None),
        KeyWork::Command { template, .. } => (None, None, Some(template)),
    };
    let inputs: serde_json::Map<String, Json> = step
        .inputs
        .iter()
        .map(|(port, reads)| (port.clone(), reads.iter().map(|part| read(way, part)).collect()))
        .collect();
    let output = |(port, artifact): (&String, &crate::store::Artifact)| {
        let path = latest(project, store, step, port, artifact);
        let output = json!({
            "digest": artifact.digest, "form": artifact.form, "size": artifact.size,
            "path": Some(path).filter(|_| store.object(&artifact.digest).exists()),
        });
        (port.clone(), output)
    };
    let line = json!({
        "reason": "traced-stage",
        "id": step.id,
        "key": step.key.0,
        "recorded": true,
        "kind": kind,
        "version": version,
        "command": command,
        "params": record.manifest.params,
        "env": record.manifest.env,
        "inputs": inputs,
        "outputs": record.outputs.iter().map(output).collect::<serde_json::Map<_, _>>(),
        "run": step.run,
        "made": humantime::format_rfc3339_millis(datable(entry.written)).to_string(),
        "seconds": record.seconds,
        "host": record.host,
        "processor": record.processor,
        "osteon": record.osteon,
    });
    format!("{line}\n")
}

fn read(way: &Way<'_>, read: &Read) -> Json {
    let from = match &read.from {
        From::Run(key, port) => {
            json!({ "id": way.step(*key).map(|step| &step.id), "key": key.0, "port": port })
        }
        From::Source(outside) => json!({ "source": outside.name }),
        From::Gone(_) => Json::Null,
    };
    json!({
        "cell": read.cell,
        "digest": read.artifact.digest,
        "form": read.artifact.form,
        "from": from,
        "others": read.others,
    })
}

/// Writes a source as one line of JSON.
pub(super) fn source(outside: &Outside, artifact: ArtifactKey) -> String {
    let line = json!({
        "reason": "traced-source",
        "id": outside.name,
        "path": outside.path,
        "digest": artifact.digest,
        "form": artifact.form,
        "files": outside.files,
    });
    format!("{line}\n")
}
