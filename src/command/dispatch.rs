use contract::Catalogue;

use super::{cache, check, diff, graph, log, path, run, schema, sql, status, table, trace, why};
use crate::cli::{Cli, Place, Verb};
use crate::failure::{Exit, Failure, color};
use crate::run::{Project, guard};
use crate::worker;

/// Does what the command line says; returns how the process should end if not well.
///
/// # Errors
/// Whatever keeps it from being done.
pub fn dispatch(cli: Cli, catalogue: &'static Catalogue) -> Result<Option<Exit>, Failure> {
    if !matches!(cli.verb, Verb::Worker { guard: true, .. } | Verb::Graph(_) | Verb::Schema(_)) {
        start_threads()?;
    }
    let project = |place: &Place| {
        let project = Project::open(&place.manifest(), &place.choice(), catalogue)?;
        for warning in &project.pipeline.warnings {
            say!("{}", warning.render(&project.pipeline.texts, color()));
        }
        Ok::<Project, Failure>(project)
    };
    let place = &cli.place;
    match cli.verb {
        Verb::Run(arguments) if run::repeats(place, &arguments) => Ok(None),
        Verb::Status(arguments) if status::repeats(place, &arguments)? => Ok(None),
        Verb::Run(arguments) => run::run(&project(place)?, &arguments),
        Verb::Status(arguments) => status::status(&project(place)?, &arguments),
        Verb::Why(arguments) => why::why(&project(place)?, &arguments),
        Verb::Graph(arguments) => graph::graph(&project(place)?, &arguments),
        Verb::Table(arguments) => table::table(&project(place)?, &arguments),
        Verb::Trace(arguments) => trace::trace(place, catalogue, &arguments),
        Verb::Diff(arguments) => diff::diff(place, catalogue, &arguments),
        Verb::Path(arguments) => path::path(&project(place)?, &arguments),
        Verb::Log(arguments) => log::log(&project(place)?, &arguments),
        Verb::Sql(arguments) => sql::sql(&project(place)?, &arguments),
        Verb::Schema(arguments) => schema::schema(catalogue, &arguments),
        Verb::Check(arguments) => check::check(&project(place)?, &arguments),
        Verb::Cache(arguments) => cache::cache(&project(place)?, place, &arguments),
        Verb::Worker { guard: true, .. } => {
            guard()?;
            Ok(None)
        }
        Verb::Worker { tasks, .. } => {
            Ok(if worker::serve(catalogue, tasks.as_deref())? { None } else { Some(Exit::Stage) })
        }
    }
}

/// Starts the threads that share what is large: who first needs them could not fail.
fn start_threads() -> Result<(), Failure> {
    let started = rayon::ThreadPoolBuilder::new().build_global();
    started.map_err(|error| {
        Failure::usage(format!(
            "error: no thread can be started: {error}; RAYON_NUM_THREADS=1 asks for fewer"
        ))
    })
}
