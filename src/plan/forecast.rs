use std::collections::BTreeMap;

use contract::{Foreseen, Known};
use serde_json::Value as Json;

use super::unit::{Part, Plan, Unit, Wire};
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::manifest::source::Lies;
use crate::manifest::{Pipeline, Work};

/// What the machine has to give.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Processor tokens (`-j`).
    pub cpus: usize,
    /// Memory, in bytes.
    pub memory: u64,
    /// Names of the devices.
    pub gpus: Vec<String>,
}

/// What one unit will take of the machine.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Processor tokens.
    pub cpus: usize,
    /// Memory, in bytes.
    pub memory: u64,
    /// Devices.
    pub gpus: usize,
    /// Seconds, if the kind can tell.
    pub seconds: Option<f64>,
}

/// Asks every kind for what it will need, and checks it and the manifest's `needs` against the machine.
///
/// # Errors
/// Everything that the machine cannot give, by name.
pub fn foresee(pipeline: &Pipeline, plan: &Plan, machine: &Machine) -> Result<Vec<Outlook>, Failure> {
    let mut facts: Vec<BTreeMap<&'static str, Json>> = vec![BTreeMap::new(); plan.units.len()];
    let mut outlooks = vec![Outlook::default(); plan.units.len()];
    let mut refused: Vec<String> = Vec::new();
    for &position in &plan.order {
        let unit = &plan.units[position];
        let cpus = unit.needs.cpus.unwrap_or(1).min(machine.cpus);
        let mut outlook =
            Outlook { cpus, memory: unit.needs.memory.unwrap_or(0), gpus: unit.needs.gpus, seconds: None };
        if let Some(bound) = &unit.bound {
            let known =
                Known { inputs: inputs(pipeline, plan, unit, &facts), memory: machine.memory, threads: cpus };
            match bound.forecast(&known) {
                Ok(forecast) => {
                    outlook.memory = outlook.memory.max(forecast.memory.unwrap_or(0));
                    outlook.seconds = forecast.seconds;
                    facts[position] = forecast.outputs;
                }
                Err(issue) => refused.push(format!("error: '{}' cannot run here: {issue}", unit.id)),
            }
        }
        if outlook.memory > machine.memory {
            refused.push(format!(
                "error: '{}' needs {} of memory; this machine has {}",
                unit.id,
                show_size(outlook.memory),
                show_size(machine.memory)
            ));
        }
        if outlook.gpus > machine.gpus.len() {
            refused.push(format!(
                "error: '{}' needs {} gpus; this machine shows {} (CUDA_VISIBLE_DEVICES names them)",
                unit.id,
                outlook.gpus,
                machine.gpus.len()
            ));
        }
        outlooks[position] = outlook;
    }
    refused.sort();
    refused.dedup();
    if refused.is_empty() { Ok(outlooks) } else { Err(Failure::new(Exit::Usage, refused.join("\n"))) }
}

fn inputs(
    pipeline: &Pipeline,
    plan: &Plan,
    unit: &Unit,
    facts: &[BTreeMap<&'static str, Json>],
) -> BTreeMap<String, Vec<Foreseen>> {
    let foreseen = |part: &Part| match part {
        Part::Source(name, cell) => {
            match pipeline.sources.get(name).and_then(|source| source.cells.get(cell)) {
                Some(Lies::File(path) | Lies::Folder(path)) => Foreseen::Source(pipeline.folder.join(path)),
                Some(Lies::Files(_)) | None => Foreseen::Unknown,
            }
        }
        Part::Unit(other, output) => {
            let stage = plan.units[*other].stage(pipeline);
            let port = stage.outputs[*output].port.as_str();
            let known = matches!(stage.work, Work::Kind(..)).then(|| facts[*other].get(port)).flatten();
            known.map_or(Foreseen::Unknown, |facts| Foreseen::Facts(facts.clone()))
        }
    };
    let of_wire = |wire: &Wire| wire.parts().map(foreseen).collect();
    unit.inputs.iter().map(|(port, wire)| (port.clone(), of_wire(wire))).collect()
}
