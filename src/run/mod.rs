//! One invocation against one cache: what is fresh, what runs, what is left for people to open.

mod attempt;
mod audit;
mod drive;
mod ending;
mod execute;
mod folder;
mod growth;
mod guard;
mod history;
mod host;
mod identity;
mod inputs;
mod journal;
mod latest;
mod made;
mod past;
mod processes;
mod project;
mod secret;
mod session;
mod signals;
mod slots;
mod sources;
mod survey;
mod tables;

pub use audit::refuse_unless_traceable;
pub use execute::{Anew, Options, execute};
pub use guard::guard;
pub use history::History;
pub use journal::log_name;
pub use latest::Latest;
pub use past::{Ended, PastRun, past_runs};
pub use project::Project;
pub use session::Session;
pub use sources::Sources;
pub use survey::{Freshness, Standing, brief, survey};
