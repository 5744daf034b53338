use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::support::{Output, Project, files_below};

/// A grid over seeds whose scores are CSV and JSON, and a table of them.
const SCORES: &str = r#"
default-profile = "desk"
[variables]
epochs = 4
seeds  = [1, 2]
[profile.desk]
[profile.smoke]
epochs = 1
seeds  = [1]
[source.raw]
path = "raw.txt"
[stage.fit]
grid.axes = { seed = "$seeds" }
inputs  = { raw = "source.raw" }
params  = { epochs = "$epochs", seed = "$seed" }
outputs = { metrics = "metrics.csv", summary = "summary.json", weights = "weights.bin" }
command = """
e={params.epochs}; s={params.seed}
printf 'metric,value\naccuracy,0.%s%s\nauc,0.5\n' $e $s > {outputs.metrics}
printf '{"loss":{"last":%s},"seed":%s}' $e $s > {outputs.summary}
cat {inputs.raw} > {outputs.weights}; echo $e $s >> {outputs.weights}"""
[stage.mean]
inputs  = { metrics = "fit[seed=*].metrics" }
outputs = { o = "o.txt" }
command = "cat {inputs.metrics}/* > {outputs.o}"
"#;

fn scores() -> Project {
    let project = Project::new(SCORES);
    project.write("raw.txt", "raw\n");
    project
}

/// Returns the names of all runs, the oldest first.
fn runs(project: &Project) -> Vec<String> {
    let folders = fs::read_dir(project.path("cache/runs")).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Returns what was printed, the runs named by their order.
fn told(project: &Project, output: &Output) -> String {
    let mut text = output.stdout().to_owned();
    for (at, run) in runs(project).iter().enumerate() {
        text = text.replace(run, &format!("[RUN {at}]"));
    }
    text
}

/// Runs twice, with this change between, and compares both runs.
fn between(change: impl FnOnce(&Project), flags: &str) -> (Project, Output) {
    let project = scores();
    project.ok("run");
    change(&project);
    project.ok("run");
    let runs = runs(&project);
    let output = project.osteon(&format!("diff {} {} {flags}", runs[0], runs[1]));
    (project, output)
}

#[test]
fn two_runs_differ_in_variables_parameters_and_every_value_that_they_changed() {
    let (project, output) = between(|project| project.edit("epochs = 4", "epochs = 5"), "");
    let output = output.ok();
    assert_eq!(output.stderr(), "");
    assert_snapshot!(told(&project, &output), @"
    A is the run [RUN 0] of desk
    B is the run [RUN 1] of desk

    variables
      epochs  4 → 5

    stages
      'fit'  params.epochs 4 → 5  2 cells (seed=1|2)
      'mean'  inputs.metrics changed

    results
      'fit[seed=1]'.metrics
        accuracy  value  0.41 → 0.51  (+0.100000)
      'fit[seed=1]'.summary
        loss  last  4 → 5  (+1.000000)
      'fit[seed=2]'.metrics
        accuracy  value  0.42 → 0.52  (+0.100000)
      'fit[seed=2]'.summary
        loss  last  4 → 5  (+1.000000)
      'fit'.weights  other bytes  2 cells (seed=1|2)
      'mean'.o  other bytes
    ");
}

#[test]
fn a_changed_source_changes_results_and_no_parameter() {
    let (project, output) = between(|project| project.write("raw.txt", "other\n"), "");
    assert_snapshot!(told(&project, &output.ok()), @"
    A is the run [RUN 0] of desk
    B is the run [RUN 1] of desk

    stages
      'fit'  inputs.raw changed  2 cells (seed=1|2)

    results
      'fit'.weights  other bytes  2 cells (seed=1|2)
    ");
}

#[test]
fn runs_that_do_not_differ_are_told_so() {
    let (project, output) = between(|_| {}, "--exit-code");
    let output = output.ok();
    assert_eq!(output.stdout(), "");
    let said = runs(&project).into_iter().enumerate();
    let said = said.fold(output.stderr(), |text, (at, run)| text.replace(&run, &format!("[RUN {at}]")));
    assert_snapshot!(said, @"the run [RUN 0] of desk and the run [RUN 1] of desk do not differ");
}

#[test]
fn a_difference_is_an_exit_code_on_request_alone() {
    let (_, output) = between(|project| project.edit("epochs = 4", "epochs = 5"), "--exit-code");
    let _differs = output.exits(4);
}

#[test]
fn numbers_within_the_tolerance_are_equal() {
    let change = |project: &Project| project.edit("epochs = 4", "epochs = 5");
    let (_, output) = between(change, "--tolerance 0.2 --json");
    let values = |output: &Output| -> Vec<Json> {
        let lines = output.stdout().lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        lines.filter(|line| line["reason"] == "diff-value").collect()
    };
    let found = values(&output.ok());
    let columns: Vec<&Json> = found.iter().map(|line| &line["column"]).collect();
    assert_eq!(columns, ["last", "last"]);
    let (_, output) = between(change, "--tolerance 1 --json");
    assert_eq!(values(&output.ok()), [Json::Null; 0]);
}

#[test]
fn two_profiles_are_compared_as_their_last_runs_left_them() {
    let project = scores();
    project.ok("run");
    assert_snapshot!(project.osteon("diff desk smoke").exits(2).text(), @"
    exit 2
    ── stderr
    error: nothing has run under the profile 'smoke': osteon run --profile smoke
    ");
    project.ok("run --profile smoke");
    assert_snapshot!(project.osteon("diff desk smoke").ok().text(), @"
    exit 0
    ── stdout
    A is the profile desk
    B is the profile smoke

    variables
      epochs  4 → 1
      seeds  [1,2] → [1]

    stages
      'fit'  params.epochs 4 → 1  'fit[seed=1]'
      'fit'  only in A  'fit[seed=2]'
      'mean'  inputs.metrics changed

    results
      'fit[seed=1]'.metrics
        accuracy  value  0.41 → 0.11  (-0.300000)
      'fit[seed=1]'.summary
        loss  last  4 → 1  (-3.000000)
      'fit'.weights  other bytes  'fit[seed=1]'
      'mean'.o  other bytes
    ");
}

#[test]
fn two_stage_runs_are_compared_whatever_their_cells() {
    let project = scores();
    project.ok("run");
    assert_snapshot!(project.osteon("diff fit[seed=1] fit[seed=2]").ok().text(), @"
    exit 0
    ── stdout
    A is 'fit[seed=1]'
    B is 'fit[seed=2]'

    stages
      'fit'  params.seed 1 → 2  'fit[seed=1]'

    results
      'fit[seed=1]'.metrics
        accuracy  value  0.41 → 0.42  (+0.010000)
      'fit[seed=1]'.summary
        seed  1 → 2  (+1.000000)
      'fit'.weights  other bytes  'fit[seed=1]'
    ");
    assert_snapshot!(project.osteon("diff fit fit[seed=2]").exits(2).text(), @"
    exit 2
    ── stderr
    error: 'fit' is 2 stage runs; name one, such as 'fit[seed=1]'
    ");
}

#[test]
fn what_is_neither_a_run_nor_a_profile_nor_a_stage_run_is_refused_with_the_last_runs() {
    let project = scores();
    project.ok("run");
    let said = project.osteon("diff desk dusk").exits(2).stderr();
    assert_snapshot!(said.replace(&runs(&project)[0], "[RUN]"), @"
    error: there is no run, profile or stage run 'dusk'; the last runs are
      [RUN]  desk
    ");
}

#[test]
fn what_is_gone_from_the_cache_is_told_and_the_rest_is_compared() {
    let project = scores();
    project.ok("run");
    project.edit("epochs = 4", "epochs = 5");
    project.ok("run");
    let csv = fs::canonicalize(project.path("cache/latest/fit/seed=2/metrics.csv")).unwrap();
    fs::remove_file(csv).unwrap();
    let runs = runs(&project);
    let output = project.osteon(&format!("diff {} {}", runs[0], runs[1])).ok();
    assert_snapshot!(told(&project, &output), @"
    A is the run [RUN 0] of desk
    B is the run [RUN 1] of desk

    variables
      epochs  4 → 5

    stages
      'fit'  params.epochs 4 → 5  2 cells (seed=1|2)
      'mean'  inputs.metrics changed
      'fit'  output `metrics` of B is gone from the cache: not compared  'fit[seed=2]'

    results
      'fit[seed=1]'.metrics
        accuracy  value  0.41 → 0.51  (+0.100000)
      'fit[seed=1]'.summary
        loss  last  4 → 5  (+1.000000)
      'fit[seed=2]'.summary
        loss  last  4 → 5  (+1.000000)
      'fit'.weights  other bytes  2 cells (seed=1|2)
      'mean'.o  other bytes
    ");
    for record in files_below(&project.path("cache/records")) {
        fs::remove_file(record).unwrap();
    }
    let output = project.osteon(&format!("diff {} {}", runs[0], runs[1])).ok();
    assert_snapshot!(told(&project, &output), @"
    A is the run [RUN 0] of desk
    B is the run [RUN 1] of desk

    variables
      epochs  4 → 5

    stages
      'fit'  the record of A is gone from the cache: not compared  2 cells (seed=1|2)
      'fit'  the record of B is gone from the cache: not compared  2 cells (seed=1|2)
      'mean'  the record of A is gone from the cache: not compared
      'mean'  the record of B is gone from the cache: not compared
    ");
}

#[test]
fn a_run_that_made_other_bytes_of_the_same_key_differs() {
    let project = scores();
    project.edit("command = \"cat {inputs.metrics}/* >", "command = \"cat ~/log; cat ~/log >");
    project.leave("log");
    project.ok("run");
    fs::write(project.note("log"), "later\n").unwrap();
    project.ok("run -B mean");
    let runs = runs(&project);
    let output = project.osteon(&format!("diff {} {} --json", runs[0], runs[1])).ok();
    let lines: Vec<Json> = output.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{}", output.stdout());
    assert_eq!((&lines[0]["reason"], &lines[0]["id"]), (&"diff-output".into(), &"mean".into()));
}
