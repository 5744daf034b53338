use std::fs;

use crate::support::{Project, damage};

/// A stage that is asked for cell by cell and makes other bytes each time, and two that read it.
const DICE: &str = r#"
[variables]
v = 1
[stage.dice]
grid    = ["k"]
params  = { k = "$k" }
outputs = { o = "o.txt" }
command = "echo dice >> ~/log; date +%s%N > {outputs.o}"
[stage.left]
over    = { k = [1] }
inputs  = { dice = "dice[over].o" }
outputs = { o = "o.txt" }
command = "echo left >> ~/log; (cat {inputs.dice}/*; echo left) > {outputs.o}"
[stage.right]
over    = { k = [1] }
inputs  = { dice = "dice[over].o" }
params  = { v = "$v" }
outputs = { o = "o.txt" }
command = "echo right >> ~/log; (cat {inputs.dice}/*; echo right {params.v}) > {outputs.o}"
"#;

/// Deletes what a name leads to.
fn lose(project: &Project, name: &str) {
    fs::remove_file(fs::canonicalize(project.path(name)).unwrap()).unwrap();
}

#[test]
fn what_was_made_of_bytes_that_are_replaced_is_told_and_made_anew() {
    let project = Project::new(DICE);
    project.ok("run");
    lose(&project, "cache/latest/dice/k=1/o.txt");
    project.edit("v = 1", "v = 2");
    let _ = project.ran();
    let said = project.osteon("run").ok().stderr();
    assert!(said.contains("'left' was made of what 'dice[k=1]' made before"), "{said}");
    assert_eq!(project.ran(), ["dice", "right"]);
    project.ok("run");
    assert_eq!(project.ran(), ["left"]);
    let rolled =
        |name: &str| project.read(format!("cache/latest/{name}/o.txt")).lines().next().unwrap().to_owned();
    assert_eq!(rolled("left"), rolled("right"));
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn cells_of_a_table_that_is_replaced_are_those_of_the_new_one() {
    let project = Project::new(
        r#"
[stage.list]
outputs = { cells = "cells.csv", other = "other.txt" }
command = "(printf 'n\n1\n'; test -e ~/more && echo 2; true) > {outputs.cells}; echo x > {outputs.other}"
[stage.fit]
grid.rows = "list.cells"
params  = { n = "$n" }
outputs = { o = "o.txt" }
command = "echo {params.n} >> ~/log; echo {params.n} > {outputs.o}"
"#,
    );
    project.ok("run");
    lose(&project, "cache/latest/list/other.txt");
    project.leave("more");
    project.ok("run");
    project.ok("run");
    assert_eq!(project.ran(), ["1", "2"]);
    assert_eq!(project.read("cache/latest/fit/n=2/o.txt"), "2\n");
}

#[test]
fn a_source_that_was_another_while_it_was_read_fails_its_reader() {
    let project = Project::new(
        r#"
[source.raw]
path = PATH
[stage.a]
inputs  = { raw = "source.raw" }
outputs = { o = "o.txt" }
command = "echo B > raw/x.txt; cat raw/x.txt > {outputs.o}; echo A > raw/x.txt"
"#
        .replace("PATH", "\"raw/x.txt\"")
        .as_str(),
    );
    let paths = ["\"raw/x.txt\"", "\"raw\"", "\"raw/*.txt\""];
    for (before, path) in std::iter::once(paths[0]).chain(paths).zip(paths) {
        project.edit(&format!("path = {before}"), &format!("path = {path}"));
        project.write("raw/x.txt", "A\n");
        let said = project.osteon("run").exits(1).stderr();
        assert!(said.contains("source.raw changed while it was read; run again"), "{path}: {said}");
    }
}

#[test]
fn what_a_run_would_make_again_is_told_before() {
    let project = Project::new(DICE);
    project.ok("run");
    lose(&project, "cache/latest/left/o.txt");
    let told = project.osteon("run -n").ok().text();
    assert!(told.contains("'left'") && told.contains("what it made is gone or damaged"), "{told}");
    assert!(told.contains("would run 1, may run 0, hit 2"), "{told}");
    let status = project.osteon("status --exit-code").exits(3).text();
    assert!(status.contains("what it made is gone or damaged"), "{status}");
    let path = project.osteon("path left").exits(2).stderr();
    assert!(path.contains("what 'left' made is gone from the cache: osteon run 'left'"), "{path}");
    project.ok("run");
    damage(&fs::canonicalize(project.path("cache/latest/left/o.txt")).unwrap());
    let path = project.osteon("path left").exits(2).stderr();
    assert!(path.contains("what 'left' made is damaged: osteon run 'left'"), "{path}");
    project.ok("run");
    project.ok("status --exit-code");
    project.ok("path left");
}

#[test]
fn what_nobody_asked_for_and_is_damaged_has_no_name() {
    let project = Project::new(DICE);
    project.ok("run");
    damage(&fs::canonicalize(project.path("cache/latest/dice/k=1/o.txt")).unwrap());
    project.ok("run");
    assert!(!project.path("cache/latest/dice/k=1/o.txt").is_symlink());
    let _refused = project.osteon("path dice[k=1]").exits(2);
    let _ = project.ran();
    project.ok("run dice[k=1]");
    assert_eq!(project.ran(), ["dice"]);
    project.ok("path dice[k=1]");
}
