use std::fs;

use insta::assert_snapshot;

use crate::support::{Project, cells_of, eventually, files_below};

const WORD: &str = r#"
[variables]
word = "one"
[stage.a]
params  = { word = "$word" }
outputs = { o = "o.txt", d = "d/" }
command = "echo a >> ~/log; echo {params.word} | tee {outputs.o} > {outputs.d}/x"
[stage.b]
inputs  = { d = "a.d" }
outputs = { o = "o.txt" }
command = "echo b >> ~/log; cat {inputs.d}/x > {outputs.o}"
"#;

/// Three runs with three words.
fn three_runs() -> Project {
    let project = Project::new(WORD);
    for word in ["one", "two", "three"] {
        project.ok(&format!("run -S word={word}"));
    }
    assert_eq!(project.ran().len(), 6);
    project
}

#[test]
fn what_the_last_runs_used_is_kept_and_the_rest_goes() {
    let project = three_runs();
    let output = project.osteon("cache gc --keep-runs 2").ok();
    assert_snapshot!(output.stderr(), @"removed 2 records and 2 objects of 126 B; 4 records are kept");
    assert_eq!(output.stdout().lines().count(), 2);
    project.ok("run -S word=three");
    project.ok("run -S word=two");
    assert!(project.ran().is_empty());
    project.ok("run -S word=one");
    assert_eq!(project.ran(), ["a", "b"]);
}

#[test]
fn what_is_kept_is_whole() {
    let project = three_runs();
    project.ok("cache gc --keep-runs 1");
    assert_eq!(project.read("cache/latest/a/d/x"), "three\n");
    assert_eq!(project.read("cache/latest/b/o.txt"), "three\n");
    project.ok("run -S word=three");
    assert!(project.ran().is_empty());
    assert_eq!(files_below(&project.path("cache/records")).len(), 2);
    // `three`, and the folder with it.
    assert_eq!(files_below(&project.path("cache/objects")).len(), 2);
}

#[test]
fn a_dry_sweep_names_what_would_go_and_removes_nothing() {
    let project = three_runs();
    let before = files_below(&project.path("cache"));
    let output = project.osteon("cache gc --keep-runs 1 -n").ok();
    assert_snapshot!(output.stderr(), @"would remove 4 records and 4 objects of 252 B; 2 records are kept");
    assert_eq!(output.stdout().lines().count(), 4);
    assert_eq!(before, files_below(&project.path("cache")));
}

#[test]
fn what_a_run_hit_counts_as_used() {
    let project = three_runs();
    project.ok("run -S word=one");
    project.ok("cache gc --keep-runs 1");
    project.ok("run -S word=one");
    assert!(project.ran().is_empty());
    project.ok("run -S word=three");
    assert_eq!(project.ran(), ["a", "b"]);
}

#[test]
fn a_sweep_keeps_the_folders_of_the_runs_that_it_keeps() {
    let project = three_runs();
    let runs = || {
        let names = cells_of(&project.path("cache/runs")).into_iter();
        names.filter(|name| !name.ends_with(".keys") && !name.ends_with(".swept")).count()
    };
    assert_eq!(runs(), 3);
    project.ok("cache gc --keep-runs 2");
    assert_eq!(runs(), 2);
}

#[test]
fn a_sweep_waits_for_no_run_and_disturbs_none() {
    let project = Project::new("[stage.a]\nkind = \"block\"\nparams = { name = \"a\" }\n");
    let run = project.start("run");
    eventually("it runs", || project.note("running-a").exists());
    let output = project.osteon("cache gc --keep-runs 1").exits(2);
    assert_snapshot!(output.text(), @"
    exit 2
    ── stderr
    error: a run uses the cache [PROJECT]/cache: try again when it is over
    ");
    project.leave("go");
    let _ = run.wait().ok();
    project.ok("cache gc --keep-runs 1");
}

#[test]
fn a_sweep_of_a_cache_that_is_not_there_removes_nothing() {
    let project = Project::new(WORD);
    project.ok("cache gc --keep-runs 1");
}

#[test]
fn a_sweep_leaves_what_another_project_used_in_a_shared_cache() {
    let (one, two) = (Project::new(WORD), Project::new(&WORD.replace("\"one\"", "\"other\"")));
    let cache = tempfile::tempdir().unwrap();
    let osteon = |project: &Project, line: &str| {
        let mut command = project.command();
        command.args(line.split(' ')).env("OSTEON_CACHE", cache.path());
        let _ = project.spawn(command).wait().ok();
        project.ran().len()
    };
    assert_eq!((osteon(&one, "run"), osteon(&two, "run")), (2, 2));
    osteon(&one, "cache gc --keep-runs 1");
    assert_eq!(osteon(&two, "run"), 0);
}

#[test]
fn records_that_are_damaged_go() {
    let project = three_runs();
    for record in files_below(&project.path("cache/records")) {
        fs::write(record, "nonsense").unwrap();
    }
    let output = project.osteon("cache gc --keep-runs 9").ok();
    assert!(output.stdout().lines().all(|line| line.starts_with("removed a damaged record")));
    assert!(files_below(&project.path("cache/objects")).is_empty());
}
