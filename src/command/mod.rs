//! One file for each verb.

mod asked;
mod cache;
mod check;
mod diff;
mod dispatch;
mod graph;
mod hold;
mod log;
mod parquet;
mod path;
mod print;
mod run;
mod schema;
mod sql;
mod status;
mod table;
mod trace;
mod why;

pub use dispatch::dispatch;
