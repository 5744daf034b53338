//! One file for each verb.

mod cache;
mod check;
mod dispatch;
mod graph;
mod hold;
mod log;
mod path;
mod print;
mod run;
mod schema;
mod sql;
mod status;
mod table;
mod why;

pub use dispatch::dispatch;
