use std::fs;
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
        let held = held(&project);
        let done: Vec<String> = (0..number).map(|_| strike(rng, &project)).collect();
        let verified = project.osteon("cache verify");
        let found = verified.text();
        for (path, bytes) in held {
            let is_damaged = path.is_file() && fs::read(&path).is_ok_and(|now| says(&now) != says(&bytes));
            let name = path.strip_prefix(project.path("")).expect("it lies in the project").display();
            assert!(
                !is_damaged || found.contains(&format!("{name}: ")) || found.contains("cache/FORMAT says"),
                "{name} is not found: {done:?}\n{found}"
            );
        }
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

/// Returns what verify has to know again: objects and records, with their bytes.
fn held(project: &Project) -> Vec<(PathBuf, Vec<u8>)> {
    let files = ["objects", "records"].map(|shelf| files_below(&project.path("cache").join(shelf)));
    files.concat().into_iter().map(|path| (path.clone(), fs::read(path).expect("it is there"))).collect()
}

/// Returns what bytes say: of a number, one more digit may say the same.
fn says(bytes: &[u8]) -> Result<serde_json::Value, &[u8]> {
    serde_json::from_slice(bytes).map_err(|_| bytes)
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
