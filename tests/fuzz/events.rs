use std::fs;
use std::time::Duration;

use fuzzer::{Grammar, Target};
use osteon::store::{Access, Rules, Store, sweep};

use super::cache::record;
use super::folder::{folder, write};

/// A run that used the one record that there is.
const RUN: &str = include_str!("../fuzzer/corpus/events/run.jsonl");

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
    let root = folder.path().join("cache");
    let runs = root.join("runs");
    let store = Store::open(&root, Access::Rw).expect("a cache can be made");
    let record = record();
    let key = record.manifest.key();
    store.publish(&key, &record).expect("a record can be written");
    drop(store);
    fs::create_dir_all(runs.join("one")).expect("folders can be made");
    let seed = RUN.replace(&"a".repeat(64), &key.to_string());
    Target::new("events", GRAMMAR).seeds([seed.into_bytes()]).memory(256 << 10, 32).run(move |bytes| {
        write(&runs.join("one/events.jsonl"), bytes);
        // The record goes, and is told by the name that its last use had.
        let rules = Rules {
            keep_runs: None,
            older_than: Some(Duration::ZERO),
            max_size: None,
            grace: Duration::ZERO,
        };
        let swept = sweep(&root, &runs, &rules, true).expect("any log can be read");
        let gone: Vec<&str> = swept.gone.iter().map(|gone| gone.name.as_str()).collect();
        gone.join(" ")
    });
}
