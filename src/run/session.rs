use contract::Cell;
use rayon::prelude::*;

use super::history::History;
use super::project::Project;
use super::sources::Sources;
use super::survey::{Freshness, Standing, survey};
use super::tables::{learn_from_records, learn_from_sources};
use crate::failure::Failure;
use crate::plan::{Part, Plan, Tables, Target, Unit, expand};
use crate::store::{Access, Store};

/// A project, what was asked of it, and how that stands.
pub struct Session<'a> {
    /// The project.
    pub project: &'a Project,
    /// What was asked for.
    pub targets: Vec<Target>,
    /// What is to be done for it, as far as it is known.
    pub plan: Plan,
    /// The tables that it rests on.
    pub tables: Tables,
    /// The cache.
    pub store: Store,
    /// The sources, hashed.
    pub sources: Sources,
    /// The keys that were used last.
    pub history: History,
    /// How each unit stands.
    pub standings: Vec<Standing>,
}

impl<'a> Session<'a> {
    /// Plans `targets` and looks how they stand; writes nothing.
    ///
    /// # Errors
    /// Mistakes in the manifest or in the targets, and sources that cannot be read.
    pub fn look(project: &'a Project, targets: &[String]) -> Result<Self, Failure> {
        let mut session = Self::with(project, targets, Store::look(&project.cache), false)?;
        session.find_losses();
        Ok(session)
    }

    /// Looks which of what was asked for a run would make again, because its bytes are gone or damaged.
    fn find_losses(&mut self) {
        let units = self.plan.units.par_iter().zip(self.standings.par_iter_mut());
        units.filter(|(unit, _)| unit.target).for_each(|(_, standing)| {
            let record = standing.record.as_ref().filter(|_| standing.freshness == Freshness::Fresh);
            if record.is_some_and(|record| !self.store.has_outputs(record)) {
                (standing.freshness, standing.lost) = (Freshness::Stale, true);
            }
        });
    }

    /// The same, for a run that will use the cache as `access` says; one that makes everything `anew` knows no table that
    /// a stage makes.
    ///
    /// # Errors
    /// As above, and a cache that cannot be used.
    pub fn open(
        project: &'a Project,
        targets: &[String],
        access: Access,
        anew: bool,
    ) -> Result<Self, Failure> {
        Self::with(project, targets, Store::open(&project.cache, access)?, anew || access == Access::Off)
    }

    fn with(project: &'a Project, targets: &[String], store: Store, anew: bool) -> Result<Self, Failure> {
        let pipeline = &project.pipeline;
        let targets =
            targets.iter().map(|text| Target::parse(text, pipeline)).collect::<Result<Vec<_>, _>>()?;
        let history = project.history();
        let mut tables = Tables::new();
        // Each table that is there lets more be planned, the next tables among it.
        let sources = Sources::default();
        let (plan, standings) = loop {
            let plan = expand(pipeline, &targets, &tables)?;
            if learn_from_sources(pipeline, &plan, &mut tables)? {
                continue;
            }
            sources.add(pipeline, sources_of(&plan), store.memo())?;
            let standings = survey(pipeline, &plan, &store, &sources, &history)?;
            if anew || !learn_from_records(pipeline, &plan, &standings, &store, &mut tables)? {
                break (plan, standings);
            }
        };
        Ok(Self { project, targets, plan, tables, store, sources, history, standings })
    }
}

/// Returns the sources that a plan reads, at their cells.
pub(super) fn sources_of(plan: &Plan) -> impl Iterator<Item = (&String, &Cell)> {
    plan.units.iter().flat_map(Unit::parts).filter_map(|part| match part {
        Part::Source(name, cell) => Some((name, cell)),
        Part::Unit(..) => None,
    })
}
