use super::print::{columns, print};
use crate::cli::Status;
use crate::failure::{Exit, Failure};
use crate::run::{Freshness, Project, Session};

/// Tells how every stage stands.
pub(super) fn status(project: &Project, arguments: &Status) -> Result<Option<Exit>, Failure> {
    let session = Session::look(project, &arguments.targets)?;
    if arguments.json {
        print(&lines(&session))?;
    } else {
        print(&table(&session))?;
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

fn table(session: &Session<'_>) -> String {
    let states = [Freshness::Fresh, Freshness::Stale, Freshness::Missing, Freshness::Waiting];
    let heads = ["stage", "fresh", "stale", "missing", "waiting", "why"];
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    let mut totals = [0; 4];
    let stages = &session.project.pipeline.stages;
    let mut by_stage: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
    session.plan.order.iter().for_each(|unit| by_stage[session.plan.units[*unit].stage].push(*unit));
    for (stage, units) in stages.iter().zip(by_stage).filter(|(_, units)| !units.is_empty()) {
        let mut row = vec![stage.name.clone()];
        for (total, state) in totals.iter_mut().zip(states) {
            let count = units.iter().filter(|unit| session.standings[**unit].freshness == state).count();
            *total += count;
            row.push(if count == 0 { "·".to_owned() } else { count.to_string() });
        }
        let first = units.iter().find(|unit| session.standings[**unit].freshness != Freshness::Fresh);
        row.push(first.map_or(String::new(), |unit| session.standings[*unit].cause(&session.plan)));
        rows.push(row);
    }
    let mut last = vec!["all".to_owned()];
    last.extend(totals.map(|total| total.to_string()));
    rows.push(last);
    columns(&rows, &[1, 2, 3, 4])
}
