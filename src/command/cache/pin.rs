use std::collections::{BTreeMap, BTreeSet};

use contract::Digest;
use fs_err as fs;

use super::words::{count, show_since};
use crate::cli::Place;
use crate::command::print::{columns, print};
use crate::failure::{Exit, Failure};
use crate::key::Key;
use crate::manifest::needs::show_size;
use crate::run::{Project, Session};
use crate::store::{Access, Inventory, Pin, pins};

/// Keeps the records of targets and of everything upstream of them.
pub(super) fn pin(project: &Project, place: &Place, targets: &[String]) -> Result<Option<Exit>, Failure> {
    for target in targets {
        // A run's hold on the cache: no sweep comes between looking and pinning.
        let session = Session::open(project, std::slice::from_ref(target), Access::Rw, false)?;
        let pin = Pin {
            target: target.clone(),
            profile: project.pipeline.profile.clone(),
            settings: place.settings.clone(),
            project: owner(project),
            keys: keys(&session)?,
            objects: objects(&session),
        };
        let kept = pin.keys.len();
        session.store.pin(pin)?;
        say!("pinned '{target}': {}", count(kept, "record"));
    }
    Ok(None)
}

/// Returns the keys of all units of a session, which has to be fresh and whole.
fn keys(session: &Session<'_>) -> Result<BTreeMap<String, Key>, Failure> {
    let mut keys = BTreeMap::new();
    for (unit, standing) in session.plan.units.iter().zip(&session.standings) {
        let refuse = |why: &str| {
            Failure::usage(format!(
                "error: '{}' {why}, so there is nothing to pin: osteon run '{}'",
                unit.id, unit.id
            ))
        };
        let (Some(key), Some(record)) = (standing.key, &standing.record) else {
            return Err(refuse("is not fresh"));
        };
        if unit.target && !session.store.has_outputs(record) {
            return Err(refuse("has lost what it made"));
        }
        keys.insert(unit.id.clone(), key);
    }
    Ok(keys)
}

/// Returns the digests of all that the units of a session made.
fn objects(session: &Session<'_>) -> BTreeSet<Digest> {
    let records = session.standings.iter().filter_map(|standing| standing.record.as_ref());
    records.flat_map(|record| record.outputs.values().map(|artifact| artifact.digest)).collect()
}

/// Lists all pins of the cache.
pub(super) fn list(project: &Project) -> Result<Option<Exit>, Failure> {
    let inventory = Inventory::take(&project.cache, &project.runs())?;
    let mut rows = vec![["pin", "profile", "records", "size", "pinned"].map(str::to_owned).to_vec()];
    let mut pins = pins(&project.cache)?;
    pins.sort_by(|a, b| (&a.1.target, &a.0).cmp(&(&b.1.target, &b.0)));
    for (path, pin) in pins {
        let keys: BTreeSet<&Key> = pin.keys.values().collect();
        let there: Vec<_> = inventory.records.iter().filter(|entry| keys.contains(&entry.key)).collect();
        let lost = keys.len() - there.len();
        let lost = if lost == 0 { String::new() } else { format!(", {lost} lost") };
        let whose = match &pin.project {
            Some(whose) if owner(project).as_ref() != Some(whose) => format!("  of {whose}"),
            _ => String::new(),
        };
        rows.push(vec![
            format!("'{}'{}{whose}", pin.target, settings(&pin)),
            pin.profile.clone().unwrap_or_default(),
            format!("{}{lost}", there.len()),
            show_size(inventory.bytes_of(there)),
            show_since(fs::metadata(path)?.modified()?),
        ]);
    }
    print(&columns(&rows, &[2, 3, 4]))?;
    Ok(None)
}

/// Returns with which variables it was pinned, as they were given.
fn settings(pin: &Pin) -> String {
    pin.settings.iter().map(|setting| format!(" -S {setting}")).collect()
}

/// Returns whose pin it is, in a cache that projects share.
pub(super) fn owner(project: &Project) -> Option<String> {
    (project.cache != project.home).then(|| project.pipeline.folder.display().to_string())
}
