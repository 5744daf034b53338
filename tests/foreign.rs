use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Project, files_below};

/// A project of one stage.
const ONE: &str = "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo one > {outputs.o}\"\n";

/// The name of a file as Git gives it with SHA-256: a digest, but not of these bytes.
const NAMED: &str = "ab/cdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789";

#[test]
fn what_a_run_does_not_touch_no_sweep_and_no_repair_touches() {
    for file in [
        "records/list.txt",
        "trees/oak.txt",
        "latest/model.pt",
        "runs/exp1/events.out",
        &format!("objects/{NAMED}"),
        &format!("records/{NAMED}.json"),
    ] {
        for cache in [None, Some("../shared")] {
            let project = Project::new(ONE);
            if let Some(shared) = cache {
                let mut command = project.command();
                command.arg("run").env("OSTEON_CACHE", shared);
                let _made = project.spawn(command).wait().ok();
                fs::remove_dir_all(project.path("cache")).unwrap();
            }
            project.write(&format!("cache/{file}"), "mine");
            for line in [
                "run",
                "cache verify --repair",
                "cache gc --keep-runs 1 --grace 0s",
                "cache gc --max-size 1B",
            ] {
                let mut command = project.command();
                command.args(line.split(' '));
                command.envs(cache.map(|shared| ("OSTEON_CACHE", shared)));
                let refused = project.spawn(command).wait().exits(2).stderr();
                assert!(refused.contains("is no cache of osteon"), "{line}: {refused}");
            }
            assert_eq!(project.read(format!("cache/{file}")), "mine");
        }
    }
}

#[test]
fn a_cache_that_lost_its_mark_is_known_by_what_it_holds() {
    for kept in ["records", "objects"] {
        let project = Project::new(ONE);
        project.ok("run");
        for entry in ["CACHEDIR.TAG", "FORMAT"] {
            fs::remove_file(project.path("cache").join(entry)).unwrap();
        }
        let other = if kept == "records" { "objects" } else { "records" };
        fs::remove_dir_all(project.path("cache").join(other)).unwrap();
        project.ok("run");
        project.ok("cache verify");
    }
}

#[test]
fn no_sweep_and_no_repair_goes_through_a_link() {
    for folder in ["staging", "scratch", "runs", "records", "trees", "objects"] {
        let project = Project::new(ONE);
        let elsewhere = project.note("elsewhere");
        fs::create_dir_all(elsewhere.join("2020/w")).unwrap();
        fs::write(elsewhere.join("2020/w/file"), "mine").unwrap();
        fs::write(elsewhere.join("thesis.tex"), "mine").unwrap();
        project.ok("run");
        let there = project.path("cache").join(folder);
        let _may_not_be_there = fs::remove_dir_all(&there);
        symlink(&elsewhere, &there).unwrap();
        project.edit("echo one", "echo two");
        for line in ["run", "cache gc --keep-runs 1 --grace 0s", "cache verify --repair", "run"] {
            let _mended = project.osteon(line);
        }
        for file in ["2020/w/file", "thesis.tex"] {
            assert!(files_below(&elsewhere).contains(&elsewhere.join(file)), "{folder}: {file}");
        }
    }
}

#[test]
fn a_file_that_somebody_put_beside_the_names_stays() {
    let project = Project::new(ONE);
    project.ok("run");
    project.write("cache/latest/a/notes.md", "mine");
    project.write("cache/latest/plots/fig1.png", "mine");
    project.edit("[stage.a]", "[stage.b]");
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/notes.md"), "mine");
    assert_eq!(project.read("cache/latest/plots/fig1.png"), "mine");
    assert!(!project.path("cache/latest/a/o.txt").is_symlink(), "a name of ours goes");
}
