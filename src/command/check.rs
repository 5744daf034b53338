mod artifact;
mod bytes;
mod rebuilding;
mod telling;

use std::collections::BTreeSet;
use std::time::Instant;

use self::artifact::first_difference;
use self::rebuilding::Rebuilding;
use self::telling::{Found, Kept, Verdict};
use super::print::print;
use super::run::machine;
use crate::cli::Check;
use crate::event::Outcome;
use crate::failure::{Exit, Failure};
use crate::plan::foresee;
use crate::run::{Anew, Freshness, Options, Project, Session, execute};
use crate::store::{Access, Store};
use crate::ui::show_seconds;

/// Makes units again in a cache of its own, and compares with what their records say.
pub(super) fn check(project: &Project, arguments: &Check) -> Result<Option<Exit>, Failure> {
    let begin = Instant::now();
    let machine = machine(arguments.jobs);
    let times = arguments.times.get();
    let options =
        Options { keep_going: true, anew: Anew::Targets, access: Access::Ro, whole: false, audit: false };
    let mut checked = Checked::default();
    for round in 1..=times {
        // Each time with an empty layer above the cache.
        let mut session = Session::open(project, &arguments.targets, Access::Ro, false)?;
        refuse_unless_whole(&session)?;
        for unit in &mut session.plan.units {
            checked.units.extend(unit.target.then(|| unit.id.clone()));
            unit.target &= !checked.differ.contains(&unit.id) && !checked.failed.contains(&unit.id);
        }
        let outlooks = foresee(&project.pipeline, &session.plan, &machine)?;
        let mut watcher = Rebuilding::new(round, times);
        let exit = execute(&mut session, &outlooks, &machine, options, &mut watcher)?;
        checked.round(&session, &watcher, arguments.json, round == times)?;
        if exit == Some(Exit::Interrupted) {
            return Ok(exit);
        }
    }
    Ok(checked.close(times, begin))
}

/// Refuses what has no record to compare with, or reads what is no longer there.
fn refuse_unless_whole(session: &Session<'_>) -> Result<(), Failure> {
    let whole = |unit: usize| {
        let record = session.standings[unit].record.as_ref();
        record.is_some_and(|record| session.store.has_outputs(record))
    };
    let mut stale = Vec::new();
    let mut lost = BTreeSet::new();
    for (position, unit) in session.plan.units.iter().enumerate().filter(|(_, unit)| unit.target) {
        if session.standings[position].freshness == Freshness::Fresh {
            lost.extend(
                std::iter::once(position).chain(unit.reads.iter().copied()).filter(|unit| !whole(*unit)),
            );
        } else {
            stale.push(unit.id.as_str());
        }
    }
    let refusal = |ids: &[&str], what: &str| {
        let lines = ids.iter().map(|id| format!("error: '{id}' {what}: osteon run '{id}' first"));
        Err(Failure::new(Exit::Stale, lines.collect::<Vec<_>>().join("\n")))
    };
    let lost: Vec<&str> = lost.iter().map(|unit| session.plan.units[*unit].id.as_str()).collect();
    match (stale.as_slice(), lost.as_slice()) {
        ([], []) => Ok(()),
        ([], lost) => refusal(lost, "lacks artifacts, gone from the cache or damaged"),
        (stale, _) => refusal(stale, "is not fresh: there is no record to compare with"),
    }
}

/// What was found out so far.
#[derive(Default)]
struct Checked {
    units: BTreeSet<String>,
    differ: BTreeSet<String>,
    failed: BTreeSet<String>,
    kept: Kept,
}

impl Checked {
    /// Looks at what one round made; a unit is told once: when it differs, or after the last round.
    fn round(
        &mut self,
        session: &Session<'_>,
        watcher: &Rebuilding,
        json: bool,
        last: bool,
    ) -> Result<(), Failure> {
        for (position, unit) in session.plan.units.iter().enumerate().filter(|(_, unit)| unit.target) {
            let failed = match watcher.ended.get(&unit.id) {
                Some(Outcome::Executed | Outcome::Hit) => false,
                Some(Outcome::Failed) => true,
                Some(Outcome::Skipped | Outcome::Cancelled) | None => continue,
            };
            let verdict = verdict(session, position, failed)?;
            match verdict.found {
                Found::Failed => self.failed.insert(unit.id.clone()),
                Found::Equal if !last => continue,
                Found::Equal => true,
                Found::Differs(..) => self.differ.insert(unit.id.clone()),
            };
            let text = verdict.text(session.project, &mut self.kept)?;
            if !text.is_empty() {
                say!("{}", text.trim_end());
            }
            if json {
                print(&verdict.json())?;
            }
        }
        Ok(())
    }

    fn close(&self, times: usize, begin: Instant) -> Option<Exit> {
        let count = |count: usize| if count == 1 { "1 unit".to_owned() } else { format!("{count} units") };
        let mut text = format!("checked {}", count(self.units.len()));
        if times > 1 {
            text.push_str(&format!(" {times} times"));
        }
        if !self.differ.is_empty() {
            let verb = if self.differ.len() == 1 { "differs" } else { "differ" };
            text.push_str(&format!(", {} {verb}", self.differ.len()));
        }
        if !self.failed.is_empty() {
            text.push_str(&format!(", {} failed", self.failed.len()));
        }
        if self.differ.is_empty() && self.failed.is_empty() {
            text.push_str(", all equal");
        }
        say!("{text} in {}", show_seconds(begin.elapsed().as_secs_f64()));
        match (self.failed.is_empty(), self.differ.is_empty()) {
            (false, _) => Some(Exit::Stage),
            (true, false) => Some(Exit::Mismatch),
            (true, true) => None,
        }
    }
}

/// Compares what the record of a unit says with what was made now, if it did not fail.
fn verdict<'a>(session: &'a Session<'_>, unit: usize, failed: bool) -> Result<Verdict<'a>, Failure> {
    let standing = &session.standings[unit];
    let planned = &session.plan.units[unit];
    let damaged = || Failure::new(Exit::Damaged, format!("error: the record of '{}' is damaged", planned.id));
    let key = standing.key.ok_or_else(damaged)?;
    let verdict = Verdict { id: &planned.id, key, found: Found::Failed, processors: None };
    if failed {
        return Ok(verdict);
    }
    let recorded = Store::look(&session.project.cache).record(&key).ok_or_else(damaged)?;
    let rebuilt = session.store.record(&key).ok_or_else(damaged)?;
    let mut found = Found::Equal;
    for output in &planned.stage(&session.project.pipeline).outputs {
        let (old, new) = (&recorded.outputs[&output.port], &rebuilt.outputs[&output.port]);
        if old != new {
            let first = first_difference(&session.store, old, new)?.ok_or_else(damaged)?;
            found = Found::Differs(&output.port, &output.file, first);
            break;
        }
    }
    let processors = (recorded.processor != rebuilt.processor)
        .then(|| (recorded.processor.clone(), rebuilt.processor.clone()));
    Ok(Verdict { found, processors, ..verdict })
}
