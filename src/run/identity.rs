use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

use crate::failure::Failure;
use crate::key::{ArtifactKey, Fingerprint, KeyInput, KeyManifest, KeyWork};
use crate::manifest::{Pipeline, Work};
use crate::plan::{Part, Unit, Wire, cell_name};

/// Returns everything that defines the stage run of a unit, given what its inputs hold.
///
/// # Errors
/// If a parameter of its kind cannot be written.
pub fn identify(
    pipeline: &Pipeline,
    unit: &Unit,
    artifact: &dyn Fn(&Part) -> ArtifactKey,
) -> Result<KeyManifest, Failure> {
    let stage = unit.stage(pipeline);
    let work = match &stage.work {
        Work::Command(template, _) => {
            KeyWork::Command { template: template.text.clone(), private: stage.private }
        }
        Work::Kind(kind, _) => KeyWork::Kind { name: kind.name.to_owned(), version: kind.version },
    };
    let params = match &unit.bound {
        Some(bound) => bound.params()?,
        None => unit.params.to_json(),
    };
    let mut inputs = BTreeMap::new();
    for (port, wire) in &unit.inputs {
        let input = match wire {
            Wire::One(part) => KeyInput::One(artifact(part)),
            Wire::Gather(parts) => {
                KeyInput::Gather(parts.iter().map(|(cell, part)| (cell_name(cell), artifact(part))).collect())
            }
        };
        inputs.insert(port.clone(), input);
    }
    let outputs = stage.outputs.iter().map(|output| {
        let ending = if output.folder { "/" } else { "" };
        (output.port.clone(), format!("{}{ending}", output.file))
    });
    let env = stage.env.iter().map(|name| {
        let value = std::env::var_os(name).map(|value| Fingerprint::of(value.as_bytes()));
        (name.clone(), value)
    });
    Ok(KeyManifest::new(work, params, inputs, outputs.collect(), env.collect()))
}
