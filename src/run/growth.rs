//! What a run does when the table is made whose rows are the cells of a stage: it plans again and goes on.

use std::collections::BTreeSet;

use super::drive::{Run, stored};
use super::execute::{BRIEF, tokens, urgency};
use super::session::sources_of;
use super::tables::{learn_from_sources, of_artifact};
use crate::event::Outcome;
use crate::failure::{Failure, color};
use crate::plan::{Outlook, Part, Plan, Tables, expand, foresee};
use crate::schedule::Growth;
use crate::store::Artifact;

/// What is known once one more table is.
struct Known {
    tables: Tables,
    plan: Plan,
    outlooks: Vec<Outlook>,
}

impl Run<'_, '_> {
    /// All that tells the cells of a stage is done: the unit that stands for them gives way to theirs.
    pub(super) fn expand(&mut self, unit: usize) {
        let Some(Part::Unit(maker, output)) = self.plan.units[unit].rows else {
            unreachable!("what is no output of a stage is read before the run")
        };
        let artifact = stored(&self.session.project.pipeline, &self.plan, &self.outputs, maker, output);
        let artifact = artifact.expect("what a ready unit reads is done");
        if !self.session.store.is_whole(&artifact) {
            return self.remake(unit, &BTreeSet::from([maker]));
        }
        match self.plan_again(unit, &artifact) {
            Ok(known) => self.grow(known),
            Err(failure) => self.refuse(unit, &failure),
        }
    }

    fn plan_again(&self, unit: usize, artifact: &Artifact) -> Result<Known, Failure> {
        let session = self.session;
        let pipeline = &session.project.pipeline;
        let awaited = &self.plan.units[unit];
        let rows = of_artifact(pipeline, &self.plan, awaited, artifact, &session.store)
            .ok_or_else(|| Failure::usage("error: the table went while it was read; run again"))?
            .map_err(|problem| Failure::manifest(&[problem], &pipeline.texts))?;
        let mut tables = self.tables.clone();
        tables.insert(awaited.stage, rows);
        let plan = loop {
            let plan = expand(pipeline, &session.targets, &tables)?;
            if !learn_from_sources(pipeline, &plan, &mut tables)? {
                break plan;
            }
        };
        let outlooks = foresee(pipeline, &plan, self.machine)?;
        session.sources.add(pipeline, sources_of(&plan), session.store.memo())?;
        Ok(Known { tables, plan, outlooks })
    }

    fn grow(&mut self, Known { tables, plan, outlooks }: Known) {
        let pipeline = &self.session.project.pipeline;
        let told = std::mem::take(&mut self.plan.warnings);
        let (plan, places) = plan.succeed(std::mem::take(&mut self.plan));
        for warning in
            plan.warnings.iter().filter(|warning| !told.iter().any(|told| told.message == warning.message))
        {
            self.watcher.note(warning.render(&pipeline.texts, color()).trim_end());
        }
        let units = plan.units.len();
        self.keys.resize(units, None);
        self.manifests.resize(units, None);
        self.outputs.resize(units, None);
        self.attempts.resize(units, 0);
        self.bytes_needed.resize(units, false);
        for (needed, unit) in self.bytes_needed.iter_mut().zip(&plan.units) {
            *needed |= unit.target;
        }
        let known = self.seconds.len();
        self.seconds.resize(units, BRIEF);
        for (outlook, &place) in outlooks.iter().zip(&places).filter(|(_, place)| **place >= known) {
            self.seconds[place] = outlook.seconds.unwrap_or(BRIEF);
        }
        let live: BTreeSet<usize> = plan.order.iter().copied().collect();
        let skipped = self.schedule.grow(Growth {
            reads: plan.units.iter().map(|unit| unit.reads.clone()).collect(),
            readers: plan.readers.clone(),
            costs: places.iter().copied().zip(outlooks.iter().map(tokens)).collect(),
            urgency: urgency(&plan, &self.seconds),
            gone: (0..units).filter(|unit| !live.contains(unit)).collect(),
        });
        (self.plan, self.tables) = (plan, tables);
        self.skipped(skipped);
    }

    /// The cells of a stage are not what the manifest needs: that stage fails.
    fn refuse(&mut self, unit: usize, failure: &Failure) {
        self.refused = true;
        self.watcher.note(&failure.text);
        let skipped = self.schedule.fail(unit);
        let message = "its cells are not what is asked of them".to_owned();
        self.ended(unit, Outcome::Failed, 0.0, Some(("grid", None, message)));
        self.skipped(skipped);
        if !self.options.keep_going {
            self.cancel();
        }
    }
}
