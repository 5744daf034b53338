//! The program's own clock is set ahead and back, while files keep the time of the system.

use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{Output, Project, checkout};

const DAY: i64 = 24 * 60 * 60;

const PIPELINE: &str = r#"
[source.raw]
path = "raw.txt"
[stage.a]
inputs  = { raw = "source.raw" }
outputs = { o = "o.txt" }
command = "echo a >> ~/log; cat {inputs.raw} > {outputs.o}"
[stage.b]
kind   = "copy"
inputs = { from = "a.o" }
params = { name = "b", times = 2 }
"#;

/// A clock that can be moved.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// Builds what moves it; there is none where no C compiler is.
    fn new() -> Option<Self> {
        let clock = Self { folder: tempfile::tempdir().unwrap() };
        let source = checkout().join("tests/clock/ahead.c");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(clock.shim()).arg(source).status();
        if built.is_ok_and(|status| status.success()) {
            return Some(clock);
        }
        assert!(std::env::var("CI").is_err(), "CI needs a C compiler, as the linker of Rust is");
        eprintln!("SKIPPED: no C compiler moves the clock");
        None
    }

    fn shim(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    /// Runs the program with a clock that is so many seconds ahead.
    fn osteon(&self, project: &Project, ahead: i64, line: &str) -> Output {
        let mut command = project.command();
        command.args(line.split_whitespace());
        command.env("LD_PRELOAD", self.shim()).env("OFFSET", ahead.to_string());
        project.spawn(command).wait()
    }
}

fn project() -> Project {
    let project = Project::new(PIPELINE);
    project.write("raw.txt", "a\n");
    project
}

/// Seconds from the end of 1969 until now.
fn age_of_the_world() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

#[test]
fn the_clock_of_a_run_is_moved() {
    let Some(clock) = Clock::new() else { return };
    let project = project();
    let _ = clock.osteon(&project, 100 * 365 * DAY, "run").ok();
    let run = std::fs::read_dir(project.path("cache/runs")).unwrap().map(|run| run.unwrap().file_name());
    assert!(run.into_iter().any(|name| name.to_string_lossy().starts_with("21")), "the runs are named by it");
}

#[test]
fn however_the_clock_is_set_between_runs_every_change_is_noticed_and_nothing_runs_twice() {
    let Some(clock) = Clock::new() else { return };
    let project = project();
    let times = [0, DAY, 0, -DAY, -10 * 365 * DAY, 60, -age_of_the_world() + DAY, 1, 30 * 365 * DAY, 0];
    for (number, ahead) in times.into_iter().enumerate() {
        project.write("raw.txt", &format!("{}\n", number % 10));
        let _ = clock.osteon(&project, ahead, "run").ok();
        assert_eq!(project.ran(), ["a", "b"], "{ahead} s: what changed runs");
        for again in [ahead, 0, -ahead] {
            let _ = clock.osteon(&project, again, "run").ok();
            assert!(project.ran().is_empty(), "{ahead} s, then {again} s: nothing changed");
        }
        assert_eq!(project.read("cache/latest/a/o.txt"), format!("{}\n", number % 10));
        let _ = clock.osteon(&project, ahead, "cache verify").ok();
    }
}

#[test]
fn a_clock_before_all_time_ends_nothing() {
    let Some(clock) = Clock::new() else { return };
    let project = project();
    for line in [
        "run",
        "run -n",
        "status",
        "cache ls",
        "cache stat",
        "cache gc --older-than 1d",
        "cache verify",
        "why b",
        "log a",
    ] {
        let text = clock.osteon(&project, -age_of_the_world() - DAY, line).text();
        assert!(text.starts_with("exit 0") && !text.contains("panicked"), "{line}: {text}");
    }
    project.ok("run");
    assert_eq!(project.ran(), ["a", "b"]);
}

#[test]
fn a_sweep_with_a_clock_that_was_set_back_takes_nothing_young() {
    let Some(clock) = Clock::new() else { return };
    let project = project();
    let _ = clock.osteon(&project, DAY, "run").ok();
    let _ = clock.osteon(&project, -DAY, "cache gc --older-than 1h --keep-runs 1").ok();
    let _ = clock.osteon(&project, -DAY, "run").ok();
    assert_eq!(project.ran(), ["a", "b"], "what was made in the future is not made again");
}
