use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use fuzzer::{Grammar, Target};
use osteon::store::{Access, Rules, Store, sweep};

use super::folder::{folder, write};

const GRAMMAR: Grammar = Grammar::text(&[
    "\"reason\":\"stage-finished\"",
    "\"reason\":\"stage-planned\"",
    "\"key\":null",
    "\"outcome\":\"hit\"",
    "\"outputs\":{}",
    "null",
    "\n",
    "\"\\ud800\"",
    "{",
    "}",
    "[",
    ":",
    ",",
]);

#[test]
fn a_sweep_reads_any_log_of_events() {
    let folder = folder();
    let (root, runs) = (folder.path().join("cache"), folder.path().join("runs"));
    drop(Store::open(&root, Access::Rw).expect("a cache can be made"));
    fs::create_dir_all(runs.join("one")).expect("folders can be made");
    Target::new("events", GRAMMAR).memory(256 << 10, 32).run(move |bytes| {
        write(&runs.join("one/events.jsonl"), bytes);
        let rules = Rules {
            keep_runs: NonZeroUsize::new(1),
            older_than: None,
            max_size: None,
            grace: Duration::ZERO,
        };
        sweep(&root, &runs, &rules, true).map_or_else(|error| error.to_string(), |swept| format!("{swept:?}"))
    });
}
