//! What an attempt finds where it works, and what it prints.

use crate::support::{Project, cells_of, eventually};

/// Lists what an attempt finds where it works, beside that, and in TMPDIR.
const LIST: &str = r#"cd $(dirname {outputs.o}); key=$(basename $PWD); list=$(find . $TMPDIR ../$key.* -mindepth 1 | sed "s/$key/KEY/" | sort); echo "$list" > o.txt"#;

fn project(dirty: &str) -> Project {
    Project::new(&format!(
        r#"
[stage.first]
outputs = {{ o = "o.txt", sub = "sub/o.txt" }}
command = "echo > {{outputs.o}}; echo > {{outputs.sub}}; {dirty}"
[stage.reader]
grid.axes = {{ x = [1, 2] }}
params.x = "$x"
inputs = {{ i = "first.o", more = "first.sub" }}
outputs = {{ o = "o.txt" }}
command = "cat {{inputs.i}} {{inputs.more}} > {{outputs.o}}; {dirty}"
[stage.gather]
inputs = {{ all = "reader[*].o" }}
outputs = {{ o = "o.txt" }}
command = "cat {{inputs.all}}/* > {{outputs.o}}; {dirty}"
[stage.last]
inputs = {{ i = "gather.o" }}
outputs = {{ o = "o.txt" }}
command = '''{LIST}'''
"#
    ))
}

#[test]
fn an_attempt_finds_nothing_of_those_before_it() {
    let expected = "../KEY.in.i/o.txt\n";
    let alone = project("true");
    alone.ok("run -j1");
    assert_eq!(alone.read("cache/latest/last/o.txt"), expected);
    for dirty in [
        "echo left > $(dirname {outputs.o})/left",
        "mkdir $(dirname {outputs.o})/left",
        "echo left > $(dirname {outputs.o})/../left",
        "ln -s / $(dirname {outputs.o})/left",
        "mkdir -p $(dirname {outputs.o}).in.left; echo left > $(dirname {outputs.o}).in.left/left",
        "echo left > $(dirname {outputs.o}).log",
        "rm -rf $(dirname {outputs.o}).in.*",
        "chmod 500 $(dirname {outputs.o})",
        "echo left > $TMPDIR/left",
        "rm -rf $TMPDIR",
        "echo printed",
    ] {
        let after = project(dirty);
        after.ok("run -j1");
        assert_eq!(after.read("cache/latest/last/o.txt"), expected, "{dirty}");
        // What was put beside the folders of attempts is swept by the next run.
        after.ok("run");
        assert_eq!(cells_of(&after.path("cache/staging")), [""; 0], "{dirty}");
    }
}

#[test]
fn a_command_works_apart_from_what_the_one_before_left_at_work() {
    let project = Project::new(
        r#"
[stage.first]
outputs = { o = "o.txt" }
command = '''
echo > {outputs.o}
cd $(dirname {outputs.o})
setsid sh -c 'exec > /dev/null 2>&1; touch ~/left; until test -e ~/next; do sleep 0.01; done; echo old > o.txt; touch ~/written' &
until test -e ~/left; do sleep 0.01; done
'''
[stage.next]
inputs = { i = "first.o" }
outputs = { o = "o.txt" }
command = "echo good > {outputs.o}; touch ~/next; until test -e ~/written; do sleep 0.01; done"
"#,
    );
    project.ok("run -j1");
    assert_eq!(project.read("cache/latest/next/o.txt"), "good\n");
}

#[test]
fn a_private_attempt_may_read_under_the_name_that_another_writes_under() {
    let project = Project::new(
        r#"
[stage.scans]
outputs = { scans = "scans/" }
command = "echo > {outputs.scans}/one"
[stage.count]
private = true
inputs = { scans = "scans.scans" }
outputs = { o = "o.txt" }
command = "ls scans > {outputs.o}"
"#,
    );
    project.ok("run -j1");
    assert_eq!(project.read("cache/latest/count/o.txt"), "one\n");
}

#[test]
fn a_stage_that_is_made_anew_beside_a_run_that_has_made_it_disturbs_nothing() {
    let project = Project::new(
        r#"
[stage.first]
outputs = { o = "o.txt" }
command = "test -e ~/again && { touch ~/in-it; until test -e ~/made; do sleep 0.01; done; }; echo first > {outputs.o}"
[stage.long]
inputs = { i = "first.o" }
outputs = { o = "o.txt" }
command = "touch ~/again; until test -e ~/in-it; do sleep 0.01; done; echo long > {outputs.o}"
[stage.after]
inputs = { i = "long.o" }
outputs = { o = "o.txt" }
command = "echo after > {outputs.o}; touch ~/made"
"#,
    );
    let run = project.start("run -j1");
    eventually("the first stage is made", || project.note("again").exists());
    let anew = project.start("run -j1 -B first");
    let (run, anew) = (run.wait(), anew.wait());
    let _ends_well = run.ok();
    let _ends_well = anew.ok();
    let read = |stage: &str| project.read(format!("cache/latest/{stage}/o.txt"));
    assert_eq!(["first", "long", "after"].map(read), ["first\n", "long\n", "after\n"]);
    assert_eq!(cells_of(&project.path("cache/staging")), [""; 0]);
}

#[test]
fn a_command_ends_with_its_process_whatever_still_has_its_log_open() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = '''
sh -c 'echo from the one that is left; echo $$ > ~/new; mv ~/new ~/running-left; sleep 600' &
until test -e ~/running-left; do sleep 0.01; done
echo > {outputs.o}
'''
"#,
    );
    project.ok("run");
    assert!(crate::support::is_over(project.process("running-left")));
    assert_eq!(project.osteon("log a").ok().stdout(), "from the one that is left\n");
}

#[test]
fn a_command_that_asks_a_terminal_fails_and_says_so() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
needs   = { retries = 1 }
command = "echo a >> ~/log; read answer < /dev/tty; echo $answer > {outputs.o}"
"#,
    );
    let mut command = project.command();
    let line = format!("{} run", command.get_program().display());
    if std::process::Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var("CI").is_err(), "CI needs `script`, which gives a command a terminal");
        return eprintln!("SKIPPED: `script` gives no terminal here");
    }
    command = project.command_of("script");
    command.args(["-q", "-e", "-c", &line, "/dev/null"]);
    let output = project.spawn(command).wait().exits(1);
    assert!(output.stdout().contains("it asked a terminal, where nobody answers"), "{}", output.stdout());
    // It would ask again.
    assert_eq!(project.ran(), ["a"]);
}

#[test]
fn a_long_log_is_kept_whole_in_the_order_in_which_it_was_printed() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "for x in $(seq 20000); do echo line $x of the log; echo error $x >&2; done; echo > {outputs.o}"
"#,
    );
    project.ok("run");
    let expected: String = (1..=20_000).map(|x| format!("line {x} of the log\nerror {x}\n")).collect();
    assert_eq!(project.osteon("log a").ok().stdout(), expected);
}

#[test]
fn a_port_may_have_a_name_that_no_folder_could_have() {
    let port = "p".repeat(300);
    let project = Project::new(&format!(
        r#"
[stage.a]
outputs = {{ o = "o.txt" }}
command = "echo a > {{outputs.o}}"
[stage.b]
inputs = {{ {port} = "a.o" }}
outputs = {{ o = "o.txt" }}
command = "cat {{inputs.{port}}} > {{outputs.o}}"
"#
    ));
    project.ok("run");
    assert_eq!(project.read("cache/latest/b/o.txt"), "a\n");
}
