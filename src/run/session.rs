use super::history::History;
use super::project::Project;
use super::sources::Sources;
use super::survey::{Standing, survey};
use crate::failure::Failure;
use crate::plan::{Part, Plan, Target, Unit, expand};
use crate::store::{Access, Store};

/// A project, what was asked of it, and how that stands.
pub struct Session<'a> {
    /// The project.
    pub project: &'a Project,
    /// What was asked for.
    pub plan: Plan,
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
        Self::with(project, targets, Store::look(&project.cache))
    }

    /// The same, for a run that will use the cache as `access` says.
    ///
    /// # Errors
    /// As above, and a cache that cannot be used.
    pub fn open(project: &'a Project, targets: &[String], access: Access) -> Result<Self, Failure> {
        Self::with(project, targets, Store::open(&project.cache, access)?)
    }

    fn with(project: &'a Project, targets: &[String], store: Store) -> Result<Self, Failure> {
        let pipeline = &project.pipeline;
        let targets =
            targets.iter().map(|text| Target::parse(text, pipeline)).collect::<Result<Vec<_>, _>>()?;
        let plan = expand(pipeline, &targets)?;
        let read = plan.units.iter().flat_map(Unit::parts).filter_map(|part| match part {
            Part::Source(name, cell) => Some((name, cell)),
            Part::Unit(..) => None,
        });
        let sources = Sources::hash(pipeline, read, store.memo())?;
        let history = project.history();
        let standings = survey(pipeline, &plan, &store, &sources, &history)?;
        Ok(Self { project, plan, store, sources, history, standings })
    }
}
