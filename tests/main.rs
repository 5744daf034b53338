//! Everything that can be seen from outside, told as stories: one module for each area.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]
#![cfg_attr(feature = "stages", expect(clippy::cast_possible_truncation, reason = "all of it is tests"))]

/// A project in a folder of its own, and the program on it.
mod support;

// ---- what a manifest says

/// Every mistake has a manifest in `manifests/invalid` that makes it.
mod invalid;
/// Every rule of the language has a manifest in `manifests/valid` that uses it.
mod valid;

// ---- what a run does

/// Cells that a table lists which a stage makes first.
mod dynamic;
/// A stage that fails, takes too long, panics, or is killed.
mod failures;
/// What is in a key, and what is not.
mod keys;
/// A second run executes nothing; a change executes exactly what depends on it.
mod run;
/// Processors, memory and devices: what runs at one time.
mod slots;
/// However a manifest is spelled, its keys are the same; whatever it means otherwise, they are not.
mod spelling;
/// What a table may hold whose rows are cells, and what is said of one that cannot be.
mod tables;
/// What is asked for on the command line.
mod targets;

// ---- what goes in and out

/// What an attempt finds where it works, and what it prints.
mod attempts;
/// How a command is written out and run.
mod commands;
/// What a stage may leave as its outputs, and what is refused.
mod outputs;
/// Values of declared variables.
mod secret;
/// Files from outside: files, folders, globs, lists, axes.
mod sources;

// ---- the cache

/// What lies where, for people and for programs.
mod cache;
/// What lies in the way is somebody else's: it is refused or left alone.
mod foreign;
/// Whatever is lost or damaged is made again, and never read.
mod heal;
/// What a pin keeps, and what a listing tells.
mod pins;
/// Bytes that are lost, and others made in their place.
mod replaced;
/// What no rule keeps goes.
mod sweep;
/// What is damaged is found, told by name, and repaired.
mod verify;

// ---- distrust

/// What commands really read and write.
mod audit;
/// Making stages again, to see whether the bytes are those of the record.
mod check;
/// What two runs, profiles or stage runs differ in.
mod diff;
/// From a number back to the files that it was made from.
mod trace;

// ---- faults

/// Kills, crowds and damage at random: the same story for each, many times over.
mod chaos;
/// The program's own clock is set ahead and back.
mod clock;
/// Several runs on one cache at one time.
mod engines;
/// What is part of no source.
mod excluded;
/// What others write is read or refused, whatever it is.
mod fuzz;
/// Ctrl-C once, twice, three times.
mod interrupt;
/// kill -9 of the program, of a worker, of both: run again.
mod kill;
/// What a machine does to those who run on it: full disks, read-only folders, few files, wrong times of files.
mod machine;

// ---- what can be asked

/// What is said of cells before the table is there that lists them.
mod awaited;
/// The stages and what they read, drawn.
mod graph;
/// The events of a run, for programs.
mod json;
/// Where artifacts lie, what a stage printed, what SQL gets to see.
mod left;
/// Flags, help and exit codes.
mod line;
/// What a manifest and a kind may say.
mod schema;
/// What is fresh, stale, missing or waiting.
mod status;
/// Why something is not fresh.
mod why;
/// A run with nothing to do, which is not planned, and all that has to wake it.
mod witness;

// ---- whole pipelines

/// Published numbers that ours are held to.
#[cfg(feature = "stages")]
mod claims;
/// The cells of the examples, as they were counted by other means.
mod examples;
/// The pipeline of the paper, where the program is built with every stage.
#[cfg(feature = "stages")]
mod flagship;
/// The same pipeline on files full of names, of which none may get out.
#[cfg(feature = "stages")]
mod hospital;
/// The README's results: kept tables, printed, of the pipeline as it is.
#[cfg(feature = "stages")]
mod results;

// ---- the house

/// What may name what.
mod layers;
/// How files look, and where they lie.
mod tidy;
