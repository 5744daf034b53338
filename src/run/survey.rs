use std::sync::Arc;

use contract::Digest;

use super::history::History;
use super::identity::identify;
use super::sources::Sources;
use crate::failure::Failure;
use crate::key::{ArtifactKey, Change, Key, KeyManifest, changes};
use crate::manifest::Pipeline;
use crate::plan::{Part, Plan};
use crate::store::{Artifact, Record, Store, Summary};

/// What can be said of a unit before anything runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freshness {
    /// Its key has a record.
    Fresh,
    /// Its key has none; an earlier run had another key here.
    Stale,
    /// Its key has none, and it never ran.
    Missing,
    /// Something that it reads will be made anew; only then is its key known.
    Waiting,
}

/// How a unit stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// In one word.
    pub freshness: Freshness,
    /// Its key, unless it waits.
    pub key: Option<Key>,
    /// What that key stands for, unless it is fresh.
    pub manifest: Option<Arc<KeyManifest>>,
    /// What the record of that key says.
    pub record: Option<Summary>,
    /// The record of the key that it used last, if that is another one and is still there.
    pub before: Option<Record>,
    /// The unit that it waits for.
    pub awaits: Option<usize>,
    /// The name of the unit if it failed when it ran last.
    pub failed: Option<String>,
    /// Whether what it made is gone or damaged, though its record is there.
    pub lost: bool,
}

impl Standing {
    /// Returns what changed since the record that the unit used last.
    pub fn changes(&self) -> Vec<Change> {
        match (&self.manifest, &self.before) {
            (Some(manifest), Some(before)) => changes(&before.manifest, manifest),
            _ => Vec::new(),
        }
    }

    /// Returns why it is not fresh, in a few words; nothing if it is.
    pub fn cause(&self, plan: &Plan) -> String {
        if let Some(id) = self.failed.as_ref().filter(|_| self.freshness != Freshness::Fresh) {
            return format!("failed when it ran last: osteon log '{id}'");
        }
        if self.lost {
            return "what it made is gone or damaged".to_owned();
        }
        match self.freshness {
            Freshness::Fresh => String::new(),
            Freshness::Missing => "never ran".to_owned(),
            Freshness::Waiting => {
                self.awaits.map_or(String::new(), |unit| format!("waits for '{}'", plan.units[unit].id))
            }
            Freshness::Stale => match self.changes().first() {
                Some(change) => brief(change),
                None => "its record is gone".to_owned(),
            },
        }
    }
}

/// Writes a change in a few words.
pub fn brief(change: &Change) -> String {
    let path = change.path.join(".");
    let show = |value: &Option<serde_json::Value>| match value {
        Some(value) => shorten(&value.to_string()),
        None => "nothing".to_owned(),
    };
    match change.path.first().map(String::as_str) {
        Some("inputs") => {
            format!("{} changed", change.path.iter().take(2).cloned().collect::<Vec<_>>().join("."))
        }
        Some("work") => match change.path.last().map(String::as_str) {
            Some("version") => format!("the kind's version {} → {}", show(&change.old), show(&change.new)),
            _ => "the command changed".to_owned(),
        },
        Some("env") => format!("{path} changed"),
        _ => format!("{path} {} → {}", show(&change.old), show(&change.new)),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

/// Works out how each unit stands, in the order of the plan; nothing is run or written.
///
/// # Errors
/// If a source cannot be read.
pub fn survey(
    pipeline: &Pipeline,
    plan: &Plan,
    store: &Store,
    sources: &Sources,
    history: &History,
) -> Result<Vec<Standing>, Failure> {
    let mut standings: Vec<Option<Standing>> = vec![None; plan.units.len()];
    for &position in &plan.order {
        let unit = &plan.units[position];
        let awaits = unit.reads.iter().copied().find(|read| {
            standings[*read].as_ref().is_none_or(|standing| standing.freshness != Freshness::Fresh)
        });
        // Of what tells its cells the bytes may be gone.
        let awaits = awaits.or(unit.reads.first().copied().filter(|_| unit.awaited));
        let standing = if awaits.is_some() {
            Standing {
                freshness: Freshness::Waiting,
                key: None,
                manifest: None,
                record: None,
                before: None,
                awaits,
                failed: None,
                lost: false,
            }
        } else {
            let artifact = |part: &Part| match part {
                Part::Source(name, cell) => sources.key(name, cell),
                Part::Unit(other, output) => {
                    let record = standings[*other].as_ref().and_then(|standing| standing.record.as_ref());
                    recorded(pipeline, plan, *other, *output, record)
                }
            };
            let manifest = identify(pipeline, unit, &artifact)?;
            let key = manifest.key();
            let record = store.summary(&key);
            let last = history.last(&unit.id).filter(|last| **last != key);
            let freshness = match (&record, history.last(&unit.id)) {
                (Some(_), _) => Freshness::Fresh,
                (None, Some(_)) => Freshness::Stale,
                (None, None) => Freshness::Missing,
            };
            let before = last.filter(|_| record.is_none()).and_then(|last| store.record(last));
            let manifest = record.is_none().then(|| Arc::new(manifest));
            let failed = history.has_failed(&unit.id).then(|| unit.id.clone());
            Standing {
                freshness,
                key: Some(key),
                manifest,
                record,
                before,
                awaits: None,
                failed,
                lost: false,
            }
        };
        standings[position] = Some(standing);
    }
    Ok(standings.into_iter().map(|standing| standing.expect("the order names every unit")).collect())
}

/// Returns what a record says of one output.
pub(super) fn recorded(
    pipeline: &Pipeline,
    plan: &Plan,
    unit: usize,
    output: usize,
    record: Option<&Summary>,
) -> ArtifactKey {
    let port = &plan.units[unit].stage(pipeline).outputs[output].port;
    let artifact = record.and_then(|record| record.outputs.get(port));
    // A record whose key names this port and which lacks it would have been refused.
    artifact.map_or(ArtifactKey { form: crate::key::Form::File, digest: Digest::of(&[]) }, Artifact::key)
}
