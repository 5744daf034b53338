use std::collections::BTreeMap;

use contract::{Catalogue, Digest};
use serde_json::Value as Json;

use crate::cli::Place;
use crate::command::asked::Asked;
use crate::failure::Failure;
use crate::key::Key;
use crate::manifest::Choice;
use crate::run::{PastRun, Project, Session, past_runs};
use crate::store::Store;

/// Runs that are named where one is not found.
const NAMED: usize = 5;

/// One of the two that are compared.
pub(super) struct Side {
    /// What it is, for people.
    pub(super) title: String,
    /// The values of the variables, if they are known.
    pub(super) variables: Option<BTreeMap<String, Json>>,
    /// Whether it is one stage run, asked for by itself.
    pub(super) is_one: bool,
    /// What it made or used.
    pub(super) units: BTreeMap<String, Used>,
}

/// One stage run of a side.
#[derive(Clone)]
pub(super) struct Used {
    pub(super) key: Key,
    /// The digests of its outputs; none if they are not known.
    pub(super) outputs: BTreeMap<String, Digest>,
}

/// What sides are found in.
pub(super) struct Finder<'a> {
    pub(super) place: &'a Place,
    pub(super) catalogue: &'static Catalogue,
    pub(super) project: &'a Project,
    pub(super) store: &'a Store,
    pub(super) runs: Vec<PastRun>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(
        place: &'a Place,
        catalogue: &'static Catalogue,
        project: &'a Project,
        store: &'a Store,
    ) -> Result<Self, Failure> {
        Ok(Self { place, catalogue, project, store, runs: past_runs(&project.runs())? })
    }

    /// Finds a run by the beginning of its name, else a profile, else a stage run by its id or the beginning of its key.
    pub(super) fn find(&self, text: &str) -> Result<Side, Failure> {
        let named: Vec<&PastRun> = self.runs.iter().filter(|run| run.name.starts_with(text)).collect();
        match named.as_slice() {
            [] => {}
            [run] => return Ok(Self::run(run)),
            several => {
                return Err(Failure::usage(format!(
                    "error: '{text}' begins the names of {} runs:\n{}",
                    several.len(),
                    listed(several.iter().copied())
                )));
            }
        }
        let choice = Choice { profile: Some(text.to_owned()), settings: self.place.settings.clone() };
        if let Ok((project, mistakes)) = Project::open_anyway(&self.place.manifest(), &choice, self.catalogue)
        {
            return self.profile(text, &project, mistakes.is_some());
        }
        if let Some(side) = self.keyed(text)? {
            return Ok(side);
        }
        let units = Asked::parse(text)
            .and_then(|asked| asked.units(self.project, &self.project.history(), &|_| false));
        match units.as_deref() {
            Ok([(id, key)]) => Ok(self.one(id, *key)),
            Ok(several) => Err(Failure::usage(format!(
                "error: '{text}' is {} stage runs; name one, such as '{}'",
                several.len(),
                several[0].0
            ))),
            Err(_) => Err(Failure::usage(format!(
                "error: there is no run, profile or stage run '{text}'; the last runs are\n{}",
                listed(self.runs.iter().rev().take(NAMED))
            ))),
        }
    }

    fn run(run: &PastRun) -> Side {
        let profile = run.profile.as_ref().map_or(String::new(), |profile| format!(" of {profile}"));
        let used = |(id, ended): (&String, &crate::run::Ended)| {
            (id.clone(), Used { key: ended.key, outputs: ended.outputs.clone() })
        };
        Side {
            title: format!("the run {}{profile}", run.name),
            variables: Some(run.variables.clone()).filter(|variables| !variables.is_empty()),
            is_one: false,
            units: run.units.iter().map(used).collect(),
        }
    }

    /// Returns what the last runs of a profile left: of the cells that there are now, if that can be told.
    fn profile(&self, name: &str, project: &Project, mistaken: bool) -> Result<Side, Failure> {
        let last = self.runs.iter().rev().find(|run| run.profile.as_deref() == Some(name));
        let session = if mistaken { None } else { Session::look(project, &[]).ok() };
        let is_planned = |id: &str| {
            session.as_ref().is_none_or(|session| session.plan.units.iter().any(|unit| unit.id == id))
        };
        let units: BTreeMap<String, Used> = project
            .history()
            .all()
            .filter(|(id, _)| is_planned(id))
            .map(|(id, key)| (id.to_owned(), self.used(key)))
            .collect();
        if units.is_empty() {
            return Err(Failure::usage(format!(
                "error: nothing has run under the profile '{name}': osteon run --profile {name}"
            )));
        }
        let told = last.map(|run| run.variables.clone()).filter(|variables| !variables.is_empty());
        Ok(Side {
            title: format!("the profile {name}"),
            variables: Some(told.unwrap_or_else(|| project.variables())),
            is_one: false,
            units,
        })
    }

    fn keyed(&self, text: &str) -> Result<Option<Side>, Failure> {
        if text.len() < 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let records = self.store.records()?;
        let mut keys = records.iter().map(|(key, ..)| *key).filter(|key| key.to_string().starts_with(text));
        Ok(keys.next().filter(|_| keys.next().is_none()).map(|key| self.one(&key.0.short(), key)))
    }

    fn one(&self, id: &str, key: Key) -> Side {
        let units = BTreeMap::from([(id.to_owned(), self.used(key))]);
        Side { title: format!("'{id}'"), variables: None, is_one: true, units }
    }

    fn used(&self, key: Key) -> Used {
        let outputs = self.store.summary(&key).map(|summary| summary.outputs).unwrap_or_default();
        Used { key, outputs: outputs.into_iter().map(|(port, artifact)| (port, artifact.digest)).collect() }
    }
}

fn listed<'a>(runs: impl Iterator<Item = &'a PastRun>) -> String {
    let line = |run: &PastRun| {
        let profile = run.profile.as_deref().unwrap_or("no profile");
        format!("  {}  {profile}", run.name)
    };
    let lines: Vec<String> = runs.map(line).collect();
    if lines.is_empty() { "  none yet: osteon run".to_owned() } else { lines.join("\n") }
}
