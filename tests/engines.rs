use rustix::process::Signal;

use crate::support::{Events, Process, Project, eventually};

const ONE: &str = "[stage.wait]\nkind = \"block\"\nparams = { name = \"wait\" }\n";

/// Starts a run that makes the one stage, and another that waits for it.
fn two(project: &Project) -> (Process, Process) {
    let first = project.start("run --message-format json");
    eventually("the first runs it", || project.note("running-wait").exists());
    let second = project.start("run --message-format json");
    eventually("the second waits for it", || second.said().contains("is being made by another run"));
    (first, second)
}

#[test]
fn what_another_run_makes_is_waited_for_and_not_made_twice() {
    let project = Project::new(ONE);
    let (first, second) = two(&project);
    project.leave("go");
    let first = Events::of(first.wait()).ok();
    let second = Events::of(second.wait()).ok();
    assert_eq!((first.outcomes()["wait"], second.outcomes()["wait"]), ("executed", "hit"));
    assert_eq!(project.ran(), ["wait"]);
    assert_eq!(
        second.stderr(),
        "'wait' is being made by another run, or by what one left at work: waiting for it\n"
    );
}

#[test]
fn what_another_run_did_not_finish_is_made_by_who_waited() {
    for signal in [Signal::KILL, Signal::INT] {
        let project = Project::new(ONE);
        let (first, second) = two(&project);
        first.signal(signal);
        if signal == Signal::INT {
            eventually("it was heard", || first.said().contains("interrupted"));
            first.signal(signal);
        }
        let _ended = first.wait();
        project.leave("go");
        let second = Events::of(second.wait()).ok();
        assert_eq!(second.outcomes()["wait"], "executed");
        assert_eq!(project.ran(), ["wait", "wait"]);
    }
}

#[test]
fn a_run_that_waits_for_another_holds_no_slot() {
    let project = Project::new(&format!(
        "{ONE}[stage.x]\noutputs = {{ o = \"o.txt\" }}\ncommand = \"echo x >> ~/log; echo > {{outputs.o}}\"\n"
    ));
    let first = project.start("run wait");
    eventually("the first runs it", || project.note("running-wait").exists());
    let second = project.start("run -j1");
    eventually("the other stage ran", || project.path("cache/latest/x/o.txt").exists());
    project.leave("go");
    let _ = first.wait().ok();
    let _ = second.wait().ok();
    assert_eq!(project.ran(), ["wait", "x"]);
}

#[test]
fn a_run_that_waits_for_another_can_be_interrupted() {
    let project = Project::new(ONE);
    let (first, second) = two(&project);
    second.signal(Signal::INT);
    let events = Events::of(second.wait()).exits(130);
    assert_eq!(events.outcomes()["wait"], "cancelled");
    project.leave("go");
    let _ = first.wait().ok();
    assert_eq!(project.ran(), ["wait"]);
}

#[test]
fn many_runs_at_once_make_each_piece_of_work_once() {
    let project = Project::new(
        r#"
[stage.cell]
grid.axes = { x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = "echo cell {params.x} >> ~/log; echo {params.x} > {outputs.o}"
[stage.all]
inputs    = { cells = "cell[x=*].o" }
outputs   = { o = "o.txt" }
command   = "echo all >> ~/log; cat {inputs.cells}/* | sort -n > {outputs.o}"
"#,
    );
    let runs: Vec<Process> = (0..4).map(|_| project.start("run -j2 --message-format json")).collect();
    let events: Vec<Events> = runs.into_iter().map(|run| Events::of(run.wait()).ok()).collect();
    assert_eq!(project.ran().len(), 13);
    assert_eq!(events.iter().map(|events| events.count("executed")).sum::<u64>(), 13);
    assert_eq!(events.iter().map(|events| events.count("hit")).sum::<u64>(), 3 * 13);
    assert_eq!(project.read("cache/latest/all/o.txt").lines().count(), 12);
}

#[test]
fn runs_of_one_project_with_other_cells_take_no_names_from_each_other() {
    let project = Project::new(
        r#"
[variables]
n = [1]
[stage.b]
grid.axes = { i = "$n" }
params.i = "$i"
outputs = { o = "o.txt" }
command = "echo {params.i} > {outputs.o}"
"#,
    );
    for round in 0..60 {
        let cells = |first: i32| (first..=first + round % 3).map(|cell| cell.to_string()).collect::<Vec<_>>();
        let runs = [1, 4, 7].map(|first| {
            let mut command = project.command();
            command.arg("run").arg("-S").arg(format!("n=[{}]", cells(first).join(", ")));
            project.spawn(command)
        });
        for run in runs {
            let _well = run.wait().ok();
        }
    }
}
