//! The README's results are generated: `tests/results` keeps the tables that a run of the default profile made
//! (`<table>.json`), and for each a digest of all that was planned for it (`planned.json`).
//!
//! So it is known without a run, which takes a quarter of an hour, that the README prints what the tables hold, and
//! that they are tables of the pipeline, the networks and the versions of kinds as they are now. `.ci/readme` writes all
//! of it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use contract::Digest;
use osteon::key::{ArtifactKey, Form, Key};
use osteon::manifest::Choice;
use osteon::plan::Part;
use osteon::run::{Project, Session, identify};
use serde_json::json;
use stages::CATALOGUE;

use crate::support::{checkout, text};

const BEGIN: &str = "<!-- results: ";
const END: &str = "<!-- end of results -->";
const KEPT: &str = "tests/results";
const REMEDY: &str = ".ci/readme runs what is not fresh and writes the section anew";

/// The README in three parts, and the experiments whose tables the middle one holds.
struct Readme {
    before: String,
    section: String,
    after: String,
    tables: Vec<String>,
}

impl Readme {
    fn read() -> Self {
        let readme = text("README.md");
        let start = readme.find(BEGIN).expect("the README says where its results begin");
        let line = &readme[start..start + readme[start..].find('\n').expect("a line ends")];
        let tables = line[BEGIN.len()..].trim_end_matches(" -->").split(' ').map(str::to_owned).collect();
        let (before, rest) = readme.split_at(start + line.len() + 1);
        let (section, after) = rest.split_at(rest.find(END).expect("the README says where its results end"));
        Self { before: before.to_owned(), section: section.to_owned(), after: after.to_owned(), tables }
    }
}

/// Returns the pipeline in its default profile.
fn pipeline() -> Project {
    let choice = Choice { profile: None, settings: Vec::new() };
    let manifest = checkout().join("pipeline.toml");
    Project::open(&manifest, &choice, &CATALOGUE).expect("the pipeline has no mistake")
}

/// Returns what the verb `table` prints of the kept tables, with titles, labels, notes and tolerances as they are now.
fn printed(tables: &[String]) -> String {
    let project = pipeline();
    let session = Session::look(&project, tables).expect("the pipeline can be planned");
    let entry = |name: &String| {
        let unit = session.plan.units.iter().find(|unit| unit.id == *name).expect("an experiment is a unit");
        let title = &unit.stage(&project.pipeline).title;
        let kept = checkout().join(KEPT).join(format!("{name}.json"));
        json!({ "name": name, "title": title, "params": unit.params.to_json(), "json": kept })
    };
    let request = json!({ "format": "markdown", "tables": tables.iter().map(entry).collect::<Vec<_>>() });
    let tool = CATALOGUE.tool("table").expect("the program is built with every stage");
    let mut out = Vec::new();
    (tool.run)(&request, &mut out).expect("the tables are kept");
    format!("\n{}\n", String::from_utf8(out).expect("a table is text"))
}

/// Returns for each table a digest of all that is planned for it: kinds with their versions, parameters and sources
/// of everything on the way to it.
///
/// It is the key, with what a producer is made from in the place of what it makes.
fn planned(tables: &[String]) -> BTreeMap<String, Key> {
    let project = pipeline();
    let Session { plan, sources, .. } = Session::look(&project, tables).expect("the pipeline can be planned");
    let mut keys = BTreeMap::<usize, Key>::new();
    for position in &plan.order {
        let artifact = |part: &Part| match part {
            Part::Source(name, cell) => sources.key(name, cell),
            Part::Unit(other, output) => {
                let origin = format!("{} {output}", keys[other]);
                ArtifactKey { form: Form::File, digest: Digest::of(origin.as_bytes()) }
            }
        };
        let unit = identify(&project.pipeline, &plan.units[*position], &artifact).expect("it can be written");
        keys.insert(*position, unit.key());
    }
    let named = keys.into_iter().map(|(position, key)| (plan.units[position].id.clone(), key));
    named.filter(|(id, _)| tables.contains(id)).collect()
}

/// Returns whether `.ci/readme` asks for the files to be written.
fn write() -> bool {
    std::env::var_os("OSTEON_RESULTS").is_some_and(|wanted| wanted == "write")
}

#[test]
fn the_readme_prints_the_kept_tables() {
    let Readme { before, section, after, tables } = Readme::read();
    let printed = printed(&tables);
    if write() {
        fs::write(checkout().join("README.md"), before + &printed + &after).expect("it can be written");
    } else {
        let differs = section.lines().zip(printed.lines()).find(|(read, printed)| read != printed);
        assert!(section == printed, "another text: {differs:#?}; {REMEDY}");
    }
}

#[test]
fn the_kept_tables_are_of_the_pipeline_as_it_is() {
    let planned = planned(&Readme::read().tables);
    let file = format!("{KEPT}/planned.json");
    if write() {
        let list = serde_json::to_string_pretty(&planned).expect("digests are JSON");
        fs::write(checkout().join(file), list + "\n").expect("it can be written");
        return;
    }
    let kept: BTreeMap<String, Key> = serde_json::from_str(&text(&file)).expect("it is a list of digests");
    let changed: BTreeSet<&String> =
        planned.keys().chain(kept.keys()).filter(|name| planned.get(*name) != kept.get(*name)).collect();
    assert!(changed.is_empty(), "made from something else by now: {changed:?}; {REMEDY}");
}
