//! What every story needs: a project in a folder of its own, the program on it, and what it said and did.

mod checkout;
mod events;
mod file;
mod graph;
mod index;
mod manifests;
mod mount;
mod output;
mod process;
mod project;
mod shared;
mod signals;
mod strace;
mod wait;

pub use checkout::{Text, checkout, rust_files, text};
pub use events::Events;
pub use file::{age, cells_of, damage, files_below, truncate};
pub use graph::Graph;
pub use index::edit_index;
pub use manifests::{manifests, snapshots_beside};
pub use mount::{Mount, skip_unless_root};
pub use output::Output;
pub use process::{Process, children, has_ended, is_over};
pub use project::{NOBODY, Project};
pub use shared::shared;
pub use signals::deaf_to_none;
pub use strace::strace;
pub use wait::eventually;
