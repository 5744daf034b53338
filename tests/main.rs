//! Everything that can be seen from outside, told as stories: one module for each area.

/// A project in a folder of its own, and the program on it.
mod support;

// ---- what a run does
/// A second run executes nothing; a change executes exactly what depends on it.
mod run;
// ---- what a manifest says
/// Every mistake has a manifest in `manifests/invalid` that makes it.
mod invalid;
/// Every rule of the language has a manifest in `manifests/valid` that uses it.
mod valid;
/// What is in a key, and what is not.
mod keys;
/// A stage that fails, takes too long, panics, or is killed.
mod failures;
/// What a stage may leave as its outputs, and what is refused.
mod outputs;
/// Processors, memory and devices: what runs at one time.
mod slots;
/// What is asked for on the command line.
mod targets;

// ---- the cache
/// What lies where, for people and for programs.
mod cache;
/// Whatever is lost or damaged is made again, and never read.
mod heal;
/// What no recent run used goes.
mod sweep;

// ---- faults
/// kill -9 of the program, of a worker, of both: run again.
mod kill;
/// Ctrl-C once, twice, three times.
mod interrupt;
/// Several runs on one cache at one time.
mod engines;

// ---- the paper
/// The pipeline of the paper, where the program is built with every stage.
#[cfg(feature = "stages")]
mod flagship;

// ---- what goes in and out
/// Files from outside: files, folders, globs, lists, axes.
mod sources;
/// How a command is written out and run.
mod commands;
