use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::found::{latest, made};
use super::way::{From, Read, Step, Way};
use crate::command::asked::{count, some, stage_of};
use crate::key::{Fingerprint, Key, KeyWork};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::Store;
use crate::ui::show_seconds;

/// Longest value that is shown whole, in characters.
const LONGEST: usize = 100;

/// What every block of a printed way needs.
pub(super) struct Scene<'a> {
    pub(super) project: &'a Project,
    pub(super) store: &'a Store,
    pub(super) way: &'a Way<'a>,
    /// Whether each cell is printed by itself.
    pub(super) cells: bool,
    /// What was asked for.
    pub(super) targets: &'a [(String, Key)],
    /// The one output of these that was; all if none is named.
    pub(super) port: Option<&'a str>,
}

impl Scene<'_> {
    /// Writes some cells of one stage as a block.
    pub(super) fn block(&self, steps: &[&Step<'_>]) -> String {
        let mut text = match steps {
            [one] => format!("'{}'\n", one.id),
            _ => format!(
                "'{}'  {}\n",
                stage_of(&steps[0].id),
                count(steps.iter().map(|step| step.id.as_str()))
            ),
        };
        let recorded: Vec<_> = steps.iter().filter_map(|step| Some((*step, &step.entry?.record))).collect();
        let mut fields: Vec<(&str, String)> = Vec::new();
        let mut field = |label: &'static str, values: Vec<String>| {
            fields.extend(
                values.into_iter().enumerate().map(|(at, value)| (if at == 0 { label } else { "" }, value)),
            );
        };
        let works: BTreeSet<(&str, String)> =
            recorded.iter().map(|(_, record)| work(&record.manifest.work)).collect();
        for (label, work) in works {
            field(if label == "kind" { "kind" } else { "command" }, vec![work]);
        }
        field("key", vec![some(steps.iter().map(|step| step.key.0.short()), ", ")]);
        match recorded.len() {
            0 => {
                field(
                    "made",
                    vec!["its record is gone from the cache: what it read is not known".to_owned()],
                );
            }
            whole => {
                field("made", Self::made(steps));
                if whole < steps.len() {
                    field(
                        "",
                        vec![format!("the records of {} are gone from the cache", steps.len() - whole)],
                    );
                }
            }
        }
        let of_params = |params: &Json| params.as_object().cloned().unwrap_or_default();
        field(
            "params",
            same(recorded.iter().map(|(_, record)| {
                of_params(&record.manifest.params)
                    .into_iter()
                    .map(|(name, value)| (name, shorten(&value.to_string())))
                    .collect()
            })),
        );
        field(
            "env",
            same(recorded.iter().map(|(_, record)| {
                let shown = |value: &Option<Fingerprint>| {
                    value.as_ref().map_or("not set".to_owned(), Fingerprint::to_string)
                };
                record.manifest.env.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
            })),
        );
        field("reads", self.reads(steps));
        field("writes", self.writes(steps));
        for (label, value) in fields {
            text.push_str(&format!("  {label:<7}  {value}\n"));
        }
        text
    }

    fn made(steps: &[&Step<'_>]) -> Vec<String> {
        let entries = || steps.iter().filter_map(|step| Some((*step, step.entry?)));
        let seconds: f64 = entries().map(|(_, entry)| entry.record.seconds).sum();
        let ledger_names: BTreeSet<String> = entries().map(|(step, entry)| made(step, entry)).collect();
        let hosts: BTreeSet<String> = entries()
            .map(|(_, entry)| {
                format!("{} ({}), osteon {}", entry.record.host, entry.record.processor, entry.record.osteon)
            })
            .collect();
        let in_all = if steps.len() > 1 { " in all" } else { "" };
        vec![
            some(ledger_names.into_iter(), ", "),
            format!("{}{in_all} on {}", show_seconds(seconds), some(hosts.into_iter(), "; ")),
        ]
    }

    fn reads(&self, steps: &[&Step<'_>]) -> Vec<String> {
        let mut ports: BTreeMap<&str, Vec<&Read>> = BTreeMap::new();
        for (port, reads) in steps.iter().flat_map(|step| &step.inputs) {
            ports.entry(port).or_default().extend(reads);
        }
        let mut lines = Vec::new();
        for (port, reads) in ports {
            if self.cells || reads.len() == 1 {
                for read in reads {
                    let cell = read.cell.as_ref().map_or(String::new(), |cell| format!("[{cell}]"));
                    lines.push(format!(
                        "{port}{cell}  {}  {}",
                        read.artifact.digest.short(),
                        self.origin(read)
                    ));
                }
            } else {
                lines.extend(self.gathered(&reads).into_iter().map(|origin| format!("{port}  {origin}")));
            }
        }
        lines
    }

    /// Writes where one artifact came from.
    fn origin(&self, read: &Read) -> String {
        match &read.from {
            From::Run(key, port) => {
                let id = self.way.step(*key).map_or_else(|| key.0.short(), |step| step.id.clone());
                let others = match read.others {
                    0 => String::new(),
                    1 => " (another record made the same bytes)".to_owned(),
                    others => format!(" ({others} other records made the same bytes)"),
                };
                format!("'{id}'.{port}{others}")
            }
            From::Source(outside) => outside.name.clone(),
            From::Gone(Some(wired)) => format!("no record made it; '{wired}' does, as the manifest is now"),
            From::Gone(None) => {
                "no record made it: that is gone, or older than records of sources".to_owned()
            }
        }
    }

    /// Writes where many artifacts came from, a line for each stage and port.
    fn gathered(&self, reads: &[&Read]) -> Vec<String> {
        let mut by_origin: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut lines = Vec::new();
        for read in reads {
            match &read.from {
                From::Run(key, port) => {
                    let id = self.way.step(*key).map_or_else(|| key.0.short(), |step| step.id.clone());
                    by_origin.entry((stage_of(&id).to_owned(), format!(".{port}"))).or_default().insert(id);
                }
                From::Source(outside) => {
                    let stage = stage_of(&outside.name).to_owned();
                    by_origin.entry((stage, String::new())).or_default().insert(outside.name.clone());
                }
                From::Gone(_) => {
                    let line = format!("{}  {}", read.artifact.digest.short(), self.origin(read));
                    lines.extend((!lines.contains(&line)).then_some(line));
                }
            }
        }
        let line = |((stage, port), ids): ((String, String), BTreeSet<String>)| {
            let quoted = |text: &str| if port.is_empty() { text.to_owned() } else { format!("'{text}'") };
            match ids.first() {
                Some(id) if ids.len() == 1 => format!("{}{port}", quoted(id)),
                _ => format!("{} of {}{port}", count(ids.iter().map(String::as_str)), quoted(&stage)),
            }
        };
        by_origin.into_iter().map(line).chain(lines).collect()
    }

    fn writes(&self, steps: &[&Step<'_>]) -> Vec<String> {
        let mut ports: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
        for step in steps {
            let Some(entry) = step.entry else { continue };
            let is_target = self.targets.iter().any(|(_, key)| *key == step.key);
            let wanted = self.port.filter(|_| is_target);
            for (port, artifact) in &entry.record.outputs {
                if wanted.is_some_and(|wanted| wanted != port) {
                    continue;
                }
                let path = latest(self.project, self.store, step, port, artifact);
                let line = format!("{}  {}  {path}", artifact.digest.short(), show_size(artifact.size));
                ports.entry(port).or_default().push(line);
                *sizes.entry(port).or_default() += artifact.size;
            }
        }
        let line = |(port, lines): (&str, Vec<String>)| match lines.as_slice() {
            [one] => format!("{port}  {one}"),
            _ => format!("{port}  {} artifacts, {}", lines.len(), show_size(sizes[port])),
        };
        ports.into_iter().map(line).collect()
    }
}

fn work(work: &KeyWork) -> (&'static str, String) {
    match work {
        KeyWork::Kind { name, version } => ("kind", format!("{name}, version {version}")),
        KeyWork::Command { template, .. } => {
            ("command", template.split_whitespace().collect::<Vec<_>>().join(" "))
        }
    }
}

/// Writes named values, each with all that it is among the cells.
fn same(cells: impl Iterator<Item = BTreeMap<String, String>>) -> Vec<String> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in cells.flatten() {
        values.entry(name).or_default().push(value);
    }
    values.into_iter().map(|(name, values)| format!("{name} = {}", some(values.into_iter(), " | "))).collect()
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
