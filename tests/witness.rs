use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Project, age, damage, eventually, files_below, truncate};

/// Every way in which a run looks at files: one, a folder, a glob, an axis, a variable, an output that is a folder.
const MANIFEST: &str = r#"
experiments = "experiments/*.toml"
[variables]
number = 1
[profile.other]
number = 1
[source.file]
path = "file.txt"
[source.folder]
path = "folder"
[source.glob]
path = "glob/**/*.txt"
[source.axis]
path = "axis/{x}.txt"
[stage.all]
inputs  = { file = "source.file", folder = "source.folder", glob = "source.glob" }
params  = { number = "$number" }
outputs = { d = "d/" }
env     = ["WITNESS"]
command = "echo all >> ~/log; cp {inputs.file} {outputs.d}; find -L {inputs.folder} {inputs.glob} -printf '%P ' > {outputs.d}/names"
[stage.each]
grid    = "source.axis"
inputs  = { x = "source.axis" }
outputs = { o = "o.txt" }
command = "echo each >> ~/log; cp {inputs.x} {outputs.o}"
"#;

const EXPERIMENT: &str = r#"
title   = "One"
inputs  = { d = "all.d" }
outputs = { o = "o.txt" }
command = "echo one >> ~/log; wc {inputs.d}/names > {outputs.o}"
"#;

/// Returns a project in which nothing is left to do and this is known.
fn at_rest() -> Project {
    let project = Project::new(MANIFEST);
    for file in ["file.txt", "folder/a/b.txt", "glob/a/b.txt", "axis/1.txt"] {
        project.write(file, file);
    }
    project.write("experiments/one.toml", EXPERIMENT);
    project.ok("run");
    // What was written a moment ago may be written again in the same tick of the clock.
    eventually("nothing is planned", || !plans(&project, "run"));
    assert_eq!(project.ran(), ["all", "each", "one"]);
    project
}

/// Returns whether a run was planned: then it has a folder of its own.
fn plans(project: &Project, line: &str) -> bool {
    let runs = || fs::read_dir(project.path("cache/runs")).unwrap().count();
    let before = runs();
    project.ok(line);
    runs() > before
}

/// Returns the object or folder that a name in `latest` leads to.
fn made(project: &Project, file: &str) -> PathBuf {
    fs::canonicalize(project.path(format!("cache/latest/{file}"))).unwrap()
}

#[test]
fn a_run_with_nothing_to_do_says_what_a_planned_one_says() {
    let project = at_rest();
    let (run, status) = (project.osteon("run").ok(), project.osteon("status").ok());
    fs::remove_file(project.path("cache/runs/.witness")).unwrap();
    assert_eq!(status.stdout(), project.osteon("status").ok().stdout());
    let without_time = |text: &str| text.split(" in ").next().unwrap_or_default().to_owned();
    assert_eq!(without_time(&run.stderr()), without_time(&project.osteon("run").ok().stderr()));
}

#[test]
fn whatever_happens_to_the_cache_is_seen_and_healed() {
    let project = at_rest();
    let record = |project: &Project, text: &str| -> PathBuf {
        let records = files_below(&project.path("cache/records"));
        records.into_iter().find(|path| fs::read_to_string(path).unwrap().contains(text)).unwrap()
    };
    let latest = |project: &Project| project.path("cache/latest/each/x=1/o.txt");
    let harms: [(&dyn Fn(&Project), &[&str]); 13] = [
        (&|project| fs::remove_file(latest(project)).unwrap(), &[]),
        (&|project| fs::remove_dir_all(project.path("cache/latest")).unwrap(), &[]),
        (&|project| fs::write(project.path("cache/latest/one/o.txt~"), "").unwrap(), &[]),
        (&|project| damage(&made(project, "each/x=1/o.txt")), &["each"]),
        (&|project| truncate(&made(project, "one/o.txt")), &["one"]),
        (&|project| fs::remove_file(made(project, "all/d/names")).unwrap(), &["all"]),
        (&|project| fs::remove_file(made(project, "all/d").join("names")).unwrap(), &["all"]),
        (&|project| fs::write(made(project, "all/d").join("more"), "").unwrap(), &[]),
        (&|project| damage(&record(project, "echo each")), &["each"]),
        (&|project| fs::remove_file(record(project, "echo one")).unwrap(), &["one"]),
        (&|project| fs::remove_file(project.path("cache/runs/default.keys")).unwrap(), &[]),
        (&|project| fs::remove_dir_all(project.path("cache/projects")).unwrap(), &[]),
        (&|project| fs::remove_dir_all(project.path("cache/objects")).unwrap(), &["all", "each", "one"]),
    ];
    for (at, (harm, again)) in harms.iter().enumerate() {
        assert!(!plans(&project, "run"), "{at}");
        harm(&project);
        assert!(plans(&project, "run"), "{at}");
        let ran = project.ran();
        assert!(ran == *again || at == 6 && ran.is_empty(), "{at}: {ran:?}");
        assert_eq!(project.read("cache/latest/each/x=1/o.txt"), "axis/1.txt", "{at}");
    }
}

/// Runs once more after `change`, which must be planned, and returns what ran.
fn after(change: impl FnOnce(&Project)) -> Vec<String> {
    let project = at_rest();
    change(&project);
    assert!(plans(&project, "run"));
    project.ran()
}

#[test]
fn a_changed_source_is_seen_whatever_it_is() {
    assert_eq!(after(|project| project.write("file.txt", "FILE.txt")), ["all", "one"]);
    assert_eq!(after(|project| project.write("folder/a/c.txt", "")), ["all", "one"]);
}

#[test]
fn a_file_that_comes_or_goes_is_seen_where_a_pattern_finds_it() {
    assert_eq!(after(|project| project.write("glob/c/d.txt", "")), ["all", "one"]);
    assert_eq!(after(|project| project.write("axis/2.txt", "")), ["each"]);
}

#[test]
fn a_changed_manifest_or_experiment_is_seen() {
    let edit = |project: &Project| project.edit("cp {inputs.x}", "cat {inputs.x} >");
    assert_eq!(after(edit), ["each"]);
    let write = |project: &Project| project.write("experiments/two.toml", &EXPERIMENT.replace("one", "two"));
    assert_eq!(after(write), ["two"]);
}

#[test]
fn another_question_is_another_run() {
    let project = at_rest();
    let asks_again = |line: &str| {
        assert!(!plans(&project, "run"), "{line}");
        assert!(plans(&project, line), "{line}");
    };
    for line in ["run -S number=2", "run --profile other", "run -B", "run all", "run -j1", "run --cache ro"] {
        asks_again(line);
        project.ran();
        // Links and keys are those of the other question now.
        eventually("nothing is planned", || !plans(&project, "run"));
    }
    assert!(!plans(&project, "run"));
    let mut command = project.command();
    assert!(command.arg("run").env("WITNESS", "seen").status().unwrap().success());
    assert_eq!(project.ran(), ["all"], "a variable that a command sees");
}

#[test]
fn a_damaged_witness_is_none() {
    let project = at_rest();
    let note = project.path("cache/runs/.witness");
    for harm in [damage, truncate, |path: &Path| fs::write(path, "").unwrap()] {
        harm(&note);
        assert!(plans(&project, "run"));
        assert!(!plans(&project, "run"), "the next run left another");
    }
}

#[test]
fn what_a_repeated_run_used_counts_as_used_now() {
    let project = at_rest();
    project.ok("run all -S number=2");
    files_below(&project.path("cache/records")).iter().for_each(|record| age(record, 3));
    eventually("nothing is planned", || !plans(&project, "run"));
    let runs = files_below(&project.path("cache/runs"));
    runs.iter().filter(|file| file.ends_with("events.jsonl")).for_each(|events| age(events, 3));
    assert!(!plans(&project, "run"));
    let output = project.osteon("cache ls").ok();
    let days = output.stdout().lines().filter(|line| line.ends_with("3 d")).count();
    assert_eq!(days, 1, "{}", output.stdout());
}

#[test]
fn what_a_killed_run_left_behind_is_swept_although_nothing_is_left_to_do() {
    let project = Project::new("[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo > {outputs.o}\"\n");
    project.ok("run");
    project.ok("run");
    fs::create_dir(project.path("cache/staging/left")).unwrap();
    project.ok("run");
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
    assert_eq!(project.ran(), ["a"; 0]);
}
