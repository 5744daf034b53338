use insta::assert_snapshot;

use crate::support::Project;

const CHAIN: &str = r#"
[variables]
epochs = 20

[source.raw]
path = "raw.txt"

[stage.fit]
grid.axes = { seed = [1, 2] }
inputs    = { raw = "source.raw" }
params    = { epochs = "$epochs", seed = "$seed", model = { depth = 2 } }
outputs   = { o = "o.txt" }
env       = ["LANG"]
command   = "echo {params.epochs} {params.seed} > {outputs.o}; cat {inputs.raw} >> {outputs.o}"

[stage.mean]
inputs    = { all = "fit[seed=*].o" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.all}/* > {outputs.o}"

[stage.table]
inputs    = { mean = "mean.o" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.mean} > {outputs.o}"
"#;

fn chain() -> Project {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "a\n");
    project
}

/// Returns what `why` says after a run and this change.
fn after(change: impl FnOnce(&Project), target: &str) -> String {
    let project = chain();
    project.ok("run");
    change(&project);
    let output = project.osteon(&format!("why {target}")).ok();
    assert_eq!(output.stderr(), "");
    output.stdout().to_owned()
}

#[test]
fn what_never_ran_is_missing() {
    let output = chain().osteon("why fit[seed=1] mean").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    'fit[seed=1]'  missing
      it never ran under this profile
      may rerun it and 2 that depend on it
    'mean'  waiting
      reads 'fit[seed=1]'  missing
      it never ran under this profile
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn what_is_fresh_needs_no_reason() {
    assert_snapshot!(after(|_| {}, "table"), @"'table'  fresh");
}

#[test]
fn a_changed_variable_is_shown_with_both_values_and_its_line() {
    let change = |project: &Project| project.edit("epochs = 20", "epochs = 30");
    assert_snapshot!(after(change, "fit[seed=1]"), @"
    'fit[seed=1]'  stale
      params.epochs 20 → 30  pipeline.toml:3
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn the_chain_leads_from_what_was_asked_to_the_root_cause() {
    let change = |project: &Project| project.edit("epochs = 20", "epochs = 30");
    assert_snapshot!(after(change, "table"), @"
    'table'  waiting
      reads 'mean'  waiting
      reads 'fit[seed=1]'  stale
      params.epochs 20 → 30  pipeline.toml:3
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn a_setting_is_the_reason_that_is_shown() {
    assert_snapshot!(after(|_| {}, "fit[seed=2] -S epochs=30"), @"
    'fit[seed=2]'  stale
      params.epochs 20 → 30  command line:1
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn a_changed_parameter_deep_in_a_table_is_shown() {
    let change = |project: &Project| project.edit("depth = 2", "depth = 3, width = 8");
    assert_snapshot!(after(change, "fit[seed=1]"), @"
    'fit[seed=1]'  stale
      params.model.depth 2 → 3  pipeline.toml:11
      params.model.width nothing → 8  pipeline.toml:11
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn a_changed_source_is_shown_by_its_digests() {
    let change = |project: &Project| project.write("raw.txt", "b\n");
    assert_snapshot!(after(change, "fit[seed=1]"), @"
    'fit[seed=1]'  stale
      inputs.raw changed  pipeline.toml:10
        81c4b7f7e054 → 9d902f9864f3
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn a_changed_command_is_shown_by_its_line() {
    let change = |project: &Project| project.edit("cat {inputs.mean}", "tac {inputs.mean}");
    assert_snapshot!(after(change, "table"), @"
    'table'  stale
      the command changed  pipeline.toml:24
      nothing else depends on it
    ");
}

#[test]
fn a_changed_environment_is_shown_by_its_name() {
    let project = chain();
    project.ok("run");
    let mut command = project.command();
    command.args(["why", "fit[seed=1]"]).env("LANG", "C");
    assert_snapshot!(project.spawn(command).wait().ok().stdout(), @"
    'fit[seed=1]'  stale
      env.LANG changed
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn cells_of_a_gather_that_changed_are_named() {
    let change = |project: &Project| {
        project.edit("seed = [1, 2]", "seed = [1, 3]");
        project.ok("run fit");
    };
    assert_snapshot!(after(change, "mean"), @"
    'mean'  stale
      inputs.all changed  pipeline.toml:17
        [seed=2]  42af18995096 → none
        [seed=3]  none → 5ec4e6bdb7b9
      may rerun it and 1 that depend on it
    ");
}

#[test]
fn a_record_that_is_gone_is_the_reason() {
    let change = |project: &Project| std::fs::remove_dir_all(project.path("cache/records")).unwrap();
    assert_snapshot!(after(change, "fit[seed=1]"), @"
    'fit[seed=1]'  stale
      the record of its last run is gone: nothing to compare with
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn a_run_compares_with_what_its_own_profile_ran() {
    let project = chain();
    project.edit("[source.raw]", "[profile.quick]\nepochs = 1\n\n[source.raw]");
    project.ok("run");
    let said = project.osteon("why fit[seed=1] --profile quick").ok();
    assert_snapshot!(said.stdout(), @"
    'fit[seed=1]'  missing
      it never ran under this profile
      may rerun it and 2 that depend on it
    ");
    project.ok("run --profile quick");
    let said = project.osteon("why fit[seed=1] --profile quick -S epochs=2").ok();
    assert_snapshot!(said.stdout(), @"
    'fit[seed=1]'  stale
      params.epochs 1 → 2  command line:1
      may rerun it and 2 that depend on it
    ");
}

#[test]
fn programs_read_the_same_as_json() {
    let project = chain();
    project.ok("run");
    project.edit("epochs = 20", "epochs = 30");
    let output = project.osteon("why table --json").ok();
    let line: serde_json::Value = serde_json::from_str(output.stdout()).unwrap();
    assert_snapshot!(format!("{line:#}"), @r#"
    {
      "cause": "waits for 'mean'",
      "chain": [
        "table",
        "mean",
        "fit[seed=1]"
      ],
      "changes": [
        {
          "new": 30,
          "old": 20,
          "path": "params.epochs",
          "place": "pipeline.toml:3"
        }
      ],
      "id": "table",
      "key": null,
      "reason": "stage-status",
      "reruns": 3,
      "state": "waiting"
    }
    "#);
}
