mod block;
mod found;
mod ledger;
mod lines;
mod number;
mod way;

use std::collections::BTreeSet;

use contract::Catalogue;
use serde_json::json;

use self::block::Scene;
use self::ledger::Ledger;
use self::number::Number;
use self::way::{Now, Step, Way};
use super::asked::{Asked, stage_of};
use super::parquet::Row;
use super::print::{columns, print, warn_unless_fresh};
use crate::cli::{Place, Trace};
use crate::failure::{Exit, Failure};
use crate::run::{Project, Session};
use crate::store::Store;

/// Follows what was asked for back to the sources, by what the records say was really used.
pub(super) fn trace(
    place: &Place,
    catalogue: &'static Catalogue,
    arguments: &Trace,
) -> Result<Option<Exit>, Failure> {
    let (project, mistakes) = Project::open_anyway(&place.manifest(), &place.choice(), catalogue)?;
    let session = match mistakes {
        None => Session::look(&project, &[]),
        Some(mistakes) => Err(mistakes),
    };
    if session.is_err() {
        say!("warning: nothing can be planned (osteon status says why): this is what the last runs recorded");
    }
    let session = session.ok();
    let now = Now::new(session.as_ref().map(|session| &session.plan));
    let store = Store::look(&project.cache);
    let history = project.history();
    let ledger = Ledger::read(&project, &store, &history)?;
    for text in &arguments.cells {
        let asked = Asked::parse(text)?;
        let units = asked.units(&project, &history, &|id| now.has(id)).map_err(|missing| {
            let target = asked.target(&project).filter(|_| session.is_some());
            target.and_then(|target| Session::look(&project, &[target]).err()).unwrap_or(missing)
        })?;
        let mut port = None;
        let mut number = Number::default();
        if let Some((id, entry)) = units.iter().find_map(|(id, key)| Some((id, ledger.record(*key)?))) {
            match (asked.rest.as_slice(), asked.of_number(id).len()) {
                ([name], 1) if entry.record.outputs.contains_key(name) => port = Some(name.as_str()),
                _ => number = Number::find(&project, &store, (id, entry), &asked)?,
            }
        }
        let way = Way::back(&ledger, &now, &units, &|cell| number.wants(cell));
        let scene = Scene {
            project: &project,
            store: &store,
            way: &way,
            targets: &units,
            cells: arguments.every_cell,
            port,
        };
        print(&if arguments.json { json_lines(&scene, &number) } else { text_of(&scene, &number) })?;
        if let Some(session) = &session {
            let on_the_way: BTreeSet<&str> = way.steps.iter().map(|step| step.id.as_str()).collect();
            let units = session.plan.units.iter().enumerate();
            let units = units.filter(|(_, unit)| on_the_way.contains(unit.id.as_str()));
            warn_unless_fresh(session, units.map(|(unit, _)| unit));
        }
    }
    Ok(None)
}

fn json_lines(scene: &Scene<'_>, number: &Number) -> String {
    let mut text = String::new();
    for row in &number.rows {
        text.push_str(&format!("{}\n", json!({ "reason": "traced-number", "number": row.to_json() })));
    }
    for step in &scene.way.steps {
        text.push_str(&lines::step(scene.project, scene.store, scene.way, step));
    }
    for (outside, artifact) in scene.way.sources() {
        text.push_str(&lines::source(outside, artifact));
    }
    text
}

fn text_of(scene: &Scene<'_>, number: &Number) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let said = |row: &Row| {
        let text = |name: &str| row.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        format!(
            "{}, {}: {}, published {}\n",
            text("row"),
            text("column"),
            text("ours_text"),
            text("published_text")
        )
    };
    let numbers: String = number.rows.iter().map(said).collect();
    blocks.extend((!numbers.is_empty()).then_some(numbers));
    let mut groups: Vec<Vec<&Step<'_>>> = Vec::new();
    for step in &scene.way.steps {
        let same = |group: &&mut Vec<&Step<'_>>| stage_of(&group[0].id) == stage_of(&step.id);
        match groups.iter_mut().find(same).filter(|_| !scene.cells) {
            Some(group) => group.push(step),
            None => groups.push(vec![step]),
        }
    }
    blocks.extend(groups.iter().map(|group| scene.block(group)));
    let files = |files: usize| if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    let source = |(outside, artifact): (&crate::store::Outside, crate::key::ArtifactKey)| {
        vec![outside.name.clone(), outside.path.clone(), artifact.digest.short(), files(outside.files)]
    };
    let sources: Vec<Vec<String>> = scene.way.sources().into_iter().map(source).collect();
    blocks.extend((!sources.is_empty()).then(|| columns(&sources, &[])));
    blocks.join("\n")
}
