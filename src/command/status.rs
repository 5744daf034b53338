use super::print::{columns, print};
use crate::cli::{Place, Status};
use crate::failure::{Exit, Failure};
use crate::run::{Freshness, Project, Session, Witness};

/// How units can stand, in the order of the columns.
const STATES: [Freshness; 4] = [Freshness::Fresh, Freshness::Stale, Freshness::Missing, Freshness::Waiting];

/// Returns whether all is known to be fresh without planning: then that is told.
pub(super) fn repeats(place: &Place, arguments: &Status) -> Result<bool, Failure> {
    let plain = arguments.targets.is_empty() && !arguments.json;
    let witness = if plain { Witness::find(&place.manifest(), &place.choice()) } else { None };
    let Some(witness) = witness else { return Ok(false) };
    let row = |(stage, units)| (stage, [units, 0, 0, 0], String::new());
    print(&table(witness.stages.into_iter().map(row)))?;
    Ok(true)
}

/// Tells how every stage stands.
pub(super) fn status(project: &Project, arguments: &Status) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.targets)?;
    if arguments.json {
        print(&lines(&session))?;
    } else {
        print(&table(counts(&session)))?;
    }
    let fresh = session.standings.iter().all(|standing| standing.freshness == Freshness::Fresh);
    Ok((arguments.exit_code && !fresh).then_some(Exit::Stale))
}

/// Writes one JSON object for each unit.
fn lines(session: &Session<'_>) -> String {
    let mut text = String::new();
    for &position in &session.plan.order {
        let standing = &session.standings[position];
        let line = serde_json::json!({
            "reason": "stage-status",
            "id": session.plan.units[position].id,
            "state": standing.freshness,
            "key": standing.key.map(|key| key.0),
            "cause": standing.cause(&session.plan),
        });
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// Returns for each stage how many of its units stand how, and why the first of them is not fresh.
fn counts(session: &Session<'_>) -> impl Iterator<Item = (String, [usize; 4], String)> {
    let stages = &session.project.pipeline.stages;
    let mut by_stage: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
    session.plan.order.iter().for_each(|unit| by_stage[session.plan.units[*unit].stage].push(*unit));
    stages.iter().zip(by_stage).filter(|(_, units)| !units.is_empty()).map(|(stage, units)| {
        let standing = |unit: &usize| &session.standings[*unit];
        let count = |state| units.iter().filter(|unit| standing(unit).freshness == state).count();
        let first = units.iter().map(standing).find(|standing| standing.freshness != Freshness::Fresh);
        let why = first.map_or(String::new(), |standing| standing.cause(&session.plan));
        (stage.name.clone(), STATES.map(count), why)
    })
}

fn table(stages: impl Iterator<Item = (String, [usize; 4], String)>) -> String {
    let heads = ["stage", "fresh", "stale", "missing", "waiting", "why"];
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    let mut totals = [0; 4];
    for (stage, counts, why) in stages {
        let mut row = vec![stage];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
            row.push(if count == 0 { "·".to_owned() } else { count.to_string() });
        }
        row.push(why);
        rows.push(row);
    }
    let mut last = vec!["all".to_owned()];
    last.extend(totals.map(|total| total.to_string()));
    rows.push(last);
    columns(&rows, &[1, 2, 3, 4])
}
