use std::fs;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::support::{Process, Project, eventually, files_below, has_ended};

/// One that ends at once, one that waits for the note `go`, and one that reads both.
const CHAIN: &str = r#"
[stage.first]
outputs = { o = "o.txt" }
command = "echo first >> ~/log; echo first > {outputs.o}"
[stage.wait]
kind   = "block"
inputs = { after = "first.o" }
params = { name = "wait" }
[stage.last]
inputs  = { first = "first.o", done = "wait.done" }
outputs = { o = "o.txt" }
command = "echo last >> ~/log; cat {inputs.first} {inputs.done} > {outputs.o}"
"#;

/// Returns a project whose second stage runs, the program on it, and the process of that stage.
fn halfway(manifest: &str) -> (Project, Process, Pid) {
    let project = Project::new(manifest);
    let run = project.start("run");
    eventually("the second stage runs", || project.note("running-wait").exists());
    assert_eq!(project.ran(), ["first", "wait"]);
    let worker = project.process("running-wait");
    (project, run, worker)
}

/// Without cleaning or unlocking, the next run makes what was not finished, and nothing else.
fn goes_on(project: &Project) {
    project.leave("go");
    project.ok("run");
    assert_eq!(project.ran(), ["last", "wait"]);
    assert_eq!(project.read("cache/latest/last/o.txt"), "first\nwait");
    project.ok("run");
    assert!(project.ran().is_empty());
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn when_the_program_is_killed_its_worker_ends_and_the_next_run_goes_on() {
    let (project, run, worker) = halfway(CHAIN);
    run.signal(Signal::KILL);
    let _killed = run.wait();
    has_ended(worker);
    goes_on(&project);
}

#[test]
fn when_a_worker_is_killed_its_stage_fails_and_the_next_run_goes_on() {
    let (project, run, worker) = halfway(CHAIN);
    kill_process(worker, Signal::KILL).unwrap();
    let output = run.wait().exits(1);
    assert!(output.stderr().contains("'wait': it was killed (signal 9)"), "{}", output.stderr());
    goes_on(&project);
}

#[test]
fn when_both_are_killed_the_next_run_goes_on() {
    let (project, run, worker) = halfway(CHAIN);
    kill_process(worker, Signal::STOP).unwrap();
    run.signal(Signal::KILL);
    kill_process(worker, Signal::KILL).unwrap();
    let _killed = run.wait();
    goes_on(&project);
}

#[test]
fn a_command_that_escaped_the_guard_keeps_its_key_until_it_ends() {
    let command = r#"
command = '''
cat > ~/escape.sh <<END
echo wait >> ~/log
echo \$\$ > ~/new; mv ~/new ~/running-wait
until test -e ~/go; do sleep 0.01; done
printf wait > {outputs.done}
END
setsid sh ~/escape.sh
'''
outputs = { done = "done.txt" }
inputs = { after = "first.o" }
"#;
    let kind = "kind   = \"block\"\ninputs = { after = \"first.o\" }\nparams = { name = \"wait\" }\n";
    let (project, run, escaped) = halfway(&CHAIN.replace(kind, command));
    run.signal(Signal::KILL);
    let _killed = run.wait();
    assert!(test_kill_process(escaped).is_ok(), "it left its group");
    let next = project.start("run");
    eventually("the next run waits", || next.said().contains("'wait' is being made by another run"));
    project.leave("go");
    let _ = next.wait().ok();
    has_ended(escaped);
    assert_eq!(project.ran(), ["last", "wait"]);
    assert_eq!(project.read("cache/latest/last/o.txt"), "first\nwait");
}

#[test]
fn a_dead_program_holds_no_lock() {
    let (project, run, _worker) = halfway(CHAIN);
    run.signal(Signal::KILL);
    let _killed = run.wait();
    project.leave("go");
    project.ok("cache gc --keep-runs 1");
    project.ok("run");
    assert_eq!(project.ran(), ["last", "wait"]);
}

#[test]
fn wherever_a_run_is_killed_the_next_one_ends_well() {
    let project = Project::new(
        r#"
[variables]
salt = 0
[stage.cell]
grid.axes = { x = [1, 2, 3, 4, 5, 6] }
params    = { x = "$x", salt = "$salt" }
outputs   = { o = "o.txt", d = "d/" }
command   = "echo {params.x} > {outputs.o}; echo {params.salt} > {outputs.d}/{params.x}; echo {params.x} >> ~/log"
[stage.all]
inputs    = { os = "cell[x=*].o", ds = "cell[x=*].d" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.os}/* {inputs.ds}/*/* > {outputs.o}; echo all >> ~/log"
"#,
    );
    for salt in 1..=7 {
        let line = format!("run -j2 -S salt={salt}");
        let run = project.start(&line);
        let log = project.note("log");
        eventually("so many ran", || fs::read_to_string(&log).unwrap_or_default().lines().count() >= salt);
        run.signal(Signal::KILL);
        let _killed = run.wait();
        let before = project.ran().len();
        project.ok(&line);
        let after = project.ran().len();
        assert!(before + after <= 7 + 2, "at most what two slots held is made twice: {before} + {after}");
        let salts = format!("{salt}\n").repeat(6);
        assert_eq!(project.read("cache/latest/all/o.txt"), format!("1\n2\n3\n4\n5\n6\n{salts}"));
    }
    for path in files_below(&project.path("cache/objects")) {
        let parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
        let digest = contract::Digest::of(&fs::read(&path).unwrap()).to_string();
        assert_eq!(format!("{}{}", parts[1], parts[0]), digest);
    }
}

#[test]
fn what_a_command_started_ends_when_the_program_is_killed() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = """
(trap '' HUP TERM; echo $(exec sh -c 'echo $PPID') > ~/child; mv ~/child ~/running-child; \
 until test -e ~/go; do :; done) &
wait
echo > {outputs.o}"""
"#,
    );
    let run = project.start("run");
    eventually("the child of the command runs", || project.note("running-child").exists());
    let child = project.process("running-child");
    run.signal(Signal::KILL);
    let _killed = run.wait();
    has_ended(child);
    project.leave("go");
    project.ok("run");
}

#[test]
fn a_command_that_was_just_started_when_the_program_was_killed_ends_too() {
    let project = Project::new("");
    // Each waits for what nobody writes.
    let waiting = |temporary: &str| {
        let mut command = project.command_of("cat");
        command.env("TMPDIR", temporary).process_group(0).stdin(Stdio::piped());
        command.spawn().expect("a command can be started")
    };
    let (mut begun, mut of_another) = (waiting("/tmp/osteon-begun"), waiting("/tmp/osteon-begun-before"));
    let mut guard = project.command();
    guard.args(["worker", "--guard"]).stdin(Stdio::piped());
    let mut guard = guard.spawn().expect("a guard can be started");
    // So far a run has come that is about to start its second command.
    let told = "?/tmp/osteon-first\n+999999999\n-999999999\n?/tmp/osteon-begun\n";
    guard.stdin.take().expect("its input is ours").write_all(told.as_bytes()).expect("a guard listens");
    assert!(guard.wait().expect("it is our child").success());
    assert_eq!(begun.wait().expect("it is our child").signal(), Some(9));
    assert_eq!(of_another.try_wait().expect("it is our child"), None);
    of_another.kill().expect("it is our child");
    of_another.wait().expect("it is our child");
}

#[test]
fn what_a_failed_attempt_left_behind_writes_into_no_later_one() {
    let project = Project::new(
        r#"
[stage.a]
needs = { retries = 1 }
outputs = { o = "o.txt" }
command = '''
if test -e ~/tried; then touch ~/again; echo good > {outputs.o}; until test -e ~/written; do sleep 0.01; done; exit; fi
touch ~/tried
setsid sh -c 'exec 2> /dev/null; touch ~/free; until test -e ~/again; do sleep 0.01; done; echo old >> $0; touch ~/written' {outputs.o} &
until test -e ~/free; do sleep 0.01; done
exit 1
'''
"#,
    );
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/o.txt"), "good\n");
}

#[test]
fn what_works_in_the_folder_of_a_killed_attempt_reaches_nothing_of_the_next() {
    if !std::path::Path::new("/bin/bash").exists() {
        return eprintln!("SKIPPED: no other shell closes the files above 9");
    }
    let project = Project::new(
        r#"
[stage.a]
private = true
outputs = { o = "o.txt" }
command = """
if test -e ~/tried; then echo good > o.txt; touch ~/again; until test -e ~/written; do sleep 0.01; done; exit; fi
touch ~/tried
cat > ~/left.sh <<'END'
for open in $(ls /proc/$$/fd); do eval "exec $open>&-" || true; done
echo $$ > ~/new; mv ~/new ~/running-left
until test -e ~/again; do : > file-$((number = number + 1)); echo old > o.txt; done
echo old > o.txt; touch ~/written
END
setsid bash -c "$(cat ~/left.sh)"
"""
"#,
    );
    let run = project.start("run");
    eventually("what it left works", || project.note("running-left").exists());
    run.signal(Signal::KILL);
    let _killed = run.wait();
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/o.txt"), "good\n");
    has_ended(project.process("running-left"));
    project.ok("run");
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0, "the next run sweeps");
}
