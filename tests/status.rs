use std::fs;

use insta::assert_snapshot;

use crate::support::Project;

const MANIFEST: &str = r#"
[variables]
word = "one"
[stage.first]
params  = { word = "$word" }
outputs = { o = "o.txt" }
command = "echo {params.word} > {outputs.o}"
[stage.cell]
grid.axes = { x = [1, 2, 3] }
inputs  = { o = "first.o" }
params  = { x = "$x" }
outputs = { o = "o.txt" }
command = "echo {params.x} > {outputs.o}"
[stage.alone]
grid.axes = { y = ["a", "b"] }
params  = { y = "$y" }
outputs = { o = "o.txt" }
command = "echo {params.y} > {outputs.o}"
"#;

#[test]
fn every_stage_is_fresh_stale_missing_or_waiting() {
    let project = Project::new(MANIFEST);
    assert_snapshot!(project.osteon("status").ok().stdout(), @"
    stage  fresh  stale  missing  waiting  why
    first      ·      ·        1        ·  never ran
    cell       ·      ·        ·        3  waits for 'first'
    alone      ·      ·        2        ·  never ran
    all        0      0        3        3
    ");
    project.ok("run first cell alone[y=a]");
    project.edit("x = [1, 2, 3]", "x = [1, 2, 3, 4]");
    project.edit("echo {params.y}", "echo  {params.y}");
    assert_snapshot!(project.osteon("status").ok().stdout(), @"
    stage  fresh  stale  missing  waiting  why
    first      1      ·        ·        ·
    cell       3      ·        1        ·  never ran
    alone      ·      1        1        ·  the command changed
    all        4      1        2        0
    ");
    assert_snapshot!(project.osteon("status -S word=two").ok().stdout(), @r#"
    stage  fresh  stale  missing  waiting  why
    first      ·      1        ·        ·  params.word "one" → "two"
    cell       ·      ·        ·        4  waits for 'first'
    alone      ·      1        1        ·  the command changed
    all        0      2        1        4
    "#);
    assert_snapshot!(project.osteon("status cell[x=1]").ok().stdout(), @"
    stage  fresh  stale  missing  waiting  why
    first      1      ·        ·        ·
    cell       1      ·        ·        ·
    all        2      0        0        0
    ");
}

#[test]
fn the_exit_code_tells_whether_all_is_fresh_if_it_is_asked_to() {
    let project = Project::new(MANIFEST);
    let _ = project.osteon("status").exits(0);
    let _ = project.osteon("status --exit-code").exits(3);
    project.ok("run");
    let _ = project.osteon("status --exit-code").exits(0);
    let _ = project.osteon("status --exit-code -S word=two").exits(3);
    let _ = project.osteon("status --exit-code alone -S word=two").exits(0);
}

#[test]
fn a_status_writes_and_runs_nothing() {
    let project = Project::new(MANIFEST);
    project.ok("status");
    assert!(!project.path("cache").exists());
}

#[test]
fn programs_read_the_same_as_json() {
    let project = Project::new(MANIFEST);
    project.ok("run first alone[y=a]");
    let output = project.osteon("status --json -S word=two").ok();
    let lines: String = output
        .stdout()
        .lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["key"].is_null(), line["state"] == "waiting");
            line["key"].take();
            format!("{line}\n")
        })
        .collect();
    assert_snapshot!(lines, @r#"
    {"cause":"params.word \"one\" → \"two\"","id":"first","key":null,"reason":"stage-status","state":"stale"}
    {"cause":"waits for 'first'","id":"cell[x=1]","key":null,"reason":"stage-status","state":"waiting"}
    {"cause":"waits for 'first'","id":"cell[x=2]","key":null,"reason":"stage-status","state":"waiting"}
    {"cause":"waits for 'first'","id":"cell[x=3]","key":null,"reason":"stage-status","state":"waiting"}
    {"cause":"","id":"alone[y=a]","key":null,"reason":"stage-status","state":"fresh"}
    {"cause":"never ran","id":"alone[y=b]","key":null,"reason":"stage-status","state":"missing"}
    "#);
}

#[test]
fn what_failed_is_told_until_it_is_done() {
    let project = Project::new(
        r#"
[variables]
salt = 0
[stage.a]
params  = { salt = "$salt" }
outputs = { o = "o.txt" }
command = "echo {params.salt} > {outputs.o}; test -e ~/well"
[stage.b]
inputs  = { o = "a.o" }
outputs = { o = "o.txt" }
command = "cp {inputs.o} {outputs.o}"
"#,
    );
    let _ = project.osteon("run").exits(1);
    let status = project.osteon("status").ok();
    let line = "    a           ·      ·        1        ·  failed when it ran last: osteon log 'a'";
    assert!(squeezed(status.stdout()).contains(&squeezed(line)), "{}", status.stdout());
    let why = project.osteon("why b").ok();
    assert!(why.stdout().contains("  it failed when it ran last: osteon log 'a'\n"), "{}", why.stdout());
    let json = project.osteon("status --json -S salt=1").ok();
    assert!(json.stdout().contains("failed when it ran last: osteon log 'a'"), "{}", json.stdout());
    project.leave("well");
    project.ok("run");
    assert!(!project.osteon("status -S salt=1").ok().stdout().contains("failed"));
    fs::remove_file(project.note("well")).unwrap();
    let _ = project.osteon("run -S salt=1").exits(1);
    assert!(project.osteon("status -S salt=1").ok().stdout().contains("failed"), "one that was stale too");
    assert!(!project.osteon("status").ok().stdout().contains("failed"), "what is fresh is fresh");
}

/// Writes one space for many.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
