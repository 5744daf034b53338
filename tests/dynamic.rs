use std::fs;

use insta::assert_snapshot;
use rustix::process::Signal;

use crate::support::{Events, Graph, Project, cells_of, eventually};

/// A stage lists the cells of another, and a third gathers them.
const LISTED: &str = r#"
[variables]
rows = 3
[profile.small]
rows = 2
[stage.make]
params    = { rows = "$rows" }
outputs   = { cells = "cells.csv" }
command   = "echo make >> ~/log; (echo x; seq {params.rows}) > {outputs.cells}"
[stage.fit]
grid.rows = "make.cells"
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = "echo fit {params.x} >> ~/log; echo {params.x} > {outputs.o}"
[stage.sum]
inputs    = { all = "fit[*].o" }
outputs   = { o = "o.txt" }
command   = "echo sum >> ~/log; ls {inputs.all} | tr '\n' ' ' > {outputs.o}"
"#;

fn listed() -> Project {
    let project = Project::new(LISTED);
    project.ok("run");
    assert_eq!(project.ran(), ["fit 1", "fit 2", "fit 3", "make", "sum"]);
    project
}

#[test]
fn a_run_makes_the_table_first_and_goes_on_with_its_rows() {
    let project = Project::new(LISTED);
    project.ok("run");
    let ran = project.ran_in_order();
    assert_eq!((ran.len(), ran[0].as_str(), ran[4].as_str()), (5, "make", "sum"));
    assert_eq!(project.read("cache/latest/sum/o.txt"), "x=1.txt x=2.txt x=3.txt ");
    assert_eq!(project.read("cache/latest/fit/x=2/o.txt"), "2\n");
}

#[test]
fn a_second_run_executes_nothing() {
    let project = listed();
    let events = project.events("run").ok();
    assert_eq!((events.count("executed"), events.count("hit")), (0, 5));
    project.ok("cache gc --keep-runs 1");
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn a_table_that_grows_runs_the_new_cell_and_what_gathers_it() {
    let project = listed();
    project.ok("run -S rows=4");
    assert_eq!(project.ran(), ["fit 4", "make", "sum"]);
    assert_eq!(project.read("cache/latest/sum/o.txt"), "x=1.txt x=2.txt x=3.txt x=4.txt ");
}

#[test]
fn a_table_that_shrinks_runs_what_gathers_it_alone_and_its_cells_go() {
    let project = listed();
    project.ok("run -S rows=2");
    assert_eq!(project.ran(), ["make", "sum"]);
    assert_eq!(project.read("cache/latest/sum/o.txt"), "x=1.txt x=2.txt ");
    assert_eq!(cells_of(&project.path("cache/latest/fit")), ["x=1", "x=2"]);
    project.ok("run -S rows=3");
    assert!(project.ran().is_empty(), "all of that was made before");
}

#[test]
fn a_table_without_rows_is_an_empty_grid() {
    let project = Project::new(LISTED);
    let output = project.osteon("run -S rows=0").ok();
    assert_eq!(project.ran(), ["make", "sum"]);
    assert_snapshot!(output.stderr(), @r#"
    executed 'make' in [TIME]
    manifest::empty-grid

      ⚠ the grid of fit is empty
        ╭─[pipeline.toml:10:8]
      9 │ command   = "echo make >> ~/log; (echo x; seq {params.rows}) > {outputs.cells}"
     10 │ [stage.fit]
        ·        ─┬─
        ·         ╰── it has no cells
     11 │ grid.rows = "make.cells"
        ╰────
    executed 'sum' in [TIME]
    executed 2, hit 0 in [TIME]
    "#);
    assert_eq!(project.read("cache/latest/sum/o.txt"), "");
    assert!(!project.path("cache/latest/fit").exists());
    project.ok("run -S rows=0");
    assert!(project.ran().is_empty());
}

#[test]
fn the_events_tell_of_each_cell_and_count_it_once() {
    let project = Project::new(LISTED);
    let events = project.events("run").ok();
    let ids: Vec<&str> = events.outcomes().into_keys().collect();
    assert_eq!(ids, ["fit[x=1]", "fit[x=2]", "fit[x=3]", "make", "sum"]);
    assert_eq!(events.with_reason("stage-finished").len(), 5);
    assert_eq!(events.with_reason("stage-started").len(), 5);
    assert_eq!((events.count("executed"), events.count("skipped")), (5, 0));
    let runs = project.path("cache/runs");
    let run = cells_of(&runs).into_iter().find(|name| runs.join(name).is_dir()).unwrap();
    let written = project.read(runs.join(run).join("events.jsonl"));
    assert_eq!(written.lines().count(), events.all().len());
}

#[test]
fn cells_do_not_wait_for_what_they_do_not_read() {
    let project =
        Project::new(&format!("[stage.wait]\nkind = \"block\"\nparams = {{ name = \"wait\" }}\n{LISTED}"));
    let run = project.start("run -j2");
    eventually("the cells run and what gathers them", || project.path("cache/latest/sum/o.txt").exists());
    eventually("another stage runs all the time", || project.note("running-wait").exists());
    project.leave("go");
    let _output = run.wait().ok();
    assert_eq!(project.ran(), ["fit 1", "fit 2", "fit 3", "make", "sum", "wait"]);
}

#[test]
fn a_profile_and_a_variable_have_tables_of_their_own() {
    let project = listed();
    project.ok("run --profile small");
    assert_eq!(project.ran(), ["make", "sum"]);
    assert_eq!(project.read("cache/latest@small/sum/o.txt"), "x=1.txt x=2.txt ");
    assert_eq!(cells_of(&project.path("cache/latest/fit")), ["x=1", "x=2", "x=3"]);
    assert_eq!(Graph::of(&project, "--profile small").cells()["fit"], 2);
    assert_eq!(Graph::of(&project, "").cells()["fit"], 3);
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn tables_may_list_what_makes_the_next_table() {
    let project = Project::new(
        r#"
[variables]
sites = "a b"
[stage.sites]
params    = { sites = "$sites" }
outputs   = { list = "list.csv" }
command   = "echo sites >> ~/log; (echo site; for s in {params.sites}; do echo $s; done | tr ' ' '\n') > {outputs.list}"
[stage.scan]
grid.rows = "sites.list"
params    = { site = "$site" }
outputs   = { o = "o.txt" }
command   = "echo scan {params.site} >> ~/log; echo {params.site}1 > {outputs.o}; echo {params.site}2 >> {outputs.o}"
[stage.people]
inputs    = { all = "scan[*].o" }
outputs   = { list = "list.csv" }
command   = "echo people >> ~/log; (echo person; cat {inputs.all}/*) > {outputs.list}"
[stage.read]
grid.rows = "people.list"
params    = { person = "$person" }
outputs   = { o = "o.txt" }
command   = "echo read {params.person} >> ~/log; echo {params.person} > {outputs.o}"
[stage.copy]
grid      = "read"
inputs    = { o = "read.o" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.o} > {outputs.o}"
[stage.all]
inputs    = { all = "copy[*].o" }
outputs   = { o = "o.txt" }
command   = "echo all >> ~/log; cat {inputs.all}/* > {outputs.o}"
"#,
    );
    assert_snapshot!(project.osteon("status").ok().stdout(), @"
    stage   fresh  stale  missing  waiting  why
    sites       ·      ·        1        ·  never ran
    scan        ·      ·        ·        1  waits for 'sites'
    people      ·      ·        ·        1  waits for 'scan[*]'
    read        ·      ·        ·        1  waits for 'people'
    copy        ·      ·        ·        1  waits for 'read[*]'
    all         ·      ·        ·        1  waits for 'copy[*]'
    all         0      0        1        5
    ");
    project.ok("run");
    assert_eq!(
        project.ran(),
        ["all", "people", "read a1", "read a2", "read b1", "read b2", "scan a", "scan b", "sites"]
    );
    assert_eq!(project.read("cache/latest/all/o.txt"), "a1\na2\nb1\nb2\n");
    assert_eq!(project.events("run").ok().count("executed"), 0);
    project.edit("sites = \"a b\"", "sites = \"a b c\"");
    project.ok("run");
    assert_eq!(project.ran(), ["all", "people", "read c1", "read c2", "scan c", "sites"]);
}

#[test]
fn a_killed_run_leaves_the_table_and_the_cells_that_were_made() {
    let waits = r#"command   = "echo fit {params.x} >> ~/log; echo {params.x} > {outputs.o}""#;
    let manifest = LISTED.replace(
        waits,
        "command = '''\necho fit {params.x} >> ~/log\ntouch ~/running-{params.x}\n\
         test {params.x} = 1 || until test -e ~/go; do sleep 0.01; done\necho {params.x} > {outputs.o}\n'''",
    );
    assert_ne!(manifest, LISTED);
    let project = Project::new(&manifest);
    let run = project.start("run -j1");
    eventually("the second cell runs", || project.note("running-2").exists());
    run.signal(Signal::KILL);
    let _killed = run.wait();
    project.leave("go");
    assert_eq!(project.ran(), ["fit 1", "fit 2", "make"]);
    project.ok("run");
    assert_eq!(project.ran(), ["fit 2", "fit 3", "sum"]);
    assert_eq!(project.read("cache/latest/sum/o.txt"), "x=1.txt x=2.txt x=3.txt ");
}

#[test]
fn a_table_whose_bytes_are_gone_is_made_again() {
    let project = listed();
    let object = fs::canonicalize(project.path("cache/latest/make/cells.csv")).unwrap();
    fs::remove_file(object).unwrap();
    assert_snapshot!(project.osteon("why fit").ok().stdout(), @"
    'fit[*]'  waiting
      reads 'make'  fresh
      what it made is gone from the cache: it is made again
      may rerun it and 2 that depend on it
    ");
    let output = project.osteon("run").ok();
    assert_snapshot!(output.stderr(), @"
    executed 'make' in [TIME]
    executed 1, hit 4 in [TIME]
    ");
    assert_eq!(project.ran(), ["make"]);
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn an_interrupted_run_cancels_what_waits_and_the_next_one_goes_on() {
    let project = Project::new(
        &LISTED
            .replace("echo make >> ~/log;", "echo make >> ~/log; until test -e ~/go; do sleep 0.01; done;"),
    );
    let run = project.start("run --message-format json");
    eventually("the table is being made", || fs::read_to_string(project.note("log")).is_ok());
    run.signal(Signal::INT);
    eventually("it was heard", || run.said().contains("interrupted"));
    project.leave("go");
    let events = Events::of(run.wait()).exits(130);
    assert_eq!(
        events.outcomes().into_iter().collect::<Vec<_>>(),
        [("fit[*]", "cancelled"), ("make", "executed"), ("sum", "cancelled")]
    );
    assert_eq!(events.count("cancelled"), 2);
    assert_eq!(project.ran(), ["make"]);
    project.ok("run");
    assert_eq!(project.ran(), ["fit 1", "fit 2", "fit 3", "sum"]);
}

#[test]
fn a_table_that_is_made_anew_counts_and_not_the_one_before() {
    let project = Project::new(&LISTED.replace("seq {params.rows}", "cat ~/rows"));
    fs::write(project.note("rows"), "1\n2\n").unwrap();
    project.ok("run");
    assert_eq!(project.ran(), ["fit 1", "fit 2", "make", "sum"]);
    fs::write(project.note("rows"), "2\n3\n4\n").unwrap();
    project.ok("run");
    assert!(project.ran().is_empty(), "nothing that is declared changed");
    project.ok("run --cache off");
    assert_eq!(project.ran(), ["fit 2", "fit 3", "fit 4", "make", "sum"]);
    project.ok("run -B");
    assert_eq!(project.ran(), ["fit 2", "fit 3", "fit 4", "make", "sum"]);
    assert_eq!(cells_of(&project.path("cache/latest/fit")), ["x=2", "x=3", "x=4"]);
}
