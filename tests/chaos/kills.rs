use std::fs;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::chance::{rounds, spin};
use super::pipeline::{Undisturbed, log, project};
use crate::support::{Process, Project, children, eventually, has_ended, is_over};

#[test]
fn whoever_is_killed_whenever_the_next_run_ends_where_an_undisturbed_one_does() {
    let undisturbed = Undisturbed::new();
    rounds(20, 500, |rng| {
        let project = project();
        let kills = rng.usize(1..=3);
        let mut orphans = Vec::new();
        for _ in 0..kills {
            let recorded = undisturbed.recorded(&project).len();
            let run = project.start(&format!("run -j{}", rng.u8(1..=4)));
            await_moment(rng, &project, &run, &undisturbed);
            orphans.extend(strike(rng, run));
            assert!(undisturbed.recorded(&project).len() >= recorded, "a kill lost a record");
        }
        undisturbed.is_reached(&project, &log(&project));
        orphans.into_iter().for_each(has_ended);
        let ran = log(&project);
        undisturbed.is_reached(&project, &ran);
        assert_eq!(log(&project), ran, "all was done");
        assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0, "nothing is left behind");
        kills
    });
}

/// Waits until some stages ran, and a little longer; or as long as chance says.
fn await_moment(rng: &mut Rng, project: &Project, run: &Process, undisturbed: &Undisturbed) {
    if rng.bool() {
        spin(rng, undisturbed.time);
        return;
    }
    let lines = log(project).len() + rng.usize(0..=undisturbed.ran.len());
    eventually("so many ran, or all", || log(project).len() >= lines || is_over(run.id()));
    spin(rng, Duration::from_millis(3));
}

/// Kills the program, one of its workers, all of these, or these with what they started; returns the workers.
fn strike(rng: &mut Rng, run: Process) -> Vec<Pid> {
    // A program that stands still reaps none of its workers, whose numbers then reach no stranger.
    run.signal(Signal::STOP);
    let workers = children(run.id());
    let all = |kill: fn(Pid, Signal) -> rustix::io::Result<()>| {
        for worker in &workers {
            let _ended_already = kill(*worker, Signal::KILL);
        }
    };
    match rng.u8(..4) {
        0 => run.signal(Signal::KILL),
        1 => {
            if let Some(worker) = rng.choice(&workers) {
                let _ended_already = kill_process(*worker, Signal::KILL);
            }
            run.signal(Signal::CONT);
        }
        2 => {
            run.signal(Signal::KILL);
            all(kill_process);
        }
        _ => {
            run.signal(Signal::KILL);
            all(kill_process_group);
        }
    }
    let output = run.wait();
    let text = output.text();
    // Killed; or it had ended; or it lives on without one of its workers.
    assert!(["signal: 9", "exit 0", "exit 1\n"].iter().any(|end| text.contains(end)), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    workers
}
