use std::collections::BTreeSet;

use serde_json::json;

use super::print::print;
use crate::cli::Why;
use crate::failure::{Exit, Failure};
use crate::key::Change;
use crate::manifest::value::{Form, Value};
use crate::run::{Freshness, Project, Session, brief};

/// Tells why units are not fresh.
pub(super) fn why(project: &Project, arguments: &Why) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.targets)?;
    // What a change reruns is not only what was asked for.
    let everything = Session::look(project, &[])?;
    let mut text = String::new();
    for (position, unit) in session.plan.units.iter().enumerate().filter(|(_, unit)| unit.target) {
        let chain = chain(&session, position);
        let root = *chain.last().expect("a chain begins with the unit itself");
        let standing = &session.standings[root];
        let changes = standing.changes();
        let reruns = reruns(&everything, &session.plan.units[root].id);
        if arguments.json {
            let line = json!({
                "reason": "stage-status",
                "id": unit.id,
                "state": session.standings[position].freshness,
                "key": session.standings[position].key.map(|key| key.0),
                "cause": session.standings[position].cause(&session.plan),
                "chain": chain.iter().map(|unit| &session.plan.units[*unit].id).collect::<Vec<_>>(),
                "changes": changes.iter().map(|change| json!({
                    "path": change.path.join("."), "old": change.old, "new": change.new,
                    "place": place(&session, root, change),
                })).collect::<Vec<_>>(),
                "reruns": reruns,
            });
            text.push_str(&format!("{line}\n"));
            continue;
        }
        text.push_str(&format!("'{}'  {}\n", unit.id, word(session.standings[position].freshness)));
        if session.standings[position].freshness == Freshness::Fresh {
            continue;
        }
        for pair in chain.windows(2) {
            text.push_str(&format!(
                "  reads '{}'  {}\n",
                session.plan.units[pair[1]].id,
                word(session.standings[pair[1]].freshness)
            ));
        }
        match (standing.freshness, changes.is_empty()) {
            (Freshness::Fresh, _) => {
                text.push_str("  what it made is gone from the cache: it is made again\n");
            }
            (Freshness::Missing | Freshness::Stale, _) if standing.failed.is_some() => {
                let id = &session.plan.units[root].id;
                text.push_str(&format!("  it failed when it ran last: osteon log '{id}'\n"));
            }
            (Freshness::Missing, _) => text.push_str("  it never ran under this profile\n"),
            (_, true) => text.push_str("  the record of its last run is gone: nothing to compare with\n"),
            (_, false) => {}
        }
        for change in &changes {
            let place = place(&session, root, change).map_or(String::new(), |place| format!("  {place}"));
            text.push_str(&format!("  {}{place}\n", brief(change)));
            for line in inputs_of(change) {
                text.push_str(&format!("    {line}\n"));
            }
        }
        match reruns {
            1 => text.push_str("  nothing else depends on it\n"),
            _ => text.push_str(&format!("  may rerun it and {} that depend on it\n", reruns - 1)),
        }
    }
    print(&text)?;
    Ok(None)
}

fn word(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Fresh => "fresh",
        Freshness::Stale => "stale",
        Freshness::Missing => "missing",
        Freshness::Waiting => "waiting",
    }
}

/// Returns the unit, what it waits for, and so on to the root cause.
fn chain(session: &Session<'_>, unit: usize) -> Vec<usize> {
    let mut chain = vec![unit];
    let mut here = unit;
    while let Some(next) = session.standings[here].awaits {
        chain.push(next);
        here = next;
    }
    chain
}

/// Returns how many units a change of the unit called `id` may rerun, itself counted.
fn reruns(session: &Session<'_>, id: &str) -> usize {
    let Some(start) = session.plan.units.iter().position(|unit| unit.id == id) else { return 1 };
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(unit) = open.pop() {
        for &reader in &session.plan.readers[unit] {
            if seen.insert(reader) {
                open.push(reader);
            }
        }
    }
    seen.len()
}

/// Returns the line of the manifest that a change comes from.
fn place(session: &Session<'_>, unit: usize, change: &Change) -> Option<String> {
    let pipeline = &session.project.pipeline;
    let planned = &session.plan.units[unit];
    let stage = planned.stage(pipeline);
    let written = |value: &Value, name: &str| match &value.form {
        Form::Table(table) => table.get(name).map(|entry| entry.value.clone()),
        _ => None,
    };
    let name = change.path.get(1)?;
    let span = match change.path[0].as_str() {
        "params" => {
            let value = written(&stage.params, name)?;
            let variable = value.as_text().and_then(crate::manifest::name::variable);
            match variable.and_then(|variable| pipeline.variables.get(variable)) {
                Some(variable) => variable.span.clone(),
                None => value.span,
            }
        }
        "inputs" => stage.inputs.get(name)?.span.clone(),
        "outputs" => stage.outputs.iter().find(|output| output.port == *name)?.span.clone(),
        "work" => match &stage.work {
            crate::manifest::Work::Command(_, span) | crate::manifest::Work::Kind(_, span) => span.clone(),
        },
        _ => return None,
    };
    Some(pipeline.texts.line(&span))
}

/// Returns which cells of a gather changed, and from which bytes to which.
fn inputs_of(change: &Change) -> Vec<String> {
    if change.path[0] != "inputs" {
        return Vec::new();
    }
    let short = |value: &serde_json::Value| {
        value["digest"].as_str().map_or("nothing".into(), |text| text[..12].to_owned())
    };
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return Vec::new() };
    match (old.as_array(), new.as_array()) {
        (Some(old), Some(new)) => {
            let cell = |item: &serde_json::Value| item[0].as_str().unwrap_or_default().to_owned();
            let of = |items: &[serde_json::Value], name: &str| {
                items.iter().find(|item| cell(item) == name).cloned()
            };
            let mut names: Vec<String> = old.iter().chain(new).map(cell).collect();
            names.sort();
            names.dedup();
            let differs = |name: &String| of(old, name) != of(new, name);
            let show = |name: &String| {
                let side = |items: &[serde_json::Value]| {
                    of(items, name).map_or("none".into(), |item| short(&item[1]))
                };
                format!("[{name}]  {} → {}", side(old), side(new))
            };
            names.iter().filter(|name| differs(name)).map(show).collect()
        }
        _ if change.path.last().is_some_and(|last| last == "digest") => {
            let text = |value: &serde_json::Value| {
                value.as_str().unwrap_or_default().chars().take(12).collect::<String>()
            };
            vec![format!("{} → {}", text(old), text(new))]
        }
        _ => Vec::new(),
    }
}
