use std::num::NonZeroUsize;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{ArgGroup, Args, Subcommand};

/// What is done with the cache.
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Tells how much it holds, by stage.
    #[command(after_help = "Example:\n  osteon cache stat")]
    Stat,
    /// Lists its records: what, key, size, last use, pins.
    #[command(after_help = "Example:\n  osteon cache ls --json | jq -s 'sort_by(.bytes) | last'")]
    Ls {
        /// One JSON object for each record.
        #[arg(long)]
        json: bool,
    },
    /// Removes what no rule keeps, and what nothing that is kept needs.
    #[command(
        after_help = "What goes is what every given rule lets go, what was used least recently first.\nNothing goes that is pinned, or that was written within the grace period.\n\nExample:\n  osteon cache gc --max-size 20GiB --older-than 30d -n"
    )]
    Gc(Gc),
    /// Keeps what targets have made, and all that it was made from; lists the pins without a target.
    #[command(after_help = "Example:\n  osteon cache pin table5 'train[seed=1]'")]
    Pin {
        /// Stages, cells or experiments, which have to be fresh.
        targets: Vec<String>,
    },
    /// Removes pins, by what `cache pin` lists.
    #[command(after_help = "Example:\n  osteon cache unpin table5")]
    Unpin {
        /// What was pinned.
        #[arg(required = true)]
        targets: Vec<String>,
    },
    /// Reads every byte of it, and ends with 5 if something is damaged.
    #[command(after_help = "Example:\n  osteon cache verify --repair")]
    Verify {
        /// Removes what is damaged, so that the next run makes it again.
        #[arg(long)]
        repair: bool,
    },
}

/// Rules of `cache gc`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("rules").args(["keep_runs", "older_than", "max_size"]).required(true).multiple(true))]
pub struct Gc {
    /// Keeps what the last N runs of each project used.
    #[arg(long, value_name = "N")]
    pub keep_runs: Option<NonZeroUsize>,
    /// Keeps what was used within this time, such as 30d.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub older_than: Option<Duration>,
    /// Removes no more than is needed to fit into so much, such as 20GiB.
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<ByteSize>,
    /// Keeps what was written within this time: it may belong to a run on another machine.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub grace: Duration,
    /// Tells what would go; removes nothing.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
