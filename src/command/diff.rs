mod finding;
mod results;
mod side;
mod text;
mod values;

use std::collections::BTreeSet;

use contract::Catalogue;

use self::finding::{Finding, Which};
use self::results::Results;
use self::side::{Finder, Side, Used};
use super::print::print;
use crate::cli::{Diff, Place};
use crate::failure::{Exit, Failure};
use crate::key::changes;
use crate::run::Project;
use crate::store::Store;

/// Tells in what two runs, profiles or stage runs differ: variables, parameters, results.
pub(super) fn diff(
    place: &Place,
    catalogue: &'static Catalogue,
    arguments: &Diff,
) -> Result<Option<Exit>, Failure> {
    let (project, _) = Project::open_anyway(&place.manifest(), &place.choice(), catalogue)?;
    let store = Store::look(&project.cache);
    let finder = Finder::new(place, catalogue, &project, &store)?;
    let (a, mut b) = (finder.find(&arguments.a)?, finder.find(&arguments.b)?);
    // Two stage runs that were named are compared, whatever their cells.
    if let (Some((id, _)), 1, true) = (a.units.first_key_value(), b.units.len(), a.is_one && b.is_one) {
        b.units = b.units.into_values().map(|used| (id.clone(), used)).collect();
    }
    let found = compare(&project, &store, (&a, &b), arguments.tolerance)?;
    if found.is_empty() {
        say!("{} and {} do not differ", a.title, b.title);
    } else if arguments.json {
        print(&found.iter().map(Finding::json).collect::<String>())?;
    } else {
        print(&text::text(&a, &b, &found))?;
    }
    Ok((arguments.exit_code && !found.is_empty()).then_some(Exit::Mismatch))
}

fn compare(
    project: &Project,
    store: &Store,
    (a, b): (&Side, &Side),
    tolerance: f64,
) -> Result<Vec<Finding>, Failure> {
    let mut found = variables(a, b);
    let mut results = Results::new(project, store, tolerance);
    let ids: BTreeSet<&String> = a.units.keys().chain(b.units.keys()).collect();
    for id in ids {
        match (a.units.get(id), b.units.get(id)) {
            (Some(old), Some(new)) => found.extend(of_unit(store, &mut results, id, (old, new))?),
            (Some(_), None) => found.push(Finding::Only { id: id.clone(), which: Which::A }),
            (None, _) => found.push(Finding::Only { id: id.clone(), which: Which::B }),
        }
    }
    found.extend(results.close());
    Ok(found)
}

fn variables(a: &Side, b: &Side) -> Vec<Finding> {
    let (Some(old), Some(new)) = (&a.variables, &b.variables) else {
        for side in [a, b].iter().filter(|side| side.variables.is_none() && !side.is_one) {
            say!("{} did not tell its variables: those are not compared", side.title);
        }
        return Vec::new();
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differ = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let variable = |name: &String| Finding::Variable {
        name: name.clone(),
        a: old.get(name).cloned(),
        b: new.get(name).cloned(),
    };
    differ.map(variable).collect()
}

/// Compares one stage run: what defines it now, what it made later.
fn of_unit(
    store: &Store,
    results: &mut Results<'_>,
    id: &str,
    (a, b): (&Used, &Used),
) -> Result<Vec<Finding>, Failure> {
    if a.key == b.key && a.outputs == b.outputs {
        return Ok(Vec::new());
    }
    let records = [store.record(&a.key), store.record(&b.key)];
    let gone: Vec<Finding> = [Which::A, Which::B]
        .into_iter()
        .zip(&records)
        .filter(|(_, record)| record.is_none())
        .map(|(which, _)| Finding::Gone { id: id.to_owned(), which, what: "the record".to_owned() })
        .collect();
    let [old, new] = &records;
    let mut found = gone;
    if let (Some(old), Some(new)) = (old, new) {
        let changes = changes(&old.manifest, &new.manifest);
        found.extend(changes.into_iter().map(|change| Finding::Change { id: id.to_owned(), change }));
    }
    if let Some(record) = new.as_ref().or(old.as_ref()) {
        results.compare(id, &record.manifest, a, b)?;
    }
    Ok(found)
}
