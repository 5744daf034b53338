use std::collections::BTreeSet;
use std::path::Path;

use contract::{Catalogue, Kind};
use fuzzer::{Grammar, Target};
use osteon::manifest::value::{Form, Table, Value};
use osteon::manifest::{Choice, Grid, Pipeline, Unread, read};
use osteon::plan::{self, Plan, expand};

use super::folder::{folder, write};
use crate::support::{checkout, text};

#[path = "../toy/paper.rs"]
mod paper;

static CATALOGUE: Catalogue = Catalogue { kinds: &KINDS, tools: &[] };
const KINDS: [Kind; paper::KINDS.len()] = paper::KINDS;

/// More cells than these in one grid are planned by other tests, which may take their time.
const MOST_CELLS: usize = 64;

const GRAMMAR: Grammar = Grammar::text(&[
    "[stage.a]\ncommand = \"true > {outputs.o}\"\noutputs = { o = \"o\" }\n",
    "[source.s]\npath = ",
    "[variables]\n",
    "[profile.p]\n",
    "default-profile = ",
    "experiments = \"experiments/*.toml\"\n",
    "kind = \"train\"\n",
    "grid = ",
    "grid.axes = { x = [1, 2] }\n",
    "exclude = [{ x = 1 }]",
    "include = [{ x = 9 }]",
    "over = { x = [1, 2] }\n",
    "inputs = { i = \"a.o\" }\n",
    "params = { p = \"$x\" }\n",
    "outputs = { o = \"o/\" }\n",
    "needs = { cpus = 1, memory = \"1 GiB\", gpus = 0, timeout = \"10m\", retries = 1 }\n",
    "env = [\"LANG\"]\n",
    "private = true\n",
    "title = \"t\"\n",
    "{inputs.i}",
    "{outputs.o}",
    "{params.p.q}",
    "\"$x\"",
    "\"$$x\"",
    "[x=1,y=*]",
    "[*]",
    "[over]",
    "source.s",
    "sheets/{subject}.csv",
    "**/*.csv",
    "!*.csv",
    "%2F",
    "..",
    "a.a.a.a",
    "\"\"\"",
    "'''",
    "#",
    "=",
    ",",
    "1979-05-27T07:32:00Z",
    "nan",
    "\u{FEFF}",
    "\u{200D}ä",
    "\r\n",
    "\t",
]);

/// What a manifest and its plan may need, however it is written.
fn manifest(name: &'static str) -> Target {
    let manifests = checkout().join("tests/manifests");
    Target::new(name, GRAMMAR)
        .files(&manifests, &["toml"])
        .files(&checkout().join("experiments"), &["toml"])
        .seeds([text("pipeline.toml").into_bytes()])
        .longest(32 << 10)
        .memory(64 << 20, 1 << 10)
}

#[test]
fn a_manifest_is_planned_or_refused() {
    let folder = folder();
    let root = folder.path().join("a/b/c/d");
    for file in ["table.csv", "sheets/anna.csv", "sheets/ben.csv", "more/anna.csv", "experiments/one.toml"] {
        write(&root.join(file), b"command = \"true > {outputs.o}\"\noutputs = { o = \"o\" }\n");
    }
    manifest("manifest").run(move |bytes| {
        write(&root.join("pipeline.toml"), bytes);
        if leaves(bytes) { "not tried".to_owned() } else { planned(&root) }
    });
}

#[test]
fn an_experiment_is_planned_or_refused() {
    let folder = folder();
    let root = folder.path().join("a/b/c/d");
    let manifest = "experiments = \"experiments/*.toml\"\n[variables]\nseeds = [1, 2]\n\
         [stage.train]\ngrid = [\"network\", \"seed\"]\nparams = { n = \"$network\", s = \"$seed\" }\n\
         outputs = { metrics = \"m\" }\ncommand = \"true > {outputs.metrics}\"\n";
    write(&root.join("pipeline.toml"), manifest.as_bytes());
    self::manifest("experiment").run(move |bytes| {
        write(&root.join("experiments/table.toml"), bytes);
        if leaves(bytes) { "not tried".to_owned() } else { planned(&root) }
    });
}

/// Returns whether a pattern could search the whole machine, which takes as long as it takes.
fn leaves(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let root = ["\"/", "'/", "\\u", "\\U", "\\x"].iter().any(|sign| text.contains(sign));
    root || text.matches("..").count() > 3 || text.lines().any(|line| line.trim_start().starts_with('/'))
}

fn planned(root: &Path) -> String {
    let pipeline = match read(&root.join("pipeline.toml"), &Choice::default(), &CATALOGUE) {
        Ok(pipeline) => pipeline,
        Err(Unread::Mistakes { rest: Some(rest), .. }) if has_many_cells(&rest) => {
            return "mistakes, and too many cells to try".to_owned();
        }
        Err(unread) => return codes(&plan::refuse(unread).text),
    };
    if has_many_cells(&pipeline) {
        return "too many cells to try".to_owned();
    }
    match expand(&pipeline, &[], &plan::Tables::new()) {
        Ok(plan) => {
            hold(&pipeline, &plan);
            format!(
                "{} stages, {} units",
                "|".repeat(pipeline.stages.len()),
                "|".repeat(plan.units.len().min(9))
            )
        }
        Err(failure) => codes(&failure.text),
    }
}

fn has_many_cells(pipeline: &Pipeline) -> bool {
    pipeline.stages.iter().any(|stage| cells(pipeline, stage) > MOST_CELLS)
}

/// What must hold of every plan.
pub(super) fn hold(pipeline: &Pipeline, plan: &Plan) {
    let mut done = BTreeSet::new();
    for unit in &plan.order {
        assert!(
            plan.units[*unit].reads.iter().all(|read| done.contains(read)),
            "a unit comes after what it reads"
        );
        assert!(done.insert(*unit), "a unit comes once");
    }
    assert_eq!(done.len(), plan.units.len(), "every unit comes");
    let ids: BTreeSet<&str> = plan.units.iter().map(|unit| unit.id.as_str()).collect();
    assert_eq!(ids.len(), plan.units.len(), "two units have two ids");
    for unit in plan.units.iter().take(3).filter(|unit| !unit.id.contains('~')) {
        let target = plan::Target::parse(&unit.id, pipeline).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(target.matches(&unit.cell), "an id means its unit: {}", unit.id);
    }
}

/// Returns the sorts of mistakes that were made.
fn codes(text: &str) -> String {
    let codes: BTreeSet<&str> =
        text.split("manifest::").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    if codes.contains("syntax") || codes.is_empty() {
        return text.lines().filter(|line| !line.contains(" │ ")).collect();
    }
    codes.into_iter().collect::<Vec<_>>().join(" ")
}

/// Returns how many cells a stage may have or gather, before exclusions.
fn cells(pipeline: &Pipeline, stage: &osteon::manifest::Stage) -> usize {
    let product = |axes: &Table| {
        axes.values().map(|entry| length(pipeline, &entry.value)).fold(1, usize::saturating_mul)
    };
    let own = match &stage.grid {
        Grid::Axes { axes, include, .. } => product(axes).saturating_add(include.len()),
        Grid::Single | Grid::Open(_) | Grid::Of(_) | Grid::Rows(_) => 1,
    };
    stage.over.iter().map(product).fold(own, usize::saturating_add)
}

fn length(pipeline: &Pipeline, value: &Value) -> usize {
    let variable = value.as_text().and_then(|text| pipeline.variables.get(text.strip_prefix('$')?));
    match &variable.unwrap_or(value).form {
        Form::List(items) => items.len(),
        Form::Scalar(_) | Form::Table(_) => 1,
    }
}
