use insta::assert_snapshot;

use crate::support::Project;

const MANIFEST: &str = r#"
experiments = "experiments/*.toml"

[stage.raw]
outputs = { o = "o.txt" }
command = "echo raw >> ~/log; echo raw > {outputs.o}"

[stage.fit]
grid.axes = { model = ["m", "n"], seed = [1, 2] }
inputs    = { raw = "raw.o" }
params    = { model = "$model", seed = "$seed" }
outputs   = { o = "o.txt" }
command   = "echo fit {params.model} {params.seed} >> ~/log; echo {params.model} {params.seed} > {outputs.o}"

[stage.mean]
grid      = "fit[seed=*]"
inputs    = { all = "fit[seed=*].o" }
outputs   = { o = "o.txt" }
command   = "echo mean >> ~/log; cat {inputs.all}/* > {outputs.o}"

[stage.draw]
grid      = ["rate", "seed"]
params    = { rate = "$rate", seed = "$seed" }
outputs   = { o = "o.txt" }
command   = "echo draw {params.rate} {params.seed} >> ~/log; echo {params.rate} > {outputs.o}"
"#;

const TABLE: &str = r#"
title   = "Table 5"
over    = { rate = 0.5, seed = [1, 2] }
inputs  = { all = "draw[over].o" }
outputs = { o = "o.txt" }
command = "echo table5 >> ~/log; cat {inputs.all}/* > {outputs.o}"
"#;

fn project() -> Project {
    let project = Project::new(MANIFEST);
    project.write("experiments/table5.toml", TABLE);
    project
}

#[test]
fn without_a_target_every_closed_stage_runs_and_what_it_asks_for() {
    let project = project();
    project.ok("run");
    assert_eq!(
        project.ran(),
        [
            "draw 0.5 1",
            "draw 0.5 2",
            "fit m 1",
            "fit m 2",
            "fit n 1",
            "fit n 2",
            "mean",
            "mean",
            "raw",
            "table5"
        ]
    );
}

#[test]
fn a_stage_runs_all_its_cells_and_what_they_read() {
    let project = project();
    project.ok("run fit");
    assert_eq!(project.ran(), ["fit m 1", "fit m 2", "fit n 1", "fit n 2", "raw"]);
    project.ok("run raw fit");
    assert!(project.ran().is_empty());
}

#[test]
fn a_cell_runs_alone() {
    let project = project();
    project.ok("run fit[model=n,seed=2]");
    assert_eq!(project.ran(), ["fit n 2", "raw"]);
    project.ok("run fit[seed=2,model=n]");
    assert!(project.ran().is_empty(), "the order of the axes does not matter");
}

#[test]
fn part_of_the_axes_means_every_cell_that_has_them() {
    let project = project();
    project.ok("run fit[seed=1]");
    assert_eq!(project.ran(), ["fit m 1", "fit n 1", "raw"]);
    project.ok("run mean[model=m]");
    assert_eq!(project.ran(), ["fit m 2", "mean"]);
    project.ok("run fit[model=n,seed=*] fit[*]");
    assert_eq!(project.ran(), ["fit n 2"]);
}

#[test]
fn an_experiment_runs_by_the_name_of_its_file() {
    let project = project();
    project.ok("run table5");
    assert_eq!(project.ran(), ["draw 0.5 1", "draw 0.5 2", "table5"]);
}

#[test]
fn a_target_may_ask_for_a_new_cell_of_an_open_grid() {
    let project = project();
    project.ok("run draw[rate=0.25,seed=7]");
    assert_eq!(project.ran(), ["draw 0.25 7"]);
    assert_eq!(project.read("cache/latest/draw/rate=0.25,seed=7/o.txt"), "0.25\n");
}

#[test]
fn a_cell_of_an_open_grid_is_the_same_work_for_a_target_as_for_a_reader() {
    let project = project();
    project.ok("run draw[seed=1,rate=0.5]");
    assert_eq!(project.ran(), ["draw 0.5 1"]);
    project.ok("run table5");
    assert_eq!(project.ran(), ["draw 0.5 2", "table5"]);
    project.ok("run draw");
    project.ok("run draw[seed=2]");
    assert!(project.ran().is_empty(), "an open stage has the cells that its readers ask for");
}

#[test]
fn a_target_that_means_nothing_is_refused_with_a_suggestion() {
    let project = project();
    let said = |target: &str| {
        let output = project.osteon(&format!("run {target}")).exits(2);
        assert_eq!(output.stdout(), "");
        output.stderr()
    };
    let targets = [
        "fits",
        "fit.o",
        "fit[seed=1].o",
        "fit[seeds=1]",
        "fit[seed=3]",
        "fit[seed=1",
        "fit[seed]",
        "draw[seed=9]",
        "draw[rate=0.1,speed=1]",
        "experiments/table5.toml",
    ];
    let all: String = targets.iter().map(|target| said(target)).collect();
    assert_snapshot!(all, @"
    error: the target 'fits': there is no stage `fits`; did you mean `fit`?
    error: the target 'fit.o': `o` is an output; what is asked for is what makes it: 'fit'
    error: the target 'fit[seed=1].o': `o` is an output; what is asked for is what makes it: 'fit[seed=1]'
    error: the target 'fit[seeds=1]': there is no axis `seeds`; did you mean `seed`?
    error: the target 'fit[seed=3]': no cell has seed=3; there are 1, 2
    error: the target 'fit[seed=1': the bracket is not closed
    error: the target 'fit[seed]': `seed` is not axis=value
    error: the target 'draw[seed=9]': name every axis of its open grid, as in stage[axis=value]
    error: the target 'draw[rate=0.1,speed=1]': there is no axis `speed`; did you mean `seed`?
    error: the target 'experiments/table5.toml': there is no stage `experiments/table5.toml`; known here: raw, fit, mean, draw, table5
    ");
    assert!(project.ran().is_empty());
}

#[test]
fn a_trace_of_a_cell_that_there_is_not_is_refused_as_a_run_would() {
    let project = Project::new(
        r#"
[stage.fit]
grid.axes = { seed = [1, 3] }
params    = { seed = "$seed" }
outputs   = { o = "o.txt" }
command   = "echo {params.seed} > {outputs.o}"
"#,
    );
    let said = |line: &str| project.osteon(line).exits(2).stderr();
    let refused = said("trace fit[seed=2].o");
    assert_snapshot!(refused, @"error: the target 'fit[seed=2]': no cell has seed=2; there are 1, 3");
    assert_eq!(refused, said("run fit[seed=2]"));
    assert_snapshot!(said("trace fit[seed=3].o"), @"error: 'fit[seed=3]' has not run yet: osteon run 'fit[seed=3]'");
}
