use crate::support::{Events, Project, eventually, files_below};

/// Cells that tell when they begin and when they end.
fn cells(needs: &str) -> Project {
    Project::new(&format!(
        r#"
[stage.cell]
grid.axes = {{ x = [1, 2, 3, 4] }}
params    = {{ x = "$x" }}
outputs   = {{ o = "o.txt" }}
needs     = {{ {needs} }}
command   = "echo begin >> ~/log; echo {{params.x}} > {{outputs.o}}; echo end >> ~/log"
"#
    ))
}

/// Returns the largest number of cells that ran at one time.
fn most_at_once(project: &Project) -> i32 {
    let steps = project.ran_in_order();
    assert_eq!(steps.len(), 8);
    let running = steps.iter().scan(0, |running, step| {
        *running += if step == "begin" { 1 } else { -1 };
        Some(*running)
    });
    running.max().unwrap()
}

#[test]
fn with_one_slot_one_cell_runs_at_a_time() {
    let project = cells("");
    project.ok("run -j1");
    assert_eq!(most_at_once(&project), 1);
}

#[test]
fn stages_that_are_one_piece_of_work_wait_for_no_other_run() {
    let stage = |name: &str| {
        format!(
            "[stage.{name}]\noutputs = {{ o = \"o.txt\" }}\ncommand = \"echo ran >> ~/log; echo o > {{outputs.o}}\"\n"
        )
    };
    let project = Project::new(&["a", "b", "c"].map(stage).concat());
    let output = project.osteon("run -j1").ok();
    assert_eq!(project.ran(), ["ran"]);
    assert!(!output.stderr().contains("another run"), "{}", output.stderr());
}

#[test]
fn any_number_of_slots_may_be_asked_for() {
    cells("").ok("run -j99999999999");
}

#[test]
fn a_cell_holds_as_many_slots_as_it_needs() {
    let project = cells("cpus = 2");
    project.ok("run -j3");
    assert_eq!(most_at_once(&project), 1);
}

#[test]
fn with_two_slots_two_cells_run_at_a_time() {
    let project = Project::new(
        r#"
[stage.block]
kind      = "block"
grid.axes = { name = ["a", "b"] }
params    = { name = "$name" }
"#,
    );
    let run = project.start("run -j2");
    for name in ["running-a", "running-b"] {
        eventually("both run", || project.note(name).exists());
    }
    project.leave("go");
    let _ = run.wait().ok();
}

#[test]
fn a_stage_that_wants_more_slots_than_there_are_gets_all_of_them() {
    let project = Project::new("[stage.a]\nkind = \"look\"\nneeds = { cpus = 64 }\n");
    project.ok("run -j2");
    assert!(project.read("cache/latest/a/seen.txt").starts_with("threads 2, pool 2\n"));
}

#[test]
fn more_memory_or_gpus_than_there_are_is_refused_before_anything_runs() {
    let project = cells("memory = \"900 TiB\"");
    let output = project.osteon("run").exits(2);
    let said = output.stderr();
    let refused =
        "error: 'cell[x=1]' and 3 more cannot run here: it needs 900.0 TiB of memory; this machine has ";
    assert!(said.starts_with(refused), "{said}");

    let project = cells("gpus = 1");
    let output = project.osteon("run cell[x=2]").exits(2);
    insta::assert_snapshot!(output.text(), @"
    exit 2
    ── stderr
    error: 'cell[x=2]' cannot run here: it needs 1 gpus; this machine shows 0 (CUDA_VISIBLE_DEVICES names them)
    ");
    assert!(project.ran().is_empty());
}

#[test]
fn a_kind_that_foresees_that_it_cannot_run_is_refused_before_anything_runs() {
    let project = Project::new("[stage.a]\nkind = \"huge\"\n[stage.b]\nkind = \"look\"\n");
    let output = project.osteon("run").exits(2);
    insta::assert_snapshot!(output.text(), @"
    exit 2
    ── stderr
    error: 'a' cannot run here: it is too big for every machine (make it smaller)
    ");
    let _ = project.osteon("run -n").exits(2);
    assert!(!project.path("cache/latest").exists());
}

#[test]
fn what_a_kind_foresees_of_its_outputs_reaches_those_who_read_them() {
    let manifest = r#"
[variables]
rows = 3
[stage.sheet]
kind   = "sheet"
params = { rows = "$rows" }
[stage.sum]
kind   = "sum"
inputs = { rows = "sheet.rows" }
"#;
    let project = Project::new(manifest);
    project.ok("run -S rows=2");
    let output = project.osteon("run -n").ok();
    insta::assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    run      'sheet'  params.rows 2 → 3
    may-run  'sum'  waits for 'sheet'
    ── stderr
    would run 1, may run 1, hit 0; at least 2 min of work; up to 3.0 GiB of memory, for 'sum'
    ");
    let output = project.osteon("run -S rows=1000000").exits(2);
    assert!(
        output.stderr().starts_with("error: 'sum' cannot run here: it needs 976.6 TiB of memory"),
        "{}",
        output.stderr()
    );
}

#[test]
fn a_stage_that_failed_waits_for_no_other_that_was_started_meanwhile() {
    let project = Project::new(
        r#"
[stage.fails]
outputs = { o = "o.txt" }
command = "until test -e ~/long; do sleep 0.01; done; exit 1"
[stage.long]
outputs = { o = "o.txt" }
command = "touch ~/long; until test -e ~/end; do sleep 0.01; done; echo > {outputs.o}"
"#,
    );
    let run = project.start("run -k -j2");
    let events =
        || files_below(&project.path("cache/runs")).into_iter().filter(|path| path.ends_with("events.jsonl"));
    let failed = || events().any(|path| std::fs::read_to_string(path).unwrap().contains("\"failed\""));
    eventually("it failed", failed);
    let again = project.osteon("run fails").exits(1).stderr();
    assert!(!again.contains("waiting for it"), "{again}");
    std::fs::write(project.note("end"), "").unwrap();
    let _fails = run.wait().exits(1);
}

#[test]
fn a_failure_for_want_of_time_is_not_that_of_who_has_more() {
    let stage = |name: &str, timeout: &str| {
        format!(
            "[stage.{name}]\noutputs = {{ o = \"o.txt\" }}\nneeds = {{ timeout = \"{timeout}\" }}\ncommand = \"until test -e ~/go; do sleep 0.01; done; echo o > {{outputs.o}}\"\n"
        )
    };
    let project = Project::new(&[stage("a", "200ms"), stage("b", "10m")].concat());
    let run = project.start("run -k -j1 --message-format json");
    eventually("one failed", || run.printed().contains("\"failed\""));
    project.leave("go");
    let events = Events::of(run.wait()).exits(1);
    let outcomes = events.outcomes();
    assert_eq!((outcomes["a"], outcomes["b"]), ("failed", "executed"));
}

#[test]
fn nothing_is_tried_again_after_another_stage_ended_the_run() {
    let project = Project::new(
        r#"
[stage.fails]
outputs = { o = "o.txt" }
command = "until test -e ~/tried; do sleep 0.01; done; exit 1"
[stage.tries]
outputs = { o = "o.txt" }
needs = { retries = 3 }
command = "echo ran >> ~/log; touch ~/tried; until grep -rq '\"failed\"' ~/../project/cache/runs; do sleep 0.01; done; exit 1"
"#,
    );
    let _ = project.osteon("run -j2").exits(1);
    assert_eq!(project.ran(), ["ran"]);
}
