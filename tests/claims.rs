use insta::assert_snapshot;

use crate::support::Project;

/// Commands that leave metrics as JSON and as CSV.
const PIPELINE: &str = r#"
experiments = "experiments/*.toml"
[variables]
auc = 0.92
[stage.fit]
grid    = ["model", "seed"]
params  = { auc = "$auc", model = "$model", seed = "$seed" }
outputs = { score = "score.json" }
command = '''printf '{"auc": %s, "f1": 0.5}' {params.auc} > {outputs.score}'''
[stage.sheet]
grid    = ["model"]
params  = { auc = "$auc", model = "$model" }
outputs = { score = "score.csv" }
command = '''printf 'metric,value\nauc,%s\n' {params.auc} > {outputs.score}'''
"#;

/// An experiment with a tolerance.
const HELD: &str = r#"
title  = "Table 1. AUC"
kind   = "tabulate"
over   = { model = ["ridge", "forest"], seed = [1, 2] }
inputs = { metrics = "fit[over].score" }
[params]
rows      = "model"
columns   = ["auc", "f1"]
tolerance = 0.05
[params.published]
ridge  = [0.9, 0.52]
forest = [0.95, 0.51]
"#;

/// One without.
const OPEN: &str = r#"
kind   = "tabulate"
over   = { model = "ridge" }
inputs = { metrics = "sheet[over].score" }
[params]
rows      = "model"
columns   = ["auc"]
published = { ridge = [0.1] }
"#;

fn project() -> Project {
    let project = Project::new(PIPELINE);
    project.write("experiments/held.toml", HELD);
    project.write("experiments/open.toml", OPEN);
    project
}

#[test]
fn while_every_claim_is_within_its_tolerance_the_end_is_a_good_one() {
    let project = project();
    let _ran = project.full("run").ok();
    assert_snapshot!(project.full("table --hold").ok().stderr(), @"
    open holds nothing to anything: it has no tolerance, or publishes nothing
    4 of 4 claims hold
    ");
}

#[test]
fn a_claim_out_of_tolerance_is_named_with_all_that_is_known_of_it() {
    let project = project();
    let _ran = project.full("-S auc=0.84 run").ok();
    assert_snapshot!(project.full("-S auc=0.84 table held --hold").exits(4).stderr(), @"
    held forest.auc: published 0.9500, ours 0.8400 ± 0.0000, difference -0.1100, tolerance 0.05
    held ridge.auc: published 0.9000, ours 0.8400 ± 0.0000, difference -0.0600, tolerance 0.05
    2 of 4 claims hold
    ");
    for form in ["--csv", "--json", "--latex"] {
        let output = project.full(&format!("-S auc=0.84 table held --hold {form}")).exits(4);
        assert!(output.stdout().contains("forest"), "{form} prints the table all the same");
    }
    let _better = project.full("run").ok();
    let _holds = project.full("table held --hold").ok();
}

#[test]
fn a_claim_without_a_value_of_ours_is_missed_too() {
    let project = project();
    project.write("experiments/held.toml", &HELD.replace(r#"["ridge", "forest"]"#, r#""ridge""#));
    let _ran = project.full("run").ok();
    assert_snapshot!(project.full("table held --hold").exits(4).stderr(), @"
    held forest.auc: published 0.9500, not run
    held forest.f1: published 0.5100, not run
    2 of 4 claims hold
    ");
}

#[test]
fn a_tolerance_is_read_when_claims_are_judged_and_reruns_nothing() {
    let project = project();
    let _ran = project.full("run").ok();
    project.write("experiments/held.toml", &HELD.replace("0.05", "0.015"));
    assert_snapshot!(project.full("table held --hold").exits(4).stderr(), @"
    held forest.auc: published 0.9500, ours 0.9200 ± 0.0000, difference -0.0300, tolerance 0.015
    held ridge.auc: published 0.9000, ours 0.9200 ± 0.0000, difference +0.0200, tolerance 0.015
    held ridge.f1: published 0.5200, ours 0.5000 ± 0.0000, difference -0.0200, tolerance 0.015
    1 of 4 claims hold
    ");
}

#[test]
fn nothing_is_held_to_tables_that_are_not_made_or_not_fresh() {
    let project = project();
    assert_snapshot!(project.full("table held --hold").exits(3).stderr(), @"
    warning: 'held' is no longer fresh: osteon run 'held'
    'held' has not run yet: osteon run 'held'
    ");
    let _ran = project.full("run").ok();
    assert_snapshot!(project.full("-S auc=0.93 table held --hold").exits(3).stderr(), @"
    warning: 'held' is no longer fresh: osteon run 'held'
    4 of 4 claims hold
    ");
    project.write("experiments/held.toml", &HELD.replace("0.05", "0.001"));
    let missed = project.full("-S auc=0.93 table held --hold").exits(4);
    assert!(missed.stderr().contains("no longer fresh"), "{}", missed.stderr());
}

#[test]
fn a_build_without_stages_says_that_it_cannot_judge() {
    let project = Project::new(
        "[source.i]\npath = \"i\"\n[stage.t]\nkind = \"count\"\ninputs = { images = \"source.i\" }\n",
    );
    project.write("i", "");
    assert_snapshot!(project.osteon("table t --hold").exits(2).stderr(), @"error: this build cannot judge claims: it was built without stages");
}
