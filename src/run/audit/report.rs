use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::judge::Findings;
use crate::manifest::source::Lies;
use crate::manifest::{Pipeline, Stage, name};

/// Files of one sort that are listed for one stage.
const LISTED: usize = 10;

/// What an audit found, by stage: its cells mostly do the same.
#[derive(Debug, Default)]
pub(in crate::run) struct Report {
    units: usize,
    by_stage: BTreeMap<usize, Findings>,
}

impl Report {
    /// Takes in what one unit of a stage did.
    pub(in crate::run) fn add(&mut self, stage: usize, findings: Findings) {
        self.units += 1;
        let all = self.by_stage.entry(stage).or_default();
        all.reads.extend(findings.reads);
        all.writes.extend(findings.writes);
    }

    /// Writes a warning for each stage and sort, with the lines that the manifest lacks, and at last what was looked at.
    pub(in crate::run) fn text(&self, pipeline: &Pipeline, hits: usize) -> String {
        let mut text = String::new();
        for (stage, Findings { reads, writes }) in &self.by_stage {
            let stage = &pipeline.stages[*stage];
            if !reads.is_empty() {
                let what =
                    format!("warning: '{}' reads what no input declares:\n{}", stage.name, list(reads));
                text.push_str(&format!("{what}{}", help(pipeline, stage, reads)));
            }
            if !writes.is_empty() {
                text.push_str(&format!(
                    "warning: '{}' writes beside its outputs:\n{}  \
                     declare it under outputs and write to {{outputs.…}}, or write below $TMPDIR\n",
                    stage.name,
                    list(writes)
                ));
            }
        }
        let commands =
            if self.units == 1 { "1 command".to_owned() } else { format!("{} commands", self.units) };
        text.push_str(&format!("audited {commands}"));
        if hits > 0 {
            let were = if hits == 1 { "1 hit was".to_owned() } else { format!("{hits} hits were") };
            text.push_str(&format!("; {were} not audited: -B audits all"));
        }
        text
    }
}

/// Returns the files that are listed: those of the project first.
fn listed(paths: &BTreeSet<PathBuf>) -> impl Iterator<Item = &PathBuf> {
    let elsewhere = paths.iter().filter(|path| path.is_absolute());
    paths.iter().filter(|path| path.is_relative()).chain(elsewhere).take(LISTED)
}

fn list(paths: &BTreeSet<PathBuf>) -> String {
    let mut text = String::new();
    for path in listed(paths) {
        text.push_str(&format!("    {}\n", path.display()));
    }
    if paths.len() > LISTED {
        text.push_str(&format!("    and {} more\n", paths.len() - LISTED));
    }
    text
}

/// Writes the lines that declare what lies in the project.
fn help(pipeline: &Pipeline, stage: &Stage, reads: &BTreeSet<PathBuf>) -> String {
    let mut sources = String::new();
    let mut inputs = String::new();
    let mut cached = false;
    let mut taken: BTreeSet<String> = pipeline.sources.keys().cloned().collect();
    taken.extend(stage.inputs.keys().cloned());
    for path in listed(reads) {
        let Some(text) = path.to_str().filter(|_| path.is_relative()) else { continue };
        if path.starts_with("cache") {
            cached = true;
            continue;
        }
        let known = pipeline.sources.iter().find(|(_, source)| {
            source.axes.is_empty() && source.cells.values().any(|lies| *lies == Lies::File(path.clone()))
        });
        let source = if let Some((name, _)) = known {
            name.clone()
        } else {
            let name = new_name(path, &mut taken);
            sources.push_str(&format!("    [source.{name}]\n    path = {}\n", toml(text)));
            name
        };
        inputs.push_str(&format!("    {source} = \"source.{source}\"\n"));
    }
    let mut help = String::new();
    if !sources.is_empty() {
        help.push_str(&format!("  add\n{sources}"));
    }
    if !inputs.is_empty() {
        help.push_str(&format!(
            "  and to the inputs of [stage.{}], for its command to use\n{inputs}",
            stage.name
        ));
    }
    if cached {
        help.push_str("  what another stage made is an input of the form \"stage.port\"\n");
    }
    help
}

/// Returns a name for a source, after its file.
fn new_name(path: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '-' };
    let mut base: String = stem.chars().map(letter).collect();
    if name::refuse(&base).is_some() {
        base = format!("file-{base}");
    }
    let numbered = (2_usize..).map(|number| format!("{base}-{number}"));
    let free = std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name));
    let name = free.unwrap_or(base);
    taken.insert(name.clone());
    name
}

/// Writes a string as TOML; what JSON escapes, TOML escapes in the same way.
fn toml(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}
