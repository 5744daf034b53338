use std::collections::BTreeMap;
use std::path::Path;

use contract::{Foreseen, Issue, Known, Place};
use serde_json::Value as Json;

use super::unit::{Part, Plan, Unit, Wire};
use crate::failure::{Exit, Failure, color};
use crate::manifest::needs::show_size;
use crate::manifest::source::Lies;
use crate::manifest::text::{Span, Texts};
use crate::manifest::{Pipeline, Problem, Work};

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
    let mut refused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
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
                Err(issue) => refused.entry(show(&issue, &pipeline.folder)).or_default().push(&unit.id),
            }
        }
        if outlook.memory > machine.memory {
            let why = format!(
                "it needs {} of memory; this machine has {}",
                show_size(outlook.memory),
                show_size(machine.memory)
            );
            refused.entry(why).or_default().push(&unit.id);
        }
        if outlook.gpus > machine.gpus.len() {
            let why = format!(
                "it needs {} gpus; this machine shows {} (CUDA_VISIBLE_DEVICES names them)",
                outlook.gpus,
                machine.gpus.len()
            );
            refused.entry(why).or_default().push(&unit.id);
        }
        outlooks[position] = outlook;
    }
    if refused.is_empty() {
        return Ok(outlooks);
    }
    let told = refused.iter().map(|(why, ids)| match ids.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => {
            format!("error: '{first}' and {} more cannot run here: {why}", rest.len())
        }
        ids => format!("error: '{}' cannot run here: {why}", ids.join("")),
    });
    Err(Failure::new(Exit::Usage, told.collect::<Vec<_>>().join("\n")))
}

/// Writes an issue, with the lines at fault if it names a place.
fn show(issue: &Issue, folder: &Path) -> String {
    let Some(Place { file, span: Some(range) }) = &issue.place else { return issue.to_string() };
    let Ok(text) = fs_err::read_to_string(file) else { return issue.to_string() };
    let mut texts = Texts::default();
    let id = texts.add(file.strip_prefix(folder).unwrap_or(file).to_owned(), text);
    let span = Span { file: id, range: range.clone() };
    let problem = Problem::new("forecast", issue.message.clone(), &span, "here").suggest(issue.help.clone());
    format!("\n{}", problem.render(&texts, color()).trim_end())
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
