//! osteon: `make` for experiment tables.
//!
//! # Bird's eye
//! A manifest says which stages there are and what they read. The engine expands their grids into units, works out
//! for each a key from everything that defines it, runs those whose key has no record, and keeps what they make under
//! the digest of its bytes. Where the cells of a stage are rows of a table that is made first, one unit stands for all of
//! them until then; the run plans again and grows. A run that left nothing to do notes all that it looked at; while that
//! is unchanged, the next one plans nothing.
//!
//! ```text
//! manifest → plan → (survey: keys, records) → schedule → attempts → store → latest
//! ```
//!
//! # Where to look
//! - [`manifest`]: text to meaning, with a place for every mistake.
//! - [`plan`]: grids to units, wires, order, forecasts.
//! - [`key`]: what makes two stage runs the same.
//! - [`store`]: the cache on the disk.
//! - [`schedule`]: which unit is next; a pure state machine.
//! - [`run`]: one invocation: survey, attempts, processes, `latest`.
//! - [`command`]: one file for each verb.
//!
//! # Invariants
//! - The engine knows no Parquet, no DICOM and no tensor. An artifact is bytes with a digest.
//! - One process of the operating system for each stage run: a kind in `osteon worker`, a command in `sh -c`.
//! - A file under `cache/objects` is complete, read-only and equal to its name, or it is not there.
//! - A downstream key uses the digests of its inputs' bytes, after they were made: equal bytes stop the wave.
//! - Keys come from typed values: comments, order and spelled-out defaults never matter.
//! - `manifest`, `plan`, `key` and `schedule` have no threads and no clock; only `run` starts processes.

/// Prints a line to standard error; that nobody reads it is no reason to stop.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        // In one piece: standard error has no buffer, and others write to it too.
        let _nobody_reads = std::io::stderr().write_all(format!("{}\n", format_args!($($part)*)).as_bytes());
    }};
}

mod cli;
mod command;
mod event;
mod failure;
mod fs;
pub mod key;
pub mod manifest;
pub mod plan;
pub mod run;
pub mod schedule;
pub mod store;
mod ui;
mod worker;

use std::process::ExitCode;

use clap::Parser;
use contract::Catalogue;

pub use failure::{Exit, Failure};

/// Runs the program with what its stages may be; returns what the process is to return.
pub fn main(catalogue: &'static Catalogue) -> ExitCode {
    let cli = match cli::Cli::try_parse_from(cli::with_verb(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that cannot be printed has no reader.
            let _nobody_reads = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match command::dispatch(cli, catalogue) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(exit)) => exit.into(),
        Err(failure) => {
            if !failure.text.is_empty() {
                say!("{failure}");
            }
            failure.exit.into()
        }
    }
}
