use std::fs;
use std::os::unix::fs::MetadataExt;

use insta::assert_snapshot;

use crate::support::{Project, age, cells_of, eventually, files_below};

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

/// Three runs with three words, 40, 20 and 10 days ago.
fn three_runs() -> Project {
    let project = Project::new(WORD);
    for word in ["one", "two", "three"] {
        project.ok(&format!("run -S word={word}"));
    }
    assert_eq!(project.ran().len(), 6);
    for record in files_below(&project.path("cache/records")) {
        age(&record, 50);
    }
    for (run, days) in runs(&project).iter().zip([40, 20, 10]) {
        age(&project.path("cache/runs").join(run).join("events.jsonl"), days);
    }
    project
}

/// Returns the names of the folders of all runs.
fn runs(project: &Project) -> Vec<String> {
    let names = cells_of(&project.path("cache/runs"));
    // They are named by their times.
    names.into_iter().filter(|name| name.starts_with(|first: char| first.is_ascii_digit())).collect()
}

/// Returns the words whose results are there: those with which a run has nothing to do.
fn words(project: &Project) -> Vec<&'static str> {
    let is_there = |word: &&str| {
        let status = project.osteon(&format!("status --exit-code -S word={word}"));
        status.text().starts_with("exit 0")
    };
    ["one", "two", "three"].into_iter().filter(is_there).collect()
}

#[test]
fn what_the_last_runs_used_is_kept_and_the_rest_goes() {
    let project = three_runs();
    let output = project.osteon("cache gc --grace 0s --keep-runs 2").ok();
    assert_snapshot!(output.stderr(), @"removed 2 records and 2 objects, 126 B in all; 4 records and 254 B are kept");
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
    project.ok("cache gc --grace 0s --keep-runs 1");
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
    let output = project.osteon("cache gc --grace 0s --keep-runs 1 -n").ok();
    assert_snapshot!(output.stderr(), @"would remove 4 records and 4 objects, 252 B in all; 2 records and 128 B are kept");
    assert_eq!(output.stdout().lines().count(), 4);
    assert_eq!(before, files_below(&project.path("cache")));
}

#[test]
fn what_a_run_hit_counts_as_used() {
    let project = three_runs();
    project.ok("run -S word=one");
    project.ok("cache gc --grace 0s --keep-runs 1");
    project.ok("run -S word=one");
    assert!(project.ran().is_empty());
    project.ok("run -S word=three");
    assert_eq!(project.ran(), ["a", "b"]);
}

#[test]
fn a_sweep_keeps_the_folders_of_the_runs_that_it_keeps() {
    let project = three_runs();
    assert_eq!(runs(&project).len(), 3);
    project.ok("cache gc --grace 0s --keep-runs 2");
    assert_eq!(runs(&project).len(), 2);
}

#[test]
fn a_sweep_waits_for_no_run_and_disturbs_none() {
    let project = Project::new("[stage.a]\nkind = \"block\"\nparams = { name = \"a\" }\n");
    let run = project.start("run");
    eventually("it runs", || project.note("running-a").exists());
    let output = project.osteon("cache gc --grace 0s --keep-runs 1").exits(2);
    assert_snapshot!(output.text(), @"
    exit 2
    ── stderr
    error: a run uses the cache [PROJECT]/cache: try again when it is over
    ");
    project.ok("cache gc --grace 0s --keep-runs 1 -n");
    project.leave("go");
    let _ = run.wait().ok();
    project.ok("cache gc --grace 0s --keep-runs 1");
}

#[test]
fn a_sweep_disturbs_no_run_that_only_reads_the_cache() {
    let block = "[stage.c]\nkind = \"block\"\nparams = { name = \"c\" }\n";
    let project = Project::new(&format!("{WORD}{block}"));
    project.ok("run a");
    let run = project.start("run --cache ro");
    eventually("it runs", || project.note("running-c").exists());
    let _refused = project.osteon("cache gc --grace 0s --max-size 0B").exits(2);
    project.leave("go");
    let _ = run.wait().ok();
    project.ok("cache gc --grace 0s --max-size 0B");
}

#[test]
fn a_run_that_begins_during_a_sweep_waits_for_its_end() {
    let project = three_runs();
    let path = project.path("cache/locks/store");
    let held = fs::File::options().read(true).write(true).open(&path).unwrap();
    held.try_lock().unwrap();
    let file = format!(":{} ", held.metadata().unwrap().ino());
    let run = project.start("run -S word=four");
    eventually("the run waits", || {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("-> FLOCK") && line.contains(&file))
    });
    assert!(project.ran().is_empty());
    held.unlock().unwrap();
    let _ = run.wait().ok();
    assert_eq!(project.ran(), ["a", "b"]);
}

#[test]
fn what_was_not_used_for_long_goes() {
    let project = three_runs();
    let output = project.osteon("cache gc --older-than 30d --grace 0s").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    removed  'a'  9b287be40462  126 B  40 d
    removed  'b'  3184874e86f8    4 B  40 d
    ── stderr
    removed 2 records and 2 objects, 126 B in all; 4 records and 254 B are kept
    ");
    assert_eq!(words(&project), ["two", "three"]);
    assert_eq!(runs(&project).len(), 3, "the folders of runs are of no size, and tell what was used");
}

#[test]
fn a_limit_of_size_takes_what_was_used_least_recently() {
    let project = three_runs();
    project.ok("run -S word=one");
    let output = project.osteon("cache gc --max-size 300B --grace 0s").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    removed  'a'  25edc06f06af  126 B  20 d
    ── stderr
    removed 1 record and 1 object, 122 B in all; 5 records and 258 B are kept
    ");
    assert_eq!(words(&project), ["one", "three"]);
    let output = project.osteon("cache gc --max-size 300B --grace 0s").ok();
    assert_snapshot!(output.stderr(), @"removed 0 records and 0 objects, 0 B in all; 5 records and 258 B are kept");
}

#[test]
fn what_any_rule_keeps_stays() {
    let project = three_runs();
    project.ok("cache gc --older-than 15d --keep-runs 2 --grace 0s");
    assert_eq!(words(&project), ["two", "three"]);
    project.ok("cache gc --older-than 30d --keep-runs 1 --grace 0s");
    assert_eq!(words(&project), ["two", "three"]);
    let output = project.osteon("cache gc --max-size 1B --older-than 15d --grace 0s").ok();
    assert_snapshot!(output.stderr(), @"
    removed 2 records and 2 objects, 126 B in all; 2 records and 128 B are kept
    warning: more than 1 B is left: the rest is pinned, or kept by another rule or the grace period
    ");
    assert_eq!(words(&project), ["three"]);
}

#[test]
fn what_was_written_a_moment_ago_stays_unless_told_otherwise() {
    let project = three_runs();
    let output = project.osteon("cache gc --max-size 0B").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stderr
    removed 0 records and 0 objects, 0 B in all; 6 records and 380 B are kept
    6 kept only by the grace period of 1h: --grace 0s removes what was just written, too
    warning: more than 0 B is left: the rest is pinned, or kept by another rule or the grace period
    ");
    assert_eq!(words(&project).len(), 3);
    project.ok("cache gc --max-size 0B --grace 0s");
    assert!(words(&project).is_empty());
    assert!(files_below(&project.path("cache/objects")).is_empty());
    assert!(
        cells_of(&project.path("cache/trees"))
            .iter()
            .all(|first| { cells_of(&project.path("cache/trees").join(first)).is_empty() })
    );
    project.ok("run -S word=one");
    assert_eq!(project.ran(), ["a", "b"]);
    assert_eq!(project.read("cache/latest/b/o.txt"), "one\n");
}

#[test]
fn what_attempts_left_goes_when_no_run_wants_it() {
    let project = Project::new(&format!("{WORD}[stage.half]\nkind = \"resume\"\n"));
    let _failed = project.osteon("run half").exits(1);
    fs::create_dir(project.path("cache/staging/killed")).unwrap();
    fs::write(project.path("cache/staging/killed/out"), "some bytes").unwrap();
    let output = project.osteon("cache gc --keep-runs 1 --grace 0s").ok();
    assert_snapshot!(output.stdout(), @"removed  what a killed run left    10 B  now");
    assert_eq!(cells_of(&project.path("cache/scratch")).len(), 1, "the last run wants to go on from there");
    project.ok("run a");
    let output = project.osteon("cache gc --keep-runs 1 --grace 0s").ok();
    assert_snapshot!(output.stdout(), @"removed  what an attempt of 'half' left  7ef13fdfac26  3 B  now");
    assert!(cells_of(&project.path("cache/scratch")).is_empty());
}

#[test]
fn a_project_that_is_gone_is_mentioned() {
    let project = three_runs();
    project.write("cache/projects/elsewhere", "/nowhere/cache/runs");
    let output = project.osteon("cache gc --keep-runs 3 -n").ok();
    assert_snapshot!(output.stderr(), @"
    warning: a project kept its runs in /nowhere/cache/runs, which is not there: what it used counts as unused; if it is gone for good, delete [PROJECT]/cache/projects/elsewhere
    would remove 0 records and 0 objects, 0 B in all; 6 records and 380 B are kept
    ");
}

#[test]
fn a_cache_of_another_layout_is_left_alone() {
    let project = three_runs();
    project.write("cache/FORMAT", "osteon cache 2\n");
    for line in ["cache gc --max-size 0B --grace 0s", "cache verify --repair"] {
        let output = project.osteon(line).exits(2);
        assert!(
            output.stderr().contains("/FORMAT says \"osteon cache 2\", and this program knows"),
            "{line}"
        );
    }
}

#[test]
fn a_sweep_of_a_cache_that_is_not_there_removes_nothing() {
    let project = Project::new(WORD);
    project.ok("cache gc --grace 0s --keep-runs 1");
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
    osteon(&one, "cache gc --grace 0s --keep-runs 1");
    assert_eq!(osteon(&two, "run"), 0);
}

#[test]
fn records_that_are_damaged_go() {
    let project = three_runs();
    for record in files_below(&project.path("cache/records")) {
        fs::write(record, "nonsense").unwrap();
    }
    let output = project.osteon("cache gc --grace 0s --keep-runs 9").ok();
    assert!(output.stdout().lines().all(|line| line.contains(" (damaged) ")));
    assert!(files_below(&project.path("cache/objects")).is_empty());
}
