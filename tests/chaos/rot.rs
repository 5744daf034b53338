use std::path::PathBuf;

use fastrand::Rng;

use super::chance::rounds;
use super::harm::Harm;
use super::pipeline::{Undisturbed, latest, log, project};
use crate::support::{Project, cells_of, files_below};

#[test]
fn whatever_of_the_cache_is_damaged_no_wrong_byte_comes_out() {
    let undisturbed = Undisturbed::new();
    rounds(50, 1000, |rng| {
        let project = project();
        project.ok("run");
        let number = if rng.u8(..4) == 0 { 3 } else { 1 };
        let done: Vec<String> = (0..number).map(|_| strike(rng, &project)).collect();
        // A changed parameter of the last stage that changes no byte: what it reads is needed.
        let line = if rng.bool() { "run" } else { "run -S salt=1" };
        let output = project.osteon(line);
        let text = format!("{done:?}\n{}", output.text());
        if text.contains("cache/FORMAT says") {
            assert!(text.contains("exit 2") && text.contains("OSTEON_CACHE"), "{text}");
            return number;
        }
        assert!(text.contains("exit 0"), "{text}");
        assert_eq!(latest(&project), undisturbed.latest, "{text}");
        let ran = log(&project);
        project.ok(line);
        assert_eq!(log(&project), ran, "all was done: {text}");
        number
    });
}

/// Harms a file of the cache; returns what was done to which.
fn strike(rng: &mut Rng, project: &Project) -> String {
    let sorts = cells_of(&project.path("cache"));
    loop {
        let sort = project.path("cache").join(&sorts[rng.usize(..sorts.len())]);
        let files: Vec<PathBuf> = if sort.is_dir() { files_below(&sort) } else { vec![sort] };
        if files.is_empty() {
            continue;
        }
        let [path, other] = [&files[rng.usize(..files.len())], &files[rng.usize(..files.len())]];
        let harm = Harm::any(rng);
        let name = format!("{harm:?} {}", path.display());
        harm.strike(rng, path, other);
        return name;
    }
}
