use crate::support::Project;

/// raw → first → second → third, and one that reads nothing.
const CHAIN: &str = r#"
[variables]
word = "hello"

[source.raw]
path = "raw.txt"

[stage.first]
inputs  = { raw = "source.raw" }
params  = { word = "$word", rest = [1, 2.5] }
outputs = { o = "o.txt" }
command = "echo first >> ~/log; cat {inputs.raw} > {outputs.o}; echo {params.word} >> {outputs.o}"

[stage.second]
inputs  = { o = "first.o" }
outputs = { lines = "lines.txt" }
command = "echo second >> ~/log; wc -l < {inputs.o} > {outputs.lines}"

[stage.third]
inputs  = { lines = "second.lines" }
outputs = { o = "o.txt" }
command = "echo third >> ~/log; cat {inputs.lines} > {outputs.o}"

[stage.other]
outputs = { o = "o.txt" }
command = "echo other >> ~/log; echo other > {outputs.o}"
"#;

fn chain() -> Project {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "a\nb\n");
    project.ok("run");
    assert_eq!(project.ran(), ["first", "other", "second", "third"]);
    project
}

#[test]
fn a_second_run_executes_nothing() {
    let project = chain();
    let events = project.events("run").ok();
    assert_eq!((events.count("executed"), events.count("hit")), (0, 4));
    assert!(project.ran().is_empty());
    assert_eq!(project.read("cache/latest/third/o.txt").trim(), "3");
}

#[test]
fn no_verb_means_run() {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "a\n");
    project.ok("");
    project.ok("-S word=bye");
    assert_eq!(project.ran(), ["first", "first", "other", "second", "second", "third"]);
}

#[test]
fn comments_spaces_order_titles_and_needs_change_nothing() {
    let project = chain();
    project.edit("word = \"hello\"", "word    =    'hello' # a greeting");
    project.edit(
        "params  = { word = \"$word\", rest = [1, 2.5] }\noutputs = { o = \"o.txt\" }",
        "outputs = { o = \"o.txt\" }\nneeds = { cpus = 2, memory = \"1 MiB\", timeout = \"1h\", retries = 3 }\n\
         title = \"Of greetings\"\nparams.rest = [1, 2.50]\nparams.word = \"$word\"",
    );
    let text = project.read("pipeline.toml");
    let (head, other) = text.split_once("[stage.other]").unwrap();
    project.write("pipeline.toml", &format!("[stage.other]{other}\n{head}"));
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn a_stage_with_another_name_and_the_same_work_executes_nothing() {
    let project = chain();
    project.edit("[stage.third]", "[stage.the-third]");
    project.ok("run");
    assert!(project.ran().is_empty());
    assert_eq!(project.read("cache/latest/the-third/o.txt").trim(), "3");
}

#[test]
fn a_changed_parameter_runs_exactly_what_depends_on_it() {
    let project = chain();
    project.edit("\"hello\"", "\"hello\\nhello\"");
    let events = project.events("run").ok();
    assert_eq!(project.ran(), ["first", "second", "third"]);
    assert_eq!(events.outcomes()["other"], "hit");
}

#[test]
fn equal_bytes_stop_the_wave() {
    let project = chain();
    let events = project.events("run -S word=bye").ok();
    assert_eq!(project.ran(), ["first", "second"], "the number of lines is what it was");
    assert_eq!(events.outcomes()["third"], "hit");
}

#[test]
fn a_value_that_comes_back_executes_nothing() {
    let project = chain();
    project.ok("run -S word=bye");
    assert_eq!(project.ran(), ["first", "second"]);
    project.ok("run");
    assert!(project.ran().is_empty());
    assert_eq!(project.read("cache/latest/first/o.txt"), "a\nb\nhello\n");
}

#[test]
fn a_source_that_was_touched_executes_nothing_and_one_that_changed_does() {
    let project = chain();
    project.write("raw.txt", "a\nb\n");
    project.ok("run");
    assert!(project.ran().is_empty());
    project.write("raw.txt", "a\nc\n");
    project.ok("run");
    assert_eq!(project.ran(), ["first", "second"]);
}

#[test]
fn a_changed_command_runs_again() {
    let project = chain();
    project.edit("wc -l < {inputs.o}", "wc -c < {inputs.o}");
    project.ok("run");
    assert_eq!(project.ran(), ["second", "third"]);
}

#[test]
fn always_make_runs_all_that_is_asked_for_once() {
    let project = chain();
    project.ok("run -B");
    assert_eq!(project.ran(), ["first", "other", "second", "third"]);
    project.ok("run -B second");
    assert_eq!(project.ran(), ["first", "second"]);
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn always_make_says_when_the_bytes_differ_and_keeps_the_new_ones() {
    let project = Project::new(
        r#"
[stage.clock]
outputs = { o = "o.txt" }
command = "echo >> ~/count; wc -l < ~/count > {outputs.o}"
"#,
    );
    project.ok("run");
    let output = project.osteon("run -B").ok();
    insta::assert_snapshot!(output.text(), @"
    exit 0
    ── stderr
    warning: 'clock': its output `o` differs from the one it replaces: the stage is not deterministic, or reads what it does not declare (osteon run -B --audit tells)
    executed 'clock' in [TIME]
    executed 1, hit 0 in [TIME]
    ");
    assert_eq!(project.read("cache/latest/clock/o.txt").trim(), "2");
}

#[test]
fn two_units_with_one_key_execute_once() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "echo ran >> ~/log; echo same > {outputs.o}"
[stage.b]
outputs = { o = "o.txt" }
command = "echo ran >> ~/log; echo same > {outputs.o}"
[stage.c]
grid.axes = { by = ["a", "b"] }
inputs    = { o = "$by.o" }
outputs   = { o = "o.txt" }
command   = "echo c >> ~/log; cat {inputs.o} > {outputs.o}"
"#,
    );
    for line in ["run -j2", "run -B -j2", "run --cache off"] {
        let events = project.events(line).ok();
        assert_eq!(project.ran(), ["c", "ran"], "{line}");
        assert_eq!((events.count("executed"), events.count("hit")), (2, 2), "{line}");
    }
    assert_eq!(project.read("cache/latest/b/o.txt"), "same\n");
}

#[test]
fn a_dry_run_tells_what_would_run_and_writes_nothing() {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "a\n");
    let output = project.osteon("run -n").ok();
    assert!(!project.path("cache").exists());
    insta::assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    run      'first'  never ran
    may-run  'second'  waits for 'first'
    may-run  'third'  waits for 'second'
    run      'other'  never ran
    ── stderr
    would run 2, may run 2, hit 0
    ");

    project.ok("run");
    let _ = project.ran();
    let before = crate::support::files_below(&project.path("cache"));
    let output = project.osteon("run -n -S word=bye").ok();
    assert_eq!(before, crate::support::files_below(&project.path("cache")));
    assert!(project.ran().is_empty());
    insta::assert_snapshot!(output.text(), @r#"
    exit 0
    ── stdout
    run      'first'  params.word "hello" → "bye"
    may-run  'second'  waits for 'first'
    may-run  'third'  waits for 'second'
    ── stderr
    would run 1, may run 2, hit 1
    "#);
}

#[test]
fn a_profile_has_its_own_latest_and_shares_what_is_equal() {
    let project = chain();
    project.edit("[source.raw]", "[profile.loud]\nword = \"HELLO\"\n\n[source.raw]");
    project.ok("run --profile loud");
    assert_eq!(project.ran(), ["first", "second"]);
    assert_eq!(project.read("cache/latest/first/o.txt"), "a\nb\nhello\n");
    assert_eq!(project.read("cache/latest@loud/first/o.txt"), "a\nb\nHELLO\n");
    assert_eq!(project.read("cache/latest@loud/other/o.txt"), "other\n");
    project.ok("run --profile loud -S word=hello");
    assert!(project.ran().is_empty());
}

#[test]
fn a_setting_is_read_as_toml_and_else_as_text() {
    let project = Project::new(
        r#"
[variables]
x = 0
[stage.a]
kind   = "sheet"
params = { rows = 2 }
[stage.b]
params  = { x = "$x" }
outputs = { o = "o.txt" }
command = "printf '%s|' {params.x} > {outputs.o}"
"#,
    );
    let shown = |setting: &str| {
        let mut command = project.command();
        command.args(["run", "b", "-S", setting]);
        let _ = project.spawn(command).wait().ok();
        project.read("cache/latest/b/o.txt")
    };
    assert_eq!(shown("x=1.50"), "1.5|");
    assert_eq!(shown("x=[1, 'two words']"), "1|two words|");
    assert_eq!(shown("x = true"), "true|");
    assert_eq!(shown("x=not toml"), "not toml|");
    assert_eq!(shown("x=a=b"), "a=b|");
    assert_eq!(shown("x="), "|");
    assert_eq!(shown("x='1'"), "1|");
}

#[test]
fn a_run_goes_on_when_nobody_reads_what_it_says() {
    let project = Project::new("[stage.a]\noutputs = { o = \"o\" }\ncommand = \"echo a > {outputs.o}\"\n");
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = project.command().arg("run").stderr(full()).status().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(project.read("cache/latest/a/o"), "a\n");
    let json = ["run", "--message-format", "json"];
    let output = project.command().args(json).stdout(full()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), said.contains("standard output: No space left")),
        (Some(2), true),
        "{said}"
    );
    project.edit("echo a", "printf x; echo a");
    project.ok("run");
    let log = project.command().args(["log", "a"]).stdout(full()).output().unwrap();
    assert_eq!(log.status.code(), Some(2), "a piece of a line is not lost silently either");
}
