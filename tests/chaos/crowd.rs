use std::time::Duration;

use super::chance::{rounds, spin};
use super::pipeline::{Undisturbed, latest, outputs, project};
use crate::support::{Events, Process, Project};

#[test]
fn however_many_run_at_once_each_piece_of_work_is_done_once() {
    let undisturbed = Undisturbed::new();
    rounds(10, 200, |rng| {
        let cache = tempfile::tempdir().expect("a temporary folder can be made");
        let projects: Vec<Project> = (0..rng.usize(1..=2)).map(|_| project()).collect();
        let apart = if rng.bool() { Duration::ZERO } else { undisturbed.time };
        let runs: Vec<Process> = (0..rng.usize(2..=4))
            .map(|number| {
                let project = &projects[number % projects.len()];
                let mut command = project.command();
                command.args(["run", "--message-format", "json", &format!("-j{}", rng.u8(1..=3))]);
                if projects.len() > 1 {
                    command.env("OSTEON_CACHE", cache.path());
                }
                spin(rng, apart);
                project.spawn(command)
            })
            .collect();
        let events: Vec<Events> = runs.into_iter().map(|run| Events::of(run.wait()).ok()).collect();
        for events in &events {
            assert_eq!(outputs(events), undisturbed.outputs);
        }
        let mut ran: Vec<String> = projects.iter().flat_map(Project::ran).collect();
        ran.sort();
        assert_eq!(ran, undisturbed.ran);
        for project in &projects {
            assert_eq!(latest(project), undisturbed.latest);
        }
        1
    });
}
