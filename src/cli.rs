mod cache;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::manifest::Choice;
use crate::store::Access;

pub use cache::{Cache, Gc};

/// make for experiment tables.
#[derive(Debug, Parser)]
#[command(name = "osteon", version, about, disable_help_subcommand = true)]
#[command(after_help = "Example:\n  osteon run table5 -S epochs=12\n\nWithout a verb: run.")]
pub struct Cli {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Which manifest, and how it is varied; these flags may stand before and after the verb.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// Folder to work in.
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub folder: Option<PathBuf>,
    /// Manifest, relative to the folder.
    #[arg(short = 'f', value_name = "FILE", global = true, default_value = "pipeline.toml")]
    pub file: PathBuf,
    /// Profile; the manifest's default-profile if not given.
    #[arg(long, value_name = "P", global = true)]
    pub profile: Option<String>,
    /// Sets a variable for this invocation.
    #[arg(short = 'S', value_name = "NAME=VALUE", global = true)]
    pub settings: Vec<String>,
}

impl Place {
    /// Returns the path of the manifest.
    pub fn manifest(&self) -> PathBuf {
        self.folder.as_ref().map_or_else(|| self.file.clone(), |folder| folder.join(&self.file))
    }

    /// Returns what was chosen for the manifest.
    pub fn choice(&self) -> Choice {
        Choice { profile: self.profile.clone(), settings: self.settings.clone() }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Runs what is not fresh.
    #[command(after_help = "Example:\n  osteon run 'train[seed=1]' -j2 -k")]
    Run(Run),
    /// Tells what is fresh, stale, missing or waiting.
    #[command(after_help = "Example:\n  osteon status --exit-code")]
    Status(Status),
    /// Tells why something is not fresh: what changed, where, and what it will rerun.
    #[command(after_help = "Example:\n  osteon why table5 -S epochs=12")]
    Why(Why),
    /// Draws the stages and what they read.
    #[command(after_help = "Example:\n  osteon graph --dot | dot -Tsvg > graph.svg")]
    Graph(Graph),
    /// Prints the paper's tables: published, ours, difference.
    #[command(after_help = "Example:\n  osteon table table5 table8 --markdown\n  osteon table --hold")]
    Table(Table),
    /// Follows a stage run, or a number of a table, back to the sources: all that it was made from, and how.
    #[command(after_help = "Example:\n  osteon trace table5.d2.accuracy")]
    Trace(Trace),
    /// Tells in what two runs, profiles or stage runs differ: variables, parameters, results.
    #[command(after_help = "Example:\n  osteon diff desk smoke --tolerance 0.001")]
    Diff(Diff),
    /// Prints where artifacts lie.
    #[command(after_help = "Example:\n  osteon path 'evaluate[seed=1].metrics'")]
    Path(Reference),
    /// Prints what a stage printed.
    #[command(after_help = "Example:\n  osteon log 'train[seed=1]'")]
    Log(Reference),
    /// Asks the cached tables in SQL: one table for each port, its cells stacked, its axes as columns.
    #[command(
        after_help = "Example:\n  osteon sql 'SELECT network, avg(value) FROM \"evaluate.metrics\" WHERE metric = '\\''auc'\\'' GROUP BY network'"
    )]
    Sql(Sql),
    /// Prints the JSON schema of pipeline.toml, or what one kind takes and makes.
    #[command(after_help = "Example:\n  osteon schema > .config/pipeline.schema.json\n  osteon schema train")]
    Schema(Schema),
    /// Makes stages again, in a cache of their own, and compares with what their records say.
    #[command(after_help = "Example:\n  osteon check 'train[seed=1]' --times 3")]
    Check(Check),
    /// Looks after the cache.
    #[command(subcommand, after_help = "Example:\n  osteon cache gc --keep-runs 3 -n")]
    Cache(Cache),
    /// Serves one request of the engine.
    #[command(hide = true)]
    Worker {
        /// A file with a list of tasks, run one after the other.
        #[arg(long)]
        tasks: Option<PathBuf>,
        /// Ends what an engine started, as soon as the engine is gone.
        #[arg(long, conflicts_with = "tasks")]
        guard: bool,
    },
}

/// Flags of `run`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub struct Run {
    /// Stages, cells such as 'train[seed=1]', or experiments; all if none is named.
    pub targets: Vec<String>,
    /// Processor tokens; all cores if not given.
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Goes on with what does not read a failure.
    #[arg(short, long)]
    pub keep_going: bool,
    /// Prints what would run; runs and writes nothing.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Runs what is fresh too.
    #[arg(short = 'B', long)]
    pub always_make: bool,
    /// Traces commands (with strace) and names what they read and write undeclared; waits for all that they start.
    #[arg(long)]
    pub audit: bool,
    /// Where stage processes are started.
    #[arg(long, value_enum, default_value_t = Executor::Local)]
    pub executor: Executor,
    /// How the run is told: text on stderr, or one JSON object a line on stdout.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub message_format: Format,
    /// What use is made of the cache.
    #[arg(long, value_enum, default_value_t = Access::Rw)]
    pub cache: Access,
}

/// Where stage processes are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Executor {
    /// On this machine.
    Local,
    /// By Slurm.
    Slurm,
}

/// How a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Flags of `status`.
#[derive(Args, Debug)]
pub struct Status {
    /// Stages, cells or experiments; all if none is named.
    pub targets: Vec<String>,
    /// One JSON object for each cell.
    #[arg(long)]
    pub json: bool,
    /// Ends with 3 unless all is fresh.
    #[arg(long)]
    pub exit_code: bool,
}

/// Flags of `why`.
#[derive(Args, Debug)]
pub struct Why {
    /// A stage, a cell or an experiment.
    #[arg(required = true)]
    pub targets: Vec<String>,
    /// One JSON object for each cell.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `graph`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
#[command(group = clap::ArgGroup::new("form").args(["dot", "mermaid", "json"]))]
pub struct Graph {
    /// Stages, cells or experiments; all if none is named.
    pub targets: Vec<String>,
    /// For Graphviz.
    #[arg(long)]
    pub dot: bool,
    /// For Markdown.
    #[arg(long)]
    pub mermaid: bool,
    /// For programs.
    #[arg(long)]
    pub json: bool,
    /// Every cell, not every stage.
    #[arg(long)]
    pub cells: bool,
}

/// Flags of `table`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
#[command(group = clap::ArgGroup::new("form").args(["markdown", "latex", "csv", "json"]))]
pub struct Table {
    /// Experiments; all if none is named.
    pub experiments: Vec<String>,
    /// As Markdown (the default).
    #[arg(long)]
    pub markdown: bool,
    /// As LaTeX.
    #[arg(long)]
    pub latex: bool,
    /// As CSV.
    #[arg(long)]
    pub csv: bool,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Names each claim outside its tolerance, or without a value of ours, and ends with 4 if there is one; with 3 if
    /// none is, but a table is missing or no longer fresh.
    #[arg(long)]
    pub hold: bool,
}

/// Flags of `trace`.
#[derive(Args, Debug)]
pub struct Trace {
    /// A stage or cell such as 'train[seed=1]', an output such as 'train[seed=1].weights', or a number of an experiment's
    /// table: 'table5.d2.accuracy', by its row and column.
    #[arg(required = true, value_name = "CELL")]
    pub cells: Vec<String>,
    /// One JSON object for each stage run and source.
    #[arg(long)]
    pub json: bool,
    /// Every cell by itself, not those of a stage together.
    #[arg(long = "cells")]
    pub every_cell: bool,
}

/// Flags of `diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// A run by the beginning of its name below cache/runs, a profile as its last runs left it, or a stage run by its id or
    /// the beginning of its key.
    pub a: String,
    /// What it is compared with.
    pub b: String,
    /// Numbers that are as near as this are equal.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub tolerance: f64,
    /// One JSON object for each difference.
    #[arg(long)]
    pub json: bool,
    /// Ends with 4 if they differ.
    #[arg(long)]
    pub exit_code: bool,
}

/// Arguments of `path` and `log`.
#[derive(Args, Debug)]
pub struct Reference {
    /// A stage or cell such as 'train[seed=1]'; for `path` with a port, as in 'train[seed=1].weights'.
    #[arg(required = true)]
    pub references: Vec<String>,
}

/// Flags of `sql`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("form").args(["csv", "json"]))]
pub struct Sql {
    /// The query; quote names with a dot: "evaluate.metrics".
    pub query: String,
    /// As CSV.
    #[arg(long)]
    pub csv: bool,
    /// As JSON, one object a row.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `schema`.
#[derive(Args, Debug)]
pub struct Schema {
    /// A kind.
    pub kind: Option<String>,
}

/// Flags of `check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Stages, cells or experiments; all if none is named.
    pub targets: Vec<String>,
    /// How often each is made: what is not deterministic may agree once by chance.
    #[arg(long, value_name = "N", default_value = "1")]
    pub times: std::num::NonZeroUsize,
    /// Processor tokens; all cores if not given.
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// One JSON object for each cell.
    #[arg(long)]
    pub json: bool,
}

/// Flags that may stand before the verb and take a value.
const WITH_VALUE: [&str; 4] = ["-C", "-f", "-S", "--profile"];

/// Returns the arguments with `run` where no verb stands.
pub fn with_verb(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut at = 1;
    while let Some(text) = arguments.get(at).and_then(|argument| argument.to_str()) {
        if WITH_VALUE.contains(&text) {
            at += 2;
        } else if WITH_VALUE.iter().any(|flag| text.starts_with(flag)) {
            at += 1;
        } else {
            break;
        }
    }
    let next = arguments.get(at).map(|argument| argument.to_string_lossy().into_owned());
    let asks_for_help = |text: &str| ["-h", "--help", "-V", "--version"].contains(&text);
    if next.is_none_or(|text| text.starts_with('-') && !asks_for_help(&text)) {
        arguments.insert(at.min(arguments.len()), "run".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_verb_means_run() {
        let with = |line: &str| {
            let words = line.split(' ').map(OsString::from);
            with_verb(words).join(&OsString::from(" ")).into_string().unwrap()
        };
        assert_eq!(with("osteon"), "osteon run");
        assert_eq!(with("osteon -C x -S a=1 -n"), "osteon -C x -S a=1 run -n");
        assert_eq!(with("osteon --profile=p status"), "osteon --profile=p status");
        assert_eq!(with("osteon --help"), "osteon --help");
    }
}
