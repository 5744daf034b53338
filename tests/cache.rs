use std::fs;

use insta::assert_snapshot;

use crate::support::{Project, cells_of, files_below};

const CELLS: &str = r#"
[stage.cell]
grid.axes = { x = [1, 2, 3] }
params    = { x = "$x" }
outputs   = { o = "o.txt", d = "d/" }
command   = "echo cell >> ~/log; echo {params.x} | tee {outputs.o} > {outputs.d}/in.csv"
[stage.all]
inputs    = { cells = "cell[x=*].o" }
outputs   = { o = "o.txt" }
command   = "echo all >> ~/log; cat {inputs.cells}/* > {outputs.o}"
"#;

fn cells() -> Project {
    let project = Project::new(CELLS);
    project.ok("run");
    assert_eq!(project.ran(), ["all", "cell", "cell", "cell"]);
    project
}

#[test]
fn latest_holds_what_people_open_by_stage_and_cell() {
    let project = cells();
    assert_eq!(cells_of(&project.path("cache/latest")), ["all", "cell"]);
    assert_eq!(cells_of(&project.path("cache/latest/cell")), ["x=1", "x=2", "x=3"]);
    assert_eq!(project.read("cache/latest/cell/x=2/o.txt"), "2\n");
    assert_eq!(project.read("cache/latest/cell/x=3/d/in.csv"), "3\n");
    assert_eq!(project.read("cache/latest/all/o.txt"), "1\n2\n3\n");
}

#[test]
fn links_of_latest_stay_right_when_the_project_moves() {
    let project = cells();
    let moved = project.path("").with_file_name("moved");
    fs::rename(project.path(""), &moved).unwrap();
    assert_eq!(fs::read_to_string(moved.join("cache/latest/cell/x=2/o.txt")).unwrap(), "2\n");
    assert_eq!(fs::read_to_string(moved.join("cache/latest/cell/x=2/d/in.csv")).unwrap(), "2\n");
    fs::rename(moved, project.path("")).unwrap();
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn a_complete_run_removes_the_links_of_cells_that_are_gone() {
    let project = cells();
    project.edit("[1, 2, 3]", "[2, 4]");
    project.edit("[stage.all]", "[stage.every]");
    project.ok("run cell");
    assert_eq!(cells_of(&project.path("cache/latest/cell")), ["x=1", "x=2", "x=3", "x=4"], "not complete");
    project.ok("run");
    assert_eq!(cells_of(&project.path("cache/latest/cell")), ["x=2", "x=4"]);
    assert_eq!(cells_of(&project.path("cache/latest")), ["cell", "every"]);
}

/// A stage that writes a folder, and one that reads it.
const FOLDER: &str = r#"
[stage.make]
outputs = { d = "d/" }
command = "echo one > {outputs.d}/x.txt"
[stage.read]
inputs  = { d = "make.d" }
outputs = { o = "o.txt" }
command = "cat {inputs.d}/* > {outputs.o}"
"#;

/// A stage that writes a file of the same path, in a folder of its own.
const FILE: &str = r#"
[stage.make]
outputs = { x = "d/x.txt" }
command = "echo two > {outputs.x}"
"#;

#[test]
fn a_folder_of_latest_may_become_a_file_in_one_and_harms_no_artifact() {
    let project = Project::new(FOLDER);
    project.ok("run make");
    project.write("pipeline.toml", FILE);
    project.ok("run");
    assert_eq!(project.read("cache/latest/make/d/x.txt"), "two\n");
    project.write("pipeline.toml", FOLDER);
    project.ok("run");
    assert_eq!(project.read("cache/latest/make/d/x.txt"), "one\n");
    assert_eq!(project.read("cache/latest/read/o.txt"), "one\n");
}

#[test]
fn a_file_in_a_folder_of_latest_may_become_a_folder() {
    let project = Project::new(FILE);
    project.ok("run");
    project.write("pipeline.toml", FOLDER);
    project.ok("run");
    assert_eq!(project.read("cache/latest/make/d/x.txt"), "one\n");
}

#[test]
fn a_hit_updates_latest_too() {
    let project = cells();
    project.edit("echo {params.x} |", "echo {params.x}0 |");
    project.ok("run");
    assert_eq!(project.read("cache/latest/cell/x=2/o.txt"), "20\n");
    project.edit("echo {params.x}0 |", "echo {params.x} |");
    let _ = project.ran();
    project.ok("run");
    assert!(project.ran().is_empty());
    assert_eq!(project.read("cache/latest/cell/x=2/o.txt"), "2\n");
}

#[test]
fn another_cache_is_shared_by_two_projects_and_latest_stays_at_home() {
    let (one, two) = (Project::new(CELLS), Project::new(CELLS));
    let cache = tempfile::tempdir().unwrap();
    for (project, executed) in [(&one, 4), (&two, 0)] {
        let mut command = project.command();
        command.arg("run").env("OSTEON_CACHE", cache.path());
        let _ = project.spawn(command).wait().ok();
        assert_eq!(project.ran().len(), executed);
        assert_eq!(cells_of(&project.path("cache")), ["CACHEDIR.TAG", "latest", "runs"]);
        assert_eq!(project.read("cache/latest/cell/x=3/o.txt"), "3\n");
        assert_eq!(project.read("cache/latest/cell/x=3/d/in.csv"), "3\n");
    }
    assert!(!cells_of(cache.path()).contains(&"latest".to_owned()));
}

#[test]
fn a_relative_cache_lies_beside_the_manifest() {
    let project = Project::new(CELLS);
    let mut command = project.command();
    command.args(["-C", "project", "run"]).current_dir(project.path("..")).env("OSTEON_CACHE", "../shared");
    let _ = project.spawn(command).wait().ok();
    assert!(project.path("../shared/FORMAT").exists());
}

#[test]
fn a_cache_that_is_only_read_serves_hits_and_keeps_nothing() {
    let project = Project::new(CELLS);
    project.ok("run cell[x=1]");
    let _ = project.ran();
    let before = files_below(&project.path("cache"));
    let events = project.events("run --cache ro").ok();
    assert_eq!(project.ran(), ["all", "cell", "cell"]);
    assert_eq!(events.count("hit"), 1);
    assert!(!project.path("cache/latest/all").exists());
    let after = files_below(&project.path("cache")).into_iter().filter(|path| !before.contains(path));
    assert!(
        after.clone().all(|path| path.starts_with(project.path("cache/runs"))),
        "{:?}",
        after.collect::<Vec<_>>()
    );
    project.ok("run");
    assert_eq!(project.ran(), ["all", "cell", "cell"], "nothing was kept");
}

#[test]
fn a_cache_that_is_off_serves_nothing_and_keeps_nothing() {
    let project = cells();
    let records = files_below(&project.path("cache/records"));
    let events = project.events("run --cache off").ok();
    assert_eq!(project.ran(), ["all", "cell", "cell", "cell"]);
    assert_eq!(events.count("executed"), 4);
    assert_eq!(records, files_below(&project.path("cache/records")));
    let fresh = Project::new(CELLS);
    fresh.ok("run --cache off");
    assert_eq!(cells_of(&fresh.path("cache")), ["CACHEDIR.TAG", "runs"]);
}

#[test]
fn a_cache_marks_itself_and_its_version() {
    let project = cells();
    assert!(project.read("cache/CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
    assert_eq!(project.read("cache/FORMAT"), "osteon cache 1\n");
    project.write("cache/FORMAT", "osteon cache 2\n");
    let output = project.osteon("run").exits(2);
    assert_snapshot!(output.text(), @r#"
    exit 2
    ── stderr
    error: [PROJECT]/cache/FORMAT says "osteon cache 2", and this program knows "osteon cache 1": use the program that wrote it, or another cache (OSTEON_CACHE)
    "#);
}

#[test]
fn a_cache_whose_version_is_damaged_is_mended() {
    let project = cells();
    let _ = project.ran();
    for damaged in ["", "osteon cach", "\u{0}\u{0}\u{0}"] {
        project.write("cache/FORMAT", damaged);
        let verified = project.osteon("cache verify").exits(5);
        assert!(verified.stdout().contains("cache/FORMAT: it tells no layout"), "{}", verified.text());
        project.ok("run");
        assert_eq!(project.read("cache/FORMAT"), "osteon cache 1\n");
        project.write("cache/FORMAT", damaged);
        project.ok("cache verify --repair");
        project.ok("run");
        project.ok("cache verify");
    }
    assert!(project.ran().is_empty(), "nothing was lost");
}

#[test]
fn empty_folders_are_nobodys() {
    let project = Project::new(CELLS);
    for folder in ["staging/left", "objects/ab", "latest", "latest@large/fit", "runs"] {
        std::fs::create_dir_all(project.path("cache").join(folder)).unwrap();
    }
    project.ok("run");
    project.ok("cache verify");
}

#[test]
fn every_object_equals_its_name() {
    let project = cells();
    let objects = files_below(&project.path("cache/objects"));
    assert!(objects.len() >= 5);
    for path in objects {
        let parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
        let digest = contract::Digest::of(&fs::read(&path).unwrap()).to_string();
        assert_eq!(format!("{}{}", parts[1], parts[0]), digest);
    }
}

#[test]
fn what_the_cache_holds_is_told_by_name() {
    let project = cells();
    let output = project.osteon("cache stat").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    what  records  artifacts  size
    all         1          1   6 B
    cell        3          6  12 B

    4 records, 7 objects of 393 B in [PROJECT]/cache
    ");
    let empty = Project::new(CELLS).osteon("cache stat").ok();
    assert_snapshot!(empty.text(), @"
    exit 0
    ── stdout
    what  records  artifacts  size

    0 records, 0 objects of 0 B in [PROJECT]/cache
    ");
}

#[test]
fn a_folder_of_somebody_else_is_no_cache() {
    for file in ["latest/mine/model.pt", "staging/raw.csv", "index/vectors.bin", "latest@smoke/x"] {
        let project = Project::new(ONE);
        project.write(&format!("cache/{file}"), "mine");
        let refused = project.osteon("run").exits(2).stderr();
        assert!(refused.contains("is no cache of osteon") && refused.contains("OSTEON_CACHE"), "{refused}");
        assert_eq!(project.read(format!("cache/{file}")), "mine");
    }
    let project = Project::new(ONE);
    project.write("cache/notes.txt", "mine");
    project.ok("run");
    assert_eq!(project.read("cache/notes.txt"), "mine");
}

#[test]
fn what_a_link_in_the_cache_leads_to_is_not_swept() {
    for folder in ["latest", "staging"] {
        let project = Project::new(ONE);
        project.ok("run");
        fs::remove_dir_all(project.path("cache").join(folder)).unwrap();
        fs::create_dir_all(project.note("elsewhere/sub")).unwrap();
        fs::write(project.note("elsewhere/sub/file"), "mine").unwrap();
        std::os::unix::fs::symlink(project.note("elsewhere"), project.path("cache").join(folder)).unwrap();
        project.edit("echo one", "echo two");
        project.ok("run");
        assert_eq!(fs::read_to_string(project.note("elsewhere/sub/file")).unwrap(), "mine", "{folder}");
    }
}

/// A project of one stage.
const ONE: &str = "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo one > {outputs.o}\"\n";

#[test]
fn what_a_killed_run_never_renamed_is_swept_when_it_is_old() {
    let project = cells();
    for (name, age) in [(".tmpYoung0", 60), (".tmpOld000", 7200)] {
        project.write(&format!("cache/{name}"), "half");
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        fs::File::open(project.path("cache").join(name)).unwrap().set_modified(then).unwrap();
    }
    project.ok("run -B");
    assert!(project.path("cache/.tmpYoung0").exists() && !project.path("cache/.tmpOld000").exists());
}
