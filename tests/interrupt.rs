use rustix::process::Signal;

use crate::support::{Events, Process, Project, eventually};

const CHAIN: &str = r#"
[stage.wait]
kind   = "block"
params = { name = "wait" }
[stage.later]
inputs  = { done = "wait.done" }
outputs = { o = "o.txt" }
command = "echo later >> ~/log; cat {inputs.done} > {outputs.o}"
[stage.other]
grid.axes = { x = [1, 2] }
params  = { x = "$x" }
inputs  = { done = "wait.done" }
outputs = { o = "o.txt" }
command = "echo other >> ~/log; echo {params.x} > {outputs.o}"
"#;

/// A command that goes on when it is asked to end.
const STUBBORN: &str = r#"
[stage.wait]
outputs = { o = "o.txt" }
command = "trap 'echo >> ~/asked' TERM; sleep 0.1; touch ~/running-wait; while :; do sleep 0.01; done"
"#;

/// Starts a run whose first stage waits.
fn under_way(manifest: &str) -> (Project, Process) {
    let project = Project::new(manifest);
    let run = project.start("run --message-format json");
    eventually("it runs", || project.note("running-wait").exists());
    (project, run)
}

/// Sends a signal and waits until it was heard.
fn interrupt(run: &Process, signal: Signal) {
    run.signal(signal);
    eventually("the interrupt was heard", || run.said().contains("interrupted"));
}

#[test]
fn the_first_interrupt_lets_end_what_runs_and_starts_nothing_more() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (project, run) = under_way(CHAIN);
        interrupt(&run, signal);
        project.leave("go");
        let events = Events::of(run.wait()).exits(130);
        assert_eq!(project.ran(), ["wait"]);
        let outcomes = events.outcomes();
        assert_eq!(
            (outcomes["wait"], outcomes["later"], outcomes["other[x=1]"]),
            ("executed", "cancelled", "cancelled")
        );
        assert_eq!((events.count("executed"), events.count("cancelled")), (1, 3));

        project.ok("run");
        assert_eq!(project.ran(), ["later", "other", "other"], "what ended is kept");
    }
}

#[test]
fn the_first_interrupt_says_what_is_waited_for() {
    let (project, run) = under_way(CHAIN);
    interrupt(&run, Signal::INT);
    project.leave("go");
    let output = run.wait().exits(130);
    insta::assert_snapshot!(output.stderr(), @"interrupted: waiting for 'wait' to end; once more terminates, a third time kills");
}

#[test]
fn the_second_interrupt_ends_what_runs() {
    let (project, run) = under_way(CHAIN);
    interrupt(&run, Signal::INT);
    run.signal(Signal::INT);
    let events = Events::of(run.wait()).exits(130);
    assert!(events.stderr().contains("asked to end now; once more kills it"), "{}", events.stderr());
    assert_eq!(events.outcomes()["wait"], "cancelled");
    assert_eq!((events.count("cancelled"), events.count("failed")), (4, 0));
    assert_eq!(project.ran(), ["wait"]);
    project.leave("go");
    project.ok("run");
    assert_eq!(project.ran(), ["later", "other", "other", "wait"]);
}

#[test]
fn the_third_interrupt_kills_what_will_not_end() {
    let (project, run) = under_way(STUBBORN);
    interrupt(&run, Signal::INT);
    run.signal(Signal::INT);
    eventually("it was asked to end", || project.note("asked").exists());
    run.signal(Signal::INT);
    let events = Events::of(run.wait()).exits(130);
    assert!(events.stderr().contains("what runs is killed"), "{}", events.stderr());
    assert_eq!(events.outcomes()["wait"], "cancelled");
}

#[test]
fn an_interrupted_stage_is_not_tried_again() {
    let manifest = STUBBORN.replace("trap 'echo >> ~/asked' TERM;", "echo ran >> ~/log;");
    let (project, run) = under_way(&format!("{manifest}needs = {{ retries = 3 }}\n"));
    interrupt(&run, Signal::INT);
    run.signal(Signal::INT);
    let events = Events::of(run.wait()).exits(130);
    assert_eq!(events.with_reason("stage-started").len(), 1);
    assert_eq!(project.ran(), ["ran"]);
}

#[test]
fn an_interrupted_run_removes_no_links() {
    let project = Project::new(CHAIN);
    project.leave("go");
    project.ok("run");
    std::fs::remove_file(project.note("go")).unwrap();
    std::fs::remove_file(project.note("running-wait")).unwrap();
    project.edit("x = [1, 2]", "x = [1]");
    project.edit("name = \"wait\"", "name = \"again\"");
    let run = project.start("run");
    eventually("it runs", || project.note("running-again").exists());
    interrupt(&run, Signal::INT);
    project.leave("go");
    let _ = run.wait().exits(130);
    assert!(project.path("cache/latest/other/x=2/o.txt").exists());
}

/// A command that is content with less when it is asked to end, beside one that ends the run.
const CONTENT: &str = r#"
[stage.wait]
outputs = { o = "o.txt" }
command = "o={outputs.o}; trap 'echo early > $o; exit 0' TERM; touch ~/running-wait; until test -e ~/go; do sleep 0.01; done; echo whole > {outputs.o}"
[stage.breaks]
outputs = { o = "o.txt" }
command = "until test -e ~/break; do sleep 0.01; done; rm -rf ~/../project/cache/latest; echo > ~/../project/cache/latest; echo ran >> ~/log; echo o > {outputs.o}"
"#;

#[test]
fn what_was_asked_to_end_is_not_recorded_however_well_it_says_it_ended() {
    let project = Project::new(CONTENT);
    let run = project.start("run wait --message-format json");
    eventually("it runs", || project.note("running-wait").exists());
    interrupt(&run, Signal::INT);
    run.signal(Signal::INT);
    let events = Events::of(run.wait()).exits(130);
    assert_eq!(events.outcomes()["wait"], "cancelled");

    std::fs::remove_file(project.note("running-wait")).unwrap();
    let run = project.start("run -j2 --message-format json");
    eventually("it runs", || project.note("running-wait").exists());
    project.leave("break");
    let events = Events::of(run.wait()).exits(2);
    assert!(events.stderr().contains("the run cannot go on: 'wait' is asked to end"), "{}", events.stderr());
    assert_eq!(events.outcomes()["wait"], "cancelled");
    assert_eq!(events.outcomes()["breaks"], "executed", "it has a record, though no name");

    std::fs::remove_file(project.path("cache/latest")).unwrap();
    project.leave("go");
    let _ = project.ran();
    project.ok("run");
    assert_eq!(project.ran(), [""; 0], "what was made beside it is kept");
    assert_eq!(project.read("cache/latest/wait/o.txt"), "whole\n");
}

#[test]
fn a_run_that_cannot_go_on_kills_what_will_not_end() {
    let project = Project::new(&CONTENT.replace("echo early > $o; exit 0", "").replace("~/go", "~/never"));
    let run = project.start("run -j2");
    eventually("it runs", || project.note("running-wait").exists());
    project.leave("break");
    let _ = run.wait().exits(2);
}

#[test]
fn a_reader_that_does_not_read_keeps_nobody_from_ending_what_runs() {
    for (needs, interrupts) in [("timeout = \"300ms\"", [].as_slice()), ("", &[Signal::INT, Signal::TERM])] {
        let project = Project::new(&format!(
            r#"
[stage.first]
outputs = {{ o = "o.txt" }}
needs = {{ {needs} }}
command = "trap 'touch ~/ended; exit 1' TERM; touch ~/running; while :; do sleep 0.01; done"
[stage.many]
grid.axes = {{ x = ["{}"] }}
params.x = "$x"
outputs = {{ o = "o.txt" }}
command = "until test -e ~/running; do sleep 0.01; done; echo {{params.x}} > {{outputs.o}}"
"#,
            (0..300).map(|x| format!("{x:0100}")).collect::<Vec<_>>().join("\", \"")
        ));
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = project.command();
        command.args(["run", "-j2", "--message-format", "json"]).stdout(writer);
        let mut run = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        drop(command);
        eventually("nothing more can be told", || rustix::io::ioctl_fionread(&reader).unwrap() > 60_000);
        for signal in interrupts {
            rustix::process::kill_process(rustix::process::Pid::from_child(&run), *signal).unwrap();
        }
        eventually("it was asked to end", || project.note("ended").exists());
        let told = std::io::read_to_string(reader).unwrap();
        assert!(told.contains("run-finished"), "{told}");
        assert!(!run.wait().unwrap().success());
    }
}

#[test]
fn of_a_run_that_cannot_go_on_every_unit_is_told() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "cd ~/../project/cache; rm -rf locks; touch locks; echo > {outputs.o}"
[stage.b]
inputs = { i = "a.o" }
outputs = { o = "o.txt" }
command = "cat {inputs.i} > {outputs.o}"
[stage.c]
inputs = { i = "b.o" }
outputs = { o = "o.txt" }
command = "cat {inputs.i} > {outputs.o}"
"#,
    );
    let events = project.events("run").exits(2);
    let outcomes = events.outcomes();
    assert_eq!((outcomes["a"], outcomes["b"], outcomes["c"]), ("executed", "cancelled", "cancelled"));
    assert_eq!((events.count("executed"), events.count("cancelled")), (1, 2));
    assert!(!events.stderr().contains("is asked to end"), "{}", events.stderr());
}

#[test]
fn a_signal_that_whoever_started_the_program_ignores_is_not_heard() {
    let project = Project::new(CHAIN);
    let toy = project.command();
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" run"]).arg(toy.get_program());
    command
        .current_dir(project.path(""))
        .env_clear()
        .envs(toy.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = project.spawn(command);
    eventually("it runs", || project.note("running-wait").exists());
    run.signal(Signal::HUP);
    project.leave("go");
    let output = run.wait().ok();
    assert!(!output.stderr().contains("interrupted"), "{}", output.stderr());
    assert_eq!(project.ran(), ["later", "other", "other", "wait"], "in the order of their names");
}
