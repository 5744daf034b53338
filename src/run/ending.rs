use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::audit::Findings;
use super::drive::Run;
use super::latest::Latest;
use crate::event::{Event, Outcome};
use crate::failure::{Exit, Failure};
use crate::store::{Access, Artifact};

impl Run<'_, '_> {
    /// Tells the journal and those who watch.
    pub(super) fn event(&mut self, event: &Event) {
        self.journal.write(event);
        self.watcher.event(event);
    }

    /// A unit has its outputs; where they cannot be named, it has them all the same.
    pub(super) fn finish(
        &mut self,
        unit: usize,
        outputs: BTreeMap<String, Artifact>,
        outcome: Outcome,
        seconds: f64,
    ) -> Result<(), Failure> {
        let named = if self.options.access == Access::Rw { self.name(unit, &outputs) } else { Ok(()) };
        let planned = &self.plan.units[unit];
        let key = self.keys[unit].expect("a unit that is done has a key");
        self.used.push((planned.id.clone(), key));
        self.served.insert(key);
        let digests = outputs.iter().map(|(port, artifact)| (port.clone(), artifact.digest)).collect();
        if !self.rebuilds(unit) {
            self.outputs[unit] = Some(outputs);
        }
        self.manifests[unit] = None;
        self.schedule.done(unit);
        self.tally[outcome as usize] += 1;
        let event = Event::StageFinished {
            id: planned.id.clone(),
            key: Some(key.0),
            outcome,
            seconds,
            outputs: digests,
            class: None,
            exit: None,
            message: None,
        };
        self.event(&event);
        named
    }

    /// Gives the outputs of a unit their names.
    fn name(&self, unit: usize, outputs: &BTreeMap<String, Artifact>) -> Result<(), Failure> {
        let (session, latest, planned) = (self.session, self.latest, &self.plan.units[unit]);
        let pipeline = &session.project.pipeline;
        // Of a unit that nobody asked for the digests may be all that is left.
        for (position, output) in planned.stage(pipeline).outputs.iter().enumerate() {
            let Some(artifact) = outputs.get(&output.port) else { continue };
            let path = latest.path(pipeline, planned, position);
            if self.bytes_needed[unit] || session.store.is_whole(artifact) {
                latest.point(&path, artifact, &session.store)?;
            } else {
                Latest::forget(&path)?;
            }
        }
        Ok(())
    }

    /// A unit ended without outputs.
    pub(super) fn ended(
        &mut self,
        unit: usize,
        outcome: Outcome,
        seconds: f64,
        why: Option<(&str, Option<i32>, String)>,
    ) {
        self.tally[outcome as usize] += 1;
        let (class, exit, message) = match why {
            Some((class, exit, message)) => (Some(class.to_owned()), exit, Some(message)),
            None => (None, None, None),
        };
        let event = Event::StageFinished {
            id: self.plan.units[unit].id.clone(),
            key: self.keys[unit].map(|key| key.0),
            outcome,
            seconds,
            outputs: BTreeMap::new(),
            class,
            exit,
            message,
        };
        self.event(&event);
    }

    /// A command was traced.
    pub(super) fn audited(&mut self, unit: usize, findings: Findings) {
        let planned = &self.plan.units[unit];
        let names = |paths: &BTreeSet<PathBuf>| paths.iter().map(|path| path.display().to_string()).collect();
        let event = Event::StageAudited {
            id: planned.id.clone(),
            reads: names(&findings.reads),
            writes: names(&findings.writes),
        };
        let stage = planned.stage;
        self.event(&event);
        self.report.add(stage, findings);
    }

    pub(super) fn close(&mut self) -> Option<Exit> {
        let [executed, hit, failed, skipped, cancelled] = self.tally;
        let run = self.journal.id().to_owned();
        let seconds = self.begin.elapsed().as_secs_f64();
        if self.options.audit {
            self.watcher.note(&self.report.text(&self.session.project.pipeline, hit));
        }
        self.event(&Event::RunFinished { run, executed, hit, failed, skipped, cancelled, seconds });
        if self.interrupts > 0 {
            return Some(Exit::Interrupted);
        }
        if self.refused {
            return Some(Exit::Usage);
        }
        (failed + skipped + cancelled > 0).then_some(Exit::Stage)
    }
}
