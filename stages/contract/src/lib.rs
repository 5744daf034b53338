//! What a stage is, for those who write one and for the engine that runs it.
//!
//! The crate is a leaf: the engine reads it, every family of stages implements it, and it knows neither.
//!
//! - [`Stage`]: one kind of work, as the value of its parameters.
//! - [`Kind`]: the same with its type erased; a [`Catalogue`] is a list of them.
//! - [`Ctx`]: all that a running stage sees: inputs, outputs, threads, progress.
//! - [`Forecast`]: what can be said of a stage before anything runs.
//! - [`Issue`]: how any of it fails: message, way out, place.

mod catalogue;
mod cell;
mod ctx;
mod digest;
mod forecast;
mod issue;
mod port;
mod scalar;
mod seed;
mod stage;

pub use catalogue::{Bound, Catalogue, Kind, Tool};
pub use cell::Cell;
pub use ctx::{Ctx, Gathered, Progress, Task};
pub use digest::Digest;
pub use forecast::{Forecast, Foreseen, Known};
pub use issue::{Issue, Place};
pub use port::{ANY, Arity, Input, Output};
pub use scalar::Scalar;
pub use seed::Seed;
pub use stage::Stage;
