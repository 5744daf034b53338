use rustix::process::Signal;

use super::chance::{rounds, spin};
use super::pipeline::{Undisturbed, log, outputs, project};
use crate::support::{Events, Process};

/// The rules that let go most, and those that let go little.
const SWEEPS: [&str; 5] = [
    "cache gc --max-size 0B --grace 0s",
    "cache gc --max-size 300B --grace 0s",
    "cache gc --keep-runs 1 --grace 0s",
    "cache gc --older-than 1h",
    "cache gc --max-size 0B --grace 0s -n",
];

#[test]
fn however_often_it_is_swept_meanwhile_every_run_ends_well_with_the_same_bytes() {
    let undisturbed = Undisturbed::new();
    rounds(10, 200, |rng| {
        let project = project();
        let most = undisturbed.time / 2;
        let (mut runs, mut sweeps): (Vec<Process>, Vec<(Process, bool)>) = (Vec::new(), Vec::new());
        for _ in 0..rng.usize(4..12) {
            spin(rng, most);
            if rng.bool() {
                let access = ["rw", "rw", "ro"][rng.usize(..3)];
                runs.push(project.start(&format!("run --message-format json --cache {access}")));
                continue;
            }
            let sweep = project.start(SWEEPS[rng.usize(..SWEEPS.len())]);
            let is_killed = rng.u8(..4) == 0;
            if is_killed {
                spin(rng, most / 10);
                sweep.signal(Signal::KILL);
            }
            sweeps.push((sweep, is_killed));
        }
        for run in runs {
            assert_eq!(outputs(&Events::of(run.wait()).ok()), undisturbed.outputs);
        }
        for (sweep, is_killed) in sweeps {
            let swept = sweep.wait();
            // Beside a run it is refused.
            let is_refused = swept.stderr().contains("a run uses the cache");
            if !is_killed {
                let _ = swept.exits(if is_refused { 2 } else { 0 });
            }
        }
        project.ok("cache verify");
        undisturbed.is_reached(&project, &log(&project));
        1
    });
}
