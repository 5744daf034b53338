use insta::assert_snapshot;

use crate::support::{Project, cells_of};

/// What makes the table, one stage with its rows as cells, one that takes each of them, and one beside all that.
const MADE: &str = r#"
[stage.make]
outputs   = { cells = "cells.csv" }
command   = "echo make >> ~/log; cp table.csv {outputs.cells}"
[stage.fit]
grid.rows = "make.cells"
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = "echo fit {params.x} >> ~/log; echo {params.x} > {outputs.o}"
[stage.copy]
grid      = "fit"
inputs    = { o = "fit.o" }
outputs   = { o = "o.txt" }
command   = "echo copy >> ~/log; cat {inputs.o} > {outputs.o}"
[stage.beside]
inputs    = { cells = "make.cells" }
outputs   = { o = "o.txt" }
command   = "echo beside >> ~/log; cat {inputs.cells} > {outputs.o}"
[stage.behind]
inputs    = { o = "beside.o" }
outputs   = { o = "o.txt" }
command   = "echo behind >> ~/log; cat {inputs.o} > {outputs.o}"
"#;

fn made(table: &str) -> Project {
    let project = Project::new(MADE);
    project.write("table.csv", table);
    project
}

/// A list of the cells of a stage, with the types of their values.
const TYPES: &str = r#"
[source.table]
path = "TABLE"
[stage.fit]
grid.rows = "source.table"
kind      = "copy"
inputs    = { from = "source.table" }
params    = { name = "$name", times = "$times" }
[stage.list]
kind      = "join"
inputs    = { parts = "fit[*].copy" }
"#;

#[test]
fn values_of_csv_are_typed_as_in_a_manifest_and_json_keeps_its_types() {
    let list = |file: &str, text: &str| {
        let project = Project::new(&TYPES.replace("TABLE", file));
        project.write(file, text);
        project.ok("run");
        let text = project.read("cache/latest/list/list.txt");
        text.lines().filter(|line| line.contains(" = ")).map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_snapshot!(list("t.csv", "name,times\na,1\n007,0.5\n"), @"
    name = 007 (text)  times = 0.5 (float)  name = a (text)  times = 1 (whole)  name,times
    ");
    assert_snapshot!(list("t.json", r#"[{ "name": "1", "times": 1 }, { "name": "b", "times": 1.0 }]"#), @r#"
    name = 1 (text)  times = 1 (whole)  [{ "name": "1", "times": 1 }, { "name": "b", "times": 1.0 }]name = b (text)  times = 1.0 (float)  [{ "name": "1", "times": 1 }, { "name": "b", "times": 1.0 }]
    "#);
}

#[test]
fn a_table_among_the_sources_is_known_before_anything_runs() {
    let project = Project::new(&TYPES.replace("TABLE", "t.csv"));
    project.write("t.csv", "name,times\na,1\nb,2\n");
    assert_snapshot!(project.osteon("graph --cells").ok().stdout(), @"
    fit[name=a,times=1]
      from, grid.rows ← source.table
    fit[name=b,times=2]
      from, grid.rows ← source.table
    list
      parts ← fit[name=a,times=1]
      parts ← fit[name=b,times=2]
    ");
    assert!(!project.path("cache").exists());
    project.ok("run");
    assert_eq!(project.ran(), ["a", "b", "join"]);
    project.write("t.csv", "name,times\nb,2\na,1\n");
    let events = project.events("run -n").ok();
    assert_eq!(
        events.of_unit("stage-planned", "fit[name=a,times=1]")["plan"],
        "run",
        "it reads the table too"
    );
    project.write("t.csv", "name,times\nb,2\nb,2\n");
    assert_snapshot!(project.osteon("status").exits(2).stderr(), @r#"
    manifest::rows

      × the table t.csv: row 2 is row 1 again: name=b,times=2
       ╭─[pipeline.toml:5:13]
     4 │ [stage.fit]
     5 │ grid.rows = "source.table"
       ·             ───────┬──────
       ·                    ╰── its rows are the cells of fit
     6 │ kind      = "copy"
       ╰────
      help: leave it out, or add a column in which they differ
    "#);
}

#[test]
fn a_row_that_cannot_be_a_cell_ends_the_run_before_any_cell_starts() {
    let project = made("x\n1\n2\n1\n");
    let output = project.osteon("run -j1").exits(2);
    assert_snapshot!(output.stderr(), @r#"
    executed 'make' in [TIME]
    manifest::rows

      × the table cells.csv of 'make': row 3 is row 1 again: x=1
       ╭─[pipeline.toml:6:13]
     5 │ [stage.fit]
     6 │ grid.rows = "make.cells"
       ·             ──────┬─────
       ·                   ╰── its rows are the cells of fit
     7 │ params    = { x = "$x" }
       ╰────
      help: leave it out, or add a column in which they differ
    failed   'fit[*]': its cells are not what is asked of them
    skipped  'copy[*]': something that it reads failed
    executed 1, hit 0, failed 1, skipped 1, cancelled 2 in [TIME]
    "#);
    assert!(!project.ran().iter().any(|line| line.starts_with("fit") || line == "copy"));
    assert_snapshot!(project.osteon("status").exits(2).stderr(), @r#"
    manifest::rows

      × the table cells.csv of 'make': row 3 is row 1 again: x=1
       ╭─[pipeline.toml:6:13]
     5 │ [stage.fit]
     6 │ grid.rows = "make.cells"
       ·             ──────┬─────
       ·                   ╰── its rows are the cells of fit
     7 │ params    = { x = "$x" }
       ╰────
      help: leave it out, or add a column in which they differ
    "#);
    project.edit("cp table.csv", "head -n 3 table.csv >");
    project.ok("run");
    let ran = project.ran();
    assert_eq!(ran.iter().filter(|line| line.starts_with("fit")).count(), 2);
    assert!(!project.path("cache/latest/fit/o.txt").exists());
}

#[test]
fn what_is_made_is_recorded_although_the_table_is_refused() {
    let project = made("x\n1\n\"\"\n");
    let events = project.events("run -k").exits(2);
    let outcomes: Vec<String> =
        events.outcomes().iter().map(|(id, outcome)| format!("{id} {outcome}")).collect();
    assert_eq!(
        outcomes,
        ["behind executed", "beside executed", "copy[*] skipped", "fit[*] failed", "make executed"]
    );
    assert_eq!((events.count("executed"), events.count("failed"), events.count("skipped")), (3, 1, 1));
    assert_eq!(events.of_unit("stage-finished", "fit[*]")["class"], "grid");
    assert!(events.stderr().contains("row 2, column `x`: there is no value"), "{}", events.stderr());
    assert_eq!(project.ran(), ["behind", "beside", "make"]);
    assert_eq!(project.events("run beside behind").ok().count("hit"), 3);
}

#[test]
fn mistakes_that_only_the_table_shows_come_when_it_is_made() {
    let project = made("y\n1\n");
    assert_snapshot!(project.osteon("run fit").exits(2).stderr(), @r#"
    executed 'make' in [TIME]
    manifest::unknown-variable

      × there is no axis and no variable `x`
       ╭─[pipeline.toml:7:19]
     6 │ grid.rows = "make.cells"
     7 │ params    = { x = "$x" }
       ·                   ──┬─
       ·                     ╰── unknown
     8 │ outputs   = { o = "o.txt" }
       ╰────
      help: did you mean `y`?

    manifest::unused-axis

      × the axis `y` of fit changes nothing
       ╭─[pipeline.toml:5:8]
     4 │ command   = "echo make >> ~/log; cp table.csv {outputs.cells}"
     5 │ [stage.fit]
       ·        ─┬─
       ·         ╰── no parameter and no input uses it
     6 │ grid.rows = "make.cells"
       ╰────
      help: use it: params.y = "$y", or leave it out
    failed   'fit[*]': its cells are not what is asked of them
    executed 1, hit 0, failed 1 in [TIME]
    "#);
    project.write("table.csv", "x,y\n1,2\n");
    project.edit("echo make", "echo  make");
    assert_snapshot!(project.osteon("run fit").exits(2).stderr(), @r#"
    executed 'make' in [TIME]
    manifest::unused-axis

      × the axis `y` of fit changes nothing
       ╭─[pipeline.toml:5:8]
     4 │ command   = "echo  make >> ~/log; cp table.csv {outputs.cells}"
     5 │ [stage.fit]
       ·        ─┬─
       ·         ╰── no parameter and no input uses it
     6 │ grid.rows = "make.cells"
       ╰────
      help: use it: params.y = "$y", or leave it out
    failed   'fit[*]': its cells are not what is asked of them
    executed 1, hit 0, failed 1 in [TIME]
    "#);
    assert_eq!(project.ran(), ["make", "make"]);
}

#[test]
fn a_reader_that_lacks_an_axis_of_the_table_is_told_so() {
    let project = made("x\n1\n2\n");
    project.edit("grid      = \"fit\"\n", "");
    assert_snapshot!(project.osteon("run copy").exits(2).stderr(), @r#"
    executed 'make' in [TIME]
    manifest::unbound-axis

      × fit has an axis `x` that copy lacks
        ╭─[pipeline.toml:11:19]
     10 │ [stage.copy]
     11 │ inputs    = { o = "fit.o" }
        ·                   ───┬───
        ·                      ╰── which value of it?
     12 │ outputs   = { o = "o.txt" }
        ╰────
      help: write fit[x=*] for all of them, or fit[x=…] for one
    failed   'fit[*]': its cells are not what is asked of them
    skipped  'copy': something that it reads failed
    executed 1, hit 0, failed 1, skipped 1 in [TIME]
    "#);
    assert_eq!(project.ran(), ["make"]);
    project
        .edit("inputs    = { o = \"fit.o\" }", "grid.axes = { x = [1, 2] }\ninputs    = { o = \"fit.o\" }");
    project.ok("run copy");
    assert_eq!(project.ran(), ["copy", "copy", "fit 1", "fit 2"]);
}

#[test]
fn when_the_table_cannot_be_made_what_waits_for_it_is_skipped() {
    let project = made("");
    project.edit("cp table.csv {outputs.cells}", "exit 3");
    let events = project.events("run").exits(1);
    let outcomes: Vec<String> =
        events.outcomes().iter().map(|(id, outcome)| format!("{id} {outcome}")).collect();
    assert_eq!(
        outcomes,
        ["behind skipped", "beside skipped", "copy[*] skipped", "fit[*] skipped", "make failed"]
    );
    assert_eq!((events.count("failed"), events.count("skipped")), (1, 4));
    assert!(events.of_unit("stage-finished", "fit[*]")["key"].is_null());
}

#[test]
fn a_target_of_a_stage_whose_cells_are_not_known_makes_the_table_first() {
    let project = made("x\n1\n2\n3\n");
    project.ok("run fit[x=2]");
    assert_eq!(project.ran(), ["fit 2", "make"]);
    project.ok("run fit[*] copy[x=1]");
    assert_eq!(project.ran(), ["copy", "fit 1", "fit 3"]);
    project.edit("echo make", "echo  make");
    assert_snapshot!(project.osteon("run fit[x=9]").exits(2).stderr(), @"
    executed 'make' in [TIME]
    error: the target 'fit[x=9]': no cell has x=9; there are 1, 2, 3
    failed   'fit[*]': its cells are not what is asked of them
    executed 1, hit 0, failed 1 in [TIME]
    ");
    assert_eq!(project.ran(), ["make"], "an unknown cell is known to be one when the table is made");
    assert_snapshot!(project.osteon("run fit[x=9]").exits(2).stderr(), @"
    error: the target 'fit[x=9]': no cell has x=9; there are 1, 2, 3
    ");
    assert_snapshot!(project.osteon("run fit[y=1]").exits(2).stderr(), @"
    error: the target 'fit[y=1]': there is no axis `y`; did you mean `x`?
    ");
}

#[test]
fn cells_of_a_table_ask_for_cells_of_open_grids() {
    let project = made("x\n1\n2\n");
    let draw = r#"inputs    = { draw = "draw.o" }
outputs   = { o = "o.txt" }
command   = "echo fit {params.x}"#;
    project.edit("outputs   = { o = \"o.txt\" }\ncommand   = \"echo fit {params.x}", draw);
    let text = project.read("pipeline.toml");
    project.write(
        "pipeline.toml",
        &format!(
            "{text}[stage.draw]\ngrid = [\"x\"]\nparams = {{ x = \"$x\" }}\noutputs = {{ o = \"o.txt\" }}\n\
             command = \"echo draw {{params.x}} >> ~/log; echo > {{outputs.o}}\"\n"
        ),
    );
    project.ok("run draw");
    assert_eq!(project.ran(), ["draw 1", "draw 2", "make"]);
    project.ok("run fit");
    assert_eq!(project.ran(), ["fit 1", "fit 2"]);
    assert_eq!(cells_of(&project.path("cache/latest/draw")), ["x=1", "x=2"]);
}

#[test]
fn two_stages_may_have_the_rows_of_one_table() {
    let project = made("x\n1\n2\n");
    project.edit("grid      = \"fit\"", "grid.rows = \"make.cells\"");
    project.ok("run -j1");
    assert_eq!(project.ran(), ["behind", "beside", "copy", "copy", "fit 1", "fit 2", "make"]);
    assert_eq!(project.events("run").ok().count("executed"), 0);
}
