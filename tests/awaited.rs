use insta::assert_snapshot;

use crate::support::Project;

/// A stage lists the cells of another, which reads a third, and a fourth gathers them.
const LISTED: &str = r#"
[variables]
rows = 2
[stage.data]
outputs   = { o = "o.txt" }
command   = "echo data > {outputs.o}"
[stage.make]
params    = { rows = "$rows" }
outputs   = { cells = "cells.csv" }
command   = "(echo x; seq {params.rows}) > {outputs.cells}"
[stage.fit]
grid.rows = "make.cells"
inputs    = { data = "data.o" }
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.data} > {outputs.o}; echo {params.x} >> {outputs.o}"
[stage.sum]
inputs    = { all = "fit[*].o" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.all}/* > {outputs.o}"
"#;

/// Returns what is said before the table is there, when it is there, and when another one is to be made.
fn said(line: &str) -> String {
    let project = Project::new(LISTED);
    let told = |when: &str| {
        let output = project.osteon(line);
        let lines: Vec<String> = output.stdout().lines().map(without_key).collect();
        format!("── {when}\n{}\n{}", lines.join("\n"), output.stderr())
    };
    let before = told("before");
    assert!(!project.path("cache").exists());
    project.ok("run");
    let after = told("after");
    project.edit("rows = 2", "rows = 3");
    format!("{before}{after}{}", told("stale"))
}

/// Replaces the key in a line of JSON, if it is one and has one.
fn without_key(line: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(line) {
        Ok(mut json) => {
            json["key"] = if json["key"].is_null() { "none" } else { "some" }.into();
            json.to_string()
        }
        Err(_) => line.to_owned(),
    }
}

#[test]
fn a_stage_waits_as_a_whole_and_what_gathers_it_too() {
    assert_snapshot!(said("status"), @"
    ── before
    stage  fresh  stale  missing  waiting  why
    data       ·      ·        1        ·  never ran
    make       ·      ·        1        ·  never ran
    fit        ·      ·        ·        1  waits for 'make'
    sum        ·      ·        ·        1  waits for 'fit[*]'
    all        0      0        2        2
    ── after
    stage  fresh  stale  missing  waiting  why
    data       1      ·        ·        ·
    make       1      ·        ·        ·
    fit        2      ·        ·        ·
    sum        1      ·        ·        ·
    all        5      0        0        0
    ── stale
    stage  fresh  stale  missing  waiting  why
    data       1      ·        ·        ·
    make       ·      1        ·        ·  params.rows 2 → 3
    fit        ·      ·        ·        1  waits for 'make'
    sum        ·      ·        ·        1  waits for 'fit[*]'
    all        1      1        0        2
    ");
    assert_snapshot!(said("status --json fit"), @r#"
    ── before
    {"cause":"never ran","id":"data","key":"some","reason":"stage-status","state":"missing"}
    {"cause":"never ran","id":"make","key":"some","reason":"stage-status","state":"missing"}
    {"cause":"waits for 'make'","id":"fit[*]","key":"none","reason":"stage-status","state":"waiting"}
    ── after
    {"cause":"","id":"data","key":"some","reason":"stage-status","state":"fresh"}
    {"cause":"","id":"make","key":"some","reason":"stage-status","state":"fresh"}
    {"cause":"","id":"fit[x=1]","key":"some","reason":"stage-status","state":"fresh"}
    {"cause":"","id":"fit[x=2]","key":"some","reason":"stage-status","state":"fresh"}
    ── stale
    {"cause":"","id":"data","key":"some","reason":"stage-status","state":"fresh"}
    {"cause":"params.rows 2 → 3","id":"make","key":"some","reason":"stage-status","state":"stale"}
    {"cause":"waits for 'make'","id":"fit[*]","key":"none","reason":"stage-status","state":"waiting"}
    "#);
    let _waiting = Project::new(LISTED).osteon("status --exit-code").exits(3);
}

#[test]
fn a_dry_run_tells_what_may_run() {
    assert_snapshot!(said("run -n"), @"
    ── before
    run      'data'  never ran
    run      'make'  never ran
    may-run  'fit[*]'  waits for 'make'
    may-run  'sum'  waits for 'fit[*]'
    would run 2, may run 2, hit 0
    ── after

    would run 0, may run 0, hit 5
    ── stale
    run      'make'  params.rows 2 → 3
    may-run  'fit[*]'  waits for 'make'
    may-run  'sum'  waits for 'fit[*]'
    would run 1, may run 2, hit 1
    ");
    assert_snapshot!(said("run -n fit --message-format json"), @r#"
    ── before
    {"cause":"never ran","id":"data","key":"some","plan":"run","reason":"stage-planned"}
    {"cause":"never ran","id":"make","key":"some","plan":"run","reason":"stage-planned"}
    {"cause":"waits for 'make'","id":"fit[*]","key":"none","plan":"may-run","reason":"stage-planned"}
    would run 2, may run 1, hit 0
    ── after
    {"cause":"","id":"data","key":"some","plan":"hit","reason":"stage-planned"}
    {"cause":"","id":"make","key":"some","plan":"hit","reason":"stage-planned"}
    {"cause":"","id":"fit[x=1]","key":"some","plan":"hit","reason":"stage-planned"}
    {"cause":"","id":"fit[x=2]","key":"some","plan":"hit","reason":"stage-planned"}
    would run 0, may run 0, hit 4
    ── stale
    {"cause":"","id":"data","key":"some","plan":"hit","reason":"stage-planned"}
    {"cause":"params.rows 2 → 3","id":"make","key":"some","plan":"run","reason":"stage-planned"}
    {"cause":"waits for 'make'","id":"fit[*]","key":"none","plan":"may-run","reason":"stage-planned"}
    would run 1, may run 1, hit 1
    "#);
}

#[test]
fn a_reason_leads_to_what_makes_the_table() {
    assert_snapshot!(said("why sum"), @"
    ── before
    'sum'  waiting
      reads 'fit[*]'  waiting
      reads 'make'  missing
      it never ran under this profile
      may rerun it and 2 that depend on it
    ── after
    'sum'  fresh
    ── stale
    'sum'  waiting
      reads 'fit[*]'  waiting
      reads 'make'  stale
      params.rows 2 → 3  pipeline.toml:3
      may rerun it and 2 that depend on it
    ");
    assert_snapshot!(said("why fit[x=2]"), @"
    ── before
    'fit[*]'  waiting
      reads 'make'  missing
      it never ran under this profile
      may rerun it and 2 that depend on it
    ── after
    'fit[x=2]'  fresh
    ── stale
    'fit[*]'  waiting
      reads 'make'  stale
      params.rows 2 → 3  pipeline.toml:3
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn the_table_is_drawn_as_what_a_stage_waits_for() {
    assert_snapshot!(said("graph"), @"
    ── before
    data  command
    fit × ?  command
      data ← data
      grid.rows ← make
    make  command
    sum  command
      all ← fit
    ── after
    data  command
    fit × 2  command
      data ← data
      grid.rows ← make
    make  command
    sum  command
      all ← fit
    ── stale
    data  command
    fit × ?  command
      data ← data
      grid.rows ← make
    make  command
    sum  command
      all ← fit
    ");
    assert_snapshot!(said("graph --cells"), @"
    ── before
    data
    fit[*]
      data ← data
      grid.rows ← make
    make
    sum
      all ← fit[*]
    ── after
    data
    fit[x=1]
      data ← data
      grid.rows ← make
    fit[x=2]
      data ← data
      grid.rows ← make
    make
    sum
      all ← fit[x=1]
      all ← fit[x=2]
    ── stale
    data
    fit[*]
      data ← data
      grid.rows ← make
    make
    sum
      all ← fit[*]
    ");
}

#[test]
fn what_cells_left_is_not_asked_for_before_they_are_known() {
    assert_snapshot!(said("path fit.o"), @"
    ── before

    error: the cells of 'fit[*]' are rows of a table that is made first: osteon run 'fit[*]'
    ── after
    [PROJECT]/cache/latest/fit/x=1/o.txt
    [PROJECT]/cache/latest/fit/x=2/o.txt
    ── stale

    error: the cells of 'fit[*]' are rows of a table that is made first: osteon run 'fit[*]'
    ");
    assert_snapshot!(said("log fit[x=1]"), @"
    ── before

    error: the cells of 'fit[*]' are rows of a table that is made first: osteon run 'fit[*]'
    ── after

    ── stale

    error: the cells of 'fit[*]' are rows of a table that is made first: osteon run 'fit[*]'
    ");
}
