use insta::assert_snapshot;

use crate::support::{Events, Project, eventually, has_ended};

/// One that fails, one that reads it, and one that does neither.
const BROKEN: &str = r#"
[stage.a-bad]
outputs = { o = "o.txt" }
command = "echo a-bad >> ~/log; echo it broke; exit 7"

[stage.reader]
inputs  = { o = "a-bad.o" }
outputs = { o = "o.txt" }
command = "echo reader >> ~/log; cat {inputs.o} > {outputs.o}"

[stage.other]
outputs = { o = "o.txt" }
command = "echo other >> ~/log; echo other > {outputs.o}"
"#;

#[test]
fn after_a_failure_nothing_more_starts() {
    let project = Project::new(BROKEN);
    let events = project.events("run -j1").exits(1);
    assert_eq!(project.ran(), ["a-bad"]);
    let outcomes = events.outcomes();
    assert_eq!(
        (outcomes["a-bad"], outcomes["reader"], outcomes["other"]),
        ("failed", "skipped", "cancelled")
    );
}

#[test]
fn with_keep_going_all_runs_that_does_not_read_the_failure() {
    let project = Project::new(BROKEN);
    let events = project.events("run -j1 -k").exits(1);
    assert_eq!(project.ran(), ["a-bad", "other"]);
    let outcomes = events.outcomes();
    assert_eq!((outcomes["a-bad"], outcomes["reader"], outcomes["other"]), ("failed", "skipped", "executed"));
}

#[test]
fn a_failure_shows_what_the_stage_printed() {
    let project = Project::new(BROKEN);
    let output = project.osteon("run -j1 -k").exits(1);
    assert_snapshot!(output.text(), @"
    exit 1
    ── stderr
    failed   'a-bad': it ended with exit code 7
        it broke
    its whole log: osteon log 'a-bad'
    skipped  'reader': something that it reads failed
    executed 'other' in [TIME]
    executed 1, hit 0, failed 1, skipped 1 in [TIME]
    ");
    assert_eq!(project.osteon("log a-bad").ok().stdout(), "it broke\n");
}

#[test]
fn a_failure_is_never_recorded() {
    let project = Project::new(BROKEN);
    let _ = project.osteon("run -k").exits(1);
    let _ = project.ran();
    let _ = project.osteon("run -k").exits(1);
    assert_eq!(project.ran(), ["a-bad"], "what went well is not done again");
    project.edit("exit 7", "echo fine > {outputs.o}");
    project.ok("run");
    assert_eq!(project.ran(), ["a-bad", "reader"]);
}

#[test]
fn an_output_of_a_failed_stage_is_not_kept() {
    let project = Project::new(BROKEN);
    project.edit("exit 7", "echo half > {outputs.o}; exit 7");
    let _ = project.osteon("run").exits(1);
    assert!(!project.path("cache/latest/a-bad").exists());
    assert_eq!(std::fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
}

#[test]
fn a_failed_stage_is_tried_again_as_often_as_it_says() {
    let project = Project::new(
        r#"
[stage.flaky]
outputs = { o = "o.txt" }
needs   = { retries = 2 }
command = "echo >> ~/log; test $(wc -l < ~/log) = 3 && echo third > {outputs.o}"
"#,
    );
    let events = project.events("run").ok();
    assert_eq!(project.ran().len(), 3);
    let attempts: Vec<_> = events.with_reason("stage-started").iter().map(|line| &line["attempt"]).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert_eq!(events.outcomes()["flaky"], "executed");

    project.edit("retries = 2", "retries = 1");
    project.edit("echo third", "echo fourth");
    let _ = project.osteon("run").exits(1);
    assert_eq!(project.ran().len(), 2);
}

#[test]
fn a_stage_that_takes_too_long_is_ended_with_all_that_it_started() {
    let project = Project::new(
        r#"
[stage.slow]
outputs = { o = "o.txt" }
needs   = { timeout = "200ms" }
command = "sleep 600 & echo $! > ~/pid; wait"
"#,
    );
    let events = project.events("run").exits(1);
    let failed = events.of_unit("stage-finished", "slow");
    assert_eq!(failed["class"], "timeout");
    assert_eq!(failed["message"], "it took longer than its timeout of 0.2 s");
    has_ended(project.process("pid"));
}

#[test]
fn a_stage_that_will_not_end_is_killed_in_the_end() {
    let project = Project::new(
        r#"
[stage.slow]
outputs = { o = "o.txt" }
needs   = { timeout = "100ms" }
command = "trap '' TERM; echo $$ > ~/pid; while :; do sleep 0.05; done"
"#,
    );
    let events = project.events("run").exits(1);
    assert_eq!(events.of_unit("stage-finished", "slow")["class"], "timeout");
    has_ended(project.process("pid"));
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    let project = Project::new(
        r#"
[stage.parent]
outputs = { o = "o.txt" }
command = "sleep 600 & echo $! > ~/pid; echo done > {outputs.o}"
"#,
    );
    project.ok("run");
    has_ended(project.process("pid"));
}

#[test]
fn a_kind_fails_with_what_is_wrong_where_and_the_way_out() {
    let project = Project::new("[stage.a]\nkind = \"fail\"\n");
    let output = project.osteon("run").exits(1);
    assert_snapshot!(output.text(), @"
    exit 1
    ── stderr
    failed   'a': ledger.csv: it does not add up (count again)
        it was going so well
        error: ledger.csv: it does not add up (count again)
    its whole log: osteon log 'a'
    executed 0, hit 0, failed 1 in [TIME]
    ");
    let project = Project::new("[stage.a]\nkind = \"fail\"\n");
    let events = project.events("run").exits(1);
    assert_eq!(events.of_unit("stage-finished", "a")["class"], "kind");
}

#[test]
fn a_panic_takes_one_stage_down() {
    let project = Project::new("[stage.a]\nkind = \"panic\"\n[stage.b]\nkind = \"look\"\n");
    let events = project.events("run -k").exits(1);
    let message = events.of_unit("stage-finished", "a")["message"].as_str().unwrap();
    assert!(message.starts_with("the kind panicked") && message.contains("the roof is on fire"), "{message}");
    assert_eq!(events.outcomes()["b"], "executed");
}

#[test]
fn a_kind_that_forgets_an_output_fails() {
    let project = Project::new("[stage.a]\nkind = \"liar\"\n");
    let events = project.events("run").exits(1);
    let failed = events.of_unit("stage-finished", "a");
    assert_eq!((failed["class"].as_str(), failed["exit"].as_i64()), (Some("output"), None));
    assert_eq!(failed["message"], "it did not write its output `out`: out.txt");
    assert_eq!(project.ran(), ["liar"]);
    let _ = project.osteon("run").exits(1);
    assert_eq!(project.ran(), ["liar"], "a lie is not recorded");
}

#[test]
fn a_checkpoint_outlives_an_attempt_and_goes_with_success() {
    let manifest = "[stage.a]\nkind = \"resume\"\n";
    let project = Project::new(manifest);
    let _ = project.osteon("run").exits(1);
    assert_eq!(project.ran(), ["first half"]);
    project.ok("run");
    assert_eq!(project.ran(), ["second half"]);
    assert_eq!(project.read("cache/latest/a/sum.txt"), "one two\n");
    assert_eq!(std::fs::read_dir(project.path("cache/scratch")).unwrap().count(), 0);

    let project = Project::new(&format!("{manifest}needs = {{ retries = 1 }}\n"));
    project.ok("run");
    assert_eq!(project.ran(), ["first half", "second half"]);
}

#[test]
fn units_with_one_key_fail_together() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "echo ran >> ~/log; false"
[stage.b]
outputs = { o = "o.txt" }
command = "echo ran >> ~/log; false"
"#,
    );
    let events = project.events("run -k -j2").exits(1);
    assert_eq!(project.ran(), ["ran"]);
    assert_eq!(events.count("failed"), 2);
}

#[test]
fn a_process_that_is_killed_says_so() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "kill -9 $$"
[stage.b]
outputs = { o = "o.txt" }
command = "kill -SEGV $$"
"#,
    );
    let events = project.events("run -k").exits(1);
    let message = |id: &str| {
        let failed = events.of_unit("stage-finished", id);
        assert_eq!((failed["class"].as_str(), failed["exit"].as_i64()), (Some("signal"), None));
        failed["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("a"), "it was killed (signal 9): by hand, or because memory ran out");
    assert_eq!(message("b"), "it was ended by signal 11");
}

#[test]
fn a_unit_that_was_cancelled_while_its_twin_ran_ends_once() {
    let waits = r#"command = "touch ~/waits; until test -e ~/go; do sleep 0.01; done; exit 1""#;
    let twin = |name: &str| format!("[stage.{name}]\noutputs = {{ o = \"o.txt\" }}\n{waits}\n");
    let fails = "command = \"until test -e ~/waits; do sleep 0.01; done; exit 2\"\n";
    let manifest = format!("{}[stage.b]\noutputs = {{ o = \"o.txt\" }}\n{fails}{}", twin("a"), twin("c"));
    let project = Project::new(&manifest);
    let run = project.start("run -j3 --message-format json");
    eventually("it was cancelled", || run.printed().contains("\"cancelled\""));
    project.leave("go");
    let events = Events::of(run.wait()).exits(1);
    assert_eq!(events.of_unit("stage-finished", "c")["outcome"], "cancelled");
    assert_eq!((events.count("failed"), events.count("cancelled")), (2, 1));
}

#[test]
fn a_stage_that_stands_still_hears_that_its_time_is_up() {
    let project = Project::new(
        r#"
[stage.still]
outputs = { o = "o.txt" }
needs   = { timeout = "1s" }
command = "trap 'echo heard >> ~/log; exit 1' TERM; kill -STOP $$; sleep 600"
"#,
    );
    let events = project.events("run").exits(1);
    assert_eq!(events.of_unit("stage-finished", "still")["class"], "timeout");
    assert_eq!(project.ran(), ["heard"]);
}

#[test]
fn whoever_has_more_time_than_there_is_has_no_limit() {
    let project = Project::new(
        "[stage.a]\noutputs = { o = \"o\" }\nneeds = { timeout = \"300000000000y\" }\ncommand = \"echo a > {outputs.o}\"\n",
    );
    project.ok("run");
}
