//! `path`, `log` and `sql` read what the last run left.

use insta::assert_snapshot;

use crate::support::Project;

const MANIFEST: &str = r#"
[variables]
word = "one"
[stage.fit]
grid.axes = { rate = [0.5, 1.0] }
params    = { rate = "$rate", word = "$word" }
outputs   = { score = "score.parquet", logs = "logs/" }
command   = "echo fit {params.rate} {params.word}; echo {params.word} {params.rate} > {outputs.score}; test {params.word} != bad"
[stage.quiet]
outputs   = { o = "o.txt" }
command   = "echo > {outputs.o}"
"#;

#[test]
fn a_path_is_where_an_artifact_lies() {
    let project = Project::new(MANIFEST);
    project.ok("run");
    let told = |line: &str| project.osteon(line).ok().text();
    assert_snapshot!(told("path fit[rate=0.5].score"), @"
    exit 0
    ── stdout
    [PROJECT]/cache/latest/fit/rate=0.5/score.parquet
    ");
    assert_snapshot!(told("path fit.score quiet"), @"
    exit 0
    ── stdout
    [PROJECT]/cache/latest/fit/rate=0.5/score.parquet
    [PROJECT]/cache/latest/fit/rate=1.0/score.parquet
    [PROJECT]/cache/latest/quiet/o.txt
    ");
    assert_snapshot!(told("path fit[rate=1.0]"), @"
    exit 0
    ── stdout
    [PROJECT]/cache/latest/fit/rate=1.0/logs
    [PROJECT]/cache/latest/fit/rate=1.0/score.parquet
    ");
    let path = project.osteon("path quiet.o").ok().stdout().trim().replace("[PROJECT]", "");
    assert_eq!(project.read(path.trim_start_matches('/')), "\n");
}

#[test]
fn a_path_that_is_not_there_is_refused_with_the_way_out() {
    let project = Project::new(MANIFEST);
    let said = |line: &str| project.osteon(line).exits(2).stderr();
    assert_snapshot!(said("path quiet"), @"error: 'quiet' has not run yet: osteon run 'quiet'");
    assert_snapshot!(said("path quiet.out"), @"error: 'quiet' has no output `out`; did you mean `o`?");
    assert_snapshot!(said("path quite.o"), @"error: the target 'quite': there is no stage `quite`; did you mean `quiet`?");
    assert_snapshot!(said("path fit[rate=2].score"), @"error: the target 'fit[rate=2]': no cell has rate=2; there are 0.5, 1.0");
}

#[test]
fn a_log_is_that_of_the_last_attempt_also_if_it_was_silent() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
needs   = { retries = 1 }
command = "test -e ~/tried && exit 1; touch ~/tried; echo the first; exit 1"
"#,
    );
    let _fails = project.osteon("run").exits(1);
    assert_eq!(project.osteon("log a").ok().stdout(), "");
}

#[test]
fn a_path_that_is_no_longer_fresh_is_told_with_a_warning() {
    let project = Project::new(MANIFEST);
    project.ok("run");
    assert_snapshot!(project.osteon("path fit[rate=0.5].score -S word=two").ok().text(), @"
    exit 0
    ── stdout
    [PROJECT]/cache/latest/fit/rate=0.5/score.parquet
    ── stderr
    warning: 'fit[rate=0.5]' is no longer fresh: osteon run 'fit[rate=0.5]'
    ");
    assert_snapshot!(project.osteon("path fit.score -S word=two").ok().text(), @"
    exit 0
    ── stdout
    [PROJECT]/cache/latest/fit/rate=0.5/score.parquet
    [PROJECT]/cache/latest/fit/rate=1.0/score.parquet
    ── stderr
    warning: 'fit[rate=0.5]' and 1 more are no longer fresh: osteon run
    ");
}

#[test]
fn a_log_is_what_the_stage_printed() {
    let project = Project::new(MANIFEST);
    project.ok("run");
    assert_snapshot!(project.osteon("log fit[rate=0.5]").ok().text(), @"
    exit 0
    ── stdout
    fit 0.5 one
    ");
    assert_snapshot!(project.osteon("log fit").ok().text(), @"
    exit 0
    ── stdout
    ── fit[rate=0.5]
    fit 0.5 one
    ── fit[rate=1.0]
    fit 1.0 one
    ");
    assert_snapshot!(project.osteon("log quiet").ok().text(), @"exit 0");
    assert_snapshot!(project.osteon("log fit[rate=0.5] -S word=two").ok().text(), @"
    exit 0
    ── stdout
    fit 0.5 one
    ── stderr
    warning: 'fit[rate=0.5]' is no longer fresh: osteon run 'fit[rate=0.5]'
    ");
    assert_snapshot!(Project::new(MANIFEST).osteon("log quiet").exits(2).text(), @"
    exit 2
    ── stderr
    error: 'quiet' has not run yet: osteon run 'quiet'
    ");
}

#[test]
fn a_log_is_that_of_the_last_attempt_also_if_it_failed() {
    let project = Project::new(MANIFEST);
    project.ok("run");
    let _ = project.osteon("run -k -S word=bad").exits(1);
    assert_eq!(project.osteon("log fit[rate=0.5] -S word=bad").ok().stdout(), "fit 0.5 bad\n");
    assert_eq!(project.osteon("log fit[rate=0.5]").ok().stdout(), "fit 0.5 one\n");
}

#[test]
fn a_log_of_a_failure_is_gone_after_a_success() {
    let project = Project::new(MANIFEST);
    let _ = project.osteon("run -k -S word=bad").exits(1);
    project.ok("run -S word=good");
    let told = project.osteon("log fit[rate=0.5] -S word=new").ok();
    assert_eq!(told.stdout(), "fit 0.5 good\n");
}

#[test]
fn a_log_of_a_failure_that_had_a_record_is_shown() {
    let project = Project::new(MANIFEST);
    project.edit("test {params.word} != bad", "test ! -e ~/harm");
    project.ok("run");
    project.edit("echo fit {params.rate}", "ls ~; echo fit {params.rate}");
    project.ok("run");
    project.leave("harm");
    let failed = project.osteon("run -B fit[rate=0.5]").exits(1);
    assert!(failed.stderr().contains("its whole log: osteon log 'fit[rate=0.5]'"), "{}", failed.stderr());
    assert_eq!(project.osteon("log fit[rate=0.5]").ok().stdout(), "harm\nfit 0.5 one\n");
}

#[test]
fn sql_gets_every_table_with_its_cells() {
    let project = Project::new(MANIFEST);
    let mut command = project.command();
    command.args(["sql", "SELECT 1"]);
    assert_snapshot!(project.spawn(command).wait().exits(2).text(), @"
    exit 2
    ── stderr
    error: nothing has run yet that makes tables: osteon run
    ");
    project.ok("run");
    let mut command = project.command();
    command.args(["sql", "SELECT * FROM \"fit.score\""]);
    assert_snapshot!(project.spawn(command).wait().ok().text(), @r#"
    exit 0
    ── stdout
    "SELECT * FROM \"fit.score\""
    "fit.score" {"rate":0.5} {"rate":1.0}
    "#);
}

#[test]
fn a_verb_that_this_build_lacks_says_so() {
    let project = Project::new(
        "[stage.a]\noutputs = { table = \"t.parquet\", json = \"t.json\" }\ncommand = \"echo '{}' | tee {outputs.json} > {outputs.table}\"\n",
    );
    project.ok("run");
    assert_snapshot!(project.osteon("table a").ok().text(), @"
    exit 0
    ── stdout
    {}
    ");
    assert_snapshot!(project.osteon("table b").exits(2).text(), @"
    exit 2
    ── stderr
    error: there is no table 'b'; did you mean `a`?
    ");
}
