use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Events, Project, damage, eventually, files_below, truncate};

/// A file, a folder made from it, and a number made from that; the number does not change when they are made anew.
const CHAIN: &str = r#"
[source.raw]
path = "raw.txt"
[stage.file]
inputs  = { raw = "source.raw" }
outputs = { o = "o.txt" }
command = "echo file >> ~/log; echo talk; cat {inputs.raw} > {outputs.o}"
[stage.folder]
inputs  = { o = "file.o" }
outputs = { d = "d/" }
command = "echo folder >> ~/log; sed s/^/x/ {inputs.o} > {outputs.d}/x; echo y > {outputs.d}/y"
[stage.number]
inputs  = { d = "folder.d" }
outputs = { n = "n.txt" }
command = "echo number >> ~/log; cat {inputs.d}/* | wc -l > {outputs.n}"
"#;

fn chain() -> Project {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "a\n");
    project.ok("run");
    assert_eq!(project.ran(), ["file", "folder", "number"]);
    project
}

/// Returns the object that a name in `latest` leads to.
fn object(project: &Project, file: &str) -> PathBuf {
    fs::canonicalize(project.path(format!("cache/latest/{file}"))).unwrap()
}

/// Returns the record of the stage whose command contains `text`.
fn record(project: &Project, text: &str) -> PathBuf {
    let records = files_below(&project.path("cache/records"));
    records.into_iter().find(|path| fs::read_to_string(path).unwrap().contains(text)).unwrap()
}

/// Asserts that a run makes these anew, that all is well after it, and that another run has nothing to do.
fn heals(project: &Project, stages: &[&str]) {
    project.ok("run");
    assert_eq!(project.ran(), stages);
    assert_eq!(project.read("cache/latest/file/o.txt"), "a\n");
    assert_eq!(project.read("cache/latest/folder/d/x"), "xa\n");
    assert_eq!(project.read("cache/latest/folder/d/y"), "y\n");
    assert_eq!(project.read("cache/latest/number/n.txt").trim(), "2");
    project.ok("run");
    assert!(project.ran().is_empty());
}

#[test]
fn an_object_that_is_gone_is_made_again() {
    let project = chain();
    fs::remove_file(object(&project, "file/o.txt")).unwrap();
    heals(&project, &["file"]);
}

#[test]
fn an_object_that_was_cut_short_is_made_again() {
    let project = chain();
    truncate(&object(&project, "file/o.txt"));
    heals(&project, &["file"]);
}

#[test]
fn an_object_with_a_flipped_bit_is_made_again_even_if_its_time_is_put_back() {
    let project = chain();
    damage(&object(&project, "file/o.txt"));
    heals(&project, &["file"]);
}

#[test]
fn a_file_of_a_folder_that_is_damaged_is_made_again() {
    for harm in [damage, truncate, |path: &Path| fs::remove_file(path).unwrap()] {
        let project = chain();
        harm(&object(&project, "folder/d/y"));
        heals(&project, &["folder"]);
    }
}

#[test]
fn what_is_damaged_is_never_read() {
    let project = chain();
    damage(&object(&project, "file/o.txt"));
    project.edit("sed s/^/x/ {inputs.o} >", "sed 's/^/x/' {inputs.o} >");
    project.ok("run number");
    assert_eq!(project.ran(), ["file", "folder"], "the number reads what it read before");
    assert_eq!(project.read("cache/latest/folder/d/x"), "xa\n");
}

#[test]
fn bytes_that_nobody_needs_are_not_made_again() {
    let project = chain();
    fs::remove_file(object(&project, "file/o.txt")).unwrap();
    fs::remove_file(object(&project, "folder/d/x")).unwrap();
    project.ok("run number");
    assert!(project.ran().is_empty(), "the records still tell their digests");
    project.edit("cat {inputs.d}/* |", "cat {inputs.d}/*  |");
    project.ok("run number");
    assert_eq!(project.ran(), ["file", "folder", "number"]);
}

#[test]
fn a_record_that_is_gone_runs_its_stage_again() {
    let project = chain();
    fs::remove_file(record(&project, "echo folder")).unwrap();
    heals(&project, &["folder"]);
}

#[test]
fn a_damaged_record_runs_its_stage_again() {
    for harm in [damage, truncate] {
        let project = chain();
        harm(&record(&project, "echo folder"));
        heals(&project, &["folder"]);
    }
}

#[test]
fn a_record_that_names_other_bytes_is_not_believed() {
    let project = chain();
    let path = record(&project, "echo number");
    let text = fs::read_to_string(&path).unwrap();
    let made = object(&project, "number/n.txt");
    let digest = |path: &Path| {
        let parts: Vec<_> =
            path.iter().rev().take(2).map(|part| part.to_string_lossy().into_owned()).collect();
        parts[1].clone() + &parts[0]
    };
    let other = digest(&object(&project, "file/o.txt"));
    assert!(text.contains(&digest(&made)));
    fs::write(&path, text.replace(&digest(&made), &other)).unwrap();
    heals(&project, &["number"]);
}

#[test]
fn a_record_under_the_name_of_another_key_is_not_believed() {
    let project = chain();
    let (from, to) = (record(&project, "echo number"), record(&project, "echo file"));
    fs::copy(from, to).unwrap();
    heals(&project, &["file"]);
}

#[test]
fn the_index_and_the_trees_may_be_deleted_at_any_time() {
    let project = chain();
    fs::remove_file(project.path("cache/index")).unwrap();
    heals(&project, &[]);
    fs::remove_dir_all(project.path("cache/trees")).unwrap();
    heals(&project, &[]);
    fs::write(project.path("cache/index"), "nonsense\n").unwrap();
    heals(&project, &[]);
}

#[test]
fn a_folder_that_lost_a_link_is_laid_out_again() {
    let project = chain();
    fs::remove_file(project.path("cache/latest/folder/d/x")).unwrap();
    project.edit("cat {inputs.d}/* |", "cat  {inputs.d}/* |");
    heals(&project, &["number"]);
}

#[test]
fn what_a_command_writes_into_its_input_reaches_nobody_else() {
    let project = chain();
    project.edit("cat {inputs.d}/* |", "echo > {inputs.d}/z; cat {inputs.d}/[xy] |");
    let said = project.osteon("run").exits(1).stderr();
    assert!(said.contains("its input `d` (d) was changed while it ran"), "{said}");
    let _ = project.ran();
    project.edit("echo > {inputs.d}/z; cat {inputs.d}/[xy] |", "cat  {inputs.d}/* |");
    heals(&project, &["number"]);
}

#[test]
fn what_a_command_wrote_into_its_input_is_told_of_it_though_another_stage_was_given_the_folder_anew() {
    let project = Project::new(
        r#"
[stage.folder]
outputs = { d = "d/" }
command = "echo > {outputs.d}/x"
[stage.writer]
inputs  = { d = "folder.d" }
outputs = { n = "n.txt" }
command = "echo > {inputs.d}/z; ls {inputs.d} > {outputs.n}; touch ~/written; until test -e ~/read; do sleep 0.01; done"
[stage.later]
outputs = { o = "o.txt" }
command = "until test -e ~/written; do sleep 0.01; done; echo > {outputs.o}"
[stage.reader]
inputs  = { d = "folder.d", o = "later.o" }
outputs = { n = "n.txt" }
command = "ls {inputs.d} > {outputs.n}; touch ~/read"
"#,
    );
    let said = project.osteon("run -j3 -k").exits(1).stderr();
    assert!(said.contains("'writer': its input `d` (d) was changed while it ran"), "{said}");
    assert_eq!(project.read("cache/latest/reader/n.txt"), "x\n");
}

/// A stage whose output nobody asked for, and one that reads it.
const LOST: &str = r#"
[variables]
salt = 0
[stage.a]
outputs = { d = "d/" }
command = "test -e fail && exit 3; echo a >> ~/log; echo hi > {outputs.d}/x"
[stage.b]
inputs = { d = "a.d" }
params = { s = "$salt" }
outputs = { o = "o.txt" }
command = "echo b >> ~/log; cat {inputs.d}/x > {outputs.o}; echo {params.s} >> {outputs.o}"
"#;

#[test]
fn a_folder_that_is_gone_or_damaged_is_made_again_for_who_reads_it() {
    let damages: [fn(&Path); 2] = [|tree| fs::remove_file(tree).unwrap(), |tree| damage(tree)];
    for spoil in damages {
        let project = Project::new(LOST);
        project.ok("run");
        let _ = project.ran();
        // The folder laid out for a tree object is named as the object is.
        let trees = fs::canonicalize(project.path("cache/trees")).unwrap();
        let laid_out = object(&project, "a/d");
        let name = laid_out.strip_prefix(trees).unwrap();
        spoil(&project.path("cache/objects").join(name));
        project.ok("run b -S salt=1");
        assert_eq!(project.ran(), ["a", "b"]);
        assert_eq!(project.read("cache/latest/b/o.txt"), "hi\n1\n");
    }
}

#[test]
fn what_cannot_be_made_again_has_no_name() {
    let project = Project::new(&LOST.replace("{ d = \"d/\" }", "{ d = \"d.txt\" }").replace("d}/x", "d}"));
    project.ok("run");
    fs::remove_file(object(&project, "a/d.txt")).unwrap();
    fs::remove_dir_all(project.path("cache/latest/a")).unwrap();
    project.write("fail", "");
    let _fails = project.osteon("run b -S salt=1").exits(1);
    assert!(!project.path("cache/latest/a/d.txt").is_symlink());
}

#[test]
fn latest_may_be_deleted_and_comes_back() {
    let project = chain();
    fs::remove_dir_all(project.path("cache/latest")).unwrap();
    heals(&project, &[]);
}

#[test]
fn each_folder_of_the_cache_may_be_deleted() {
    for (folder, stages) in [
        ("objects", &["file", "folder", "number"][..]),
        ("records", &["file", "folder", "number"]),
        ("runs", &[]),
        ("scratch", &[]),
        ("pins", &[]),
    ] {
        let project = chain();
        fs::remove_dir_all(project.path("cache").join(folder)).unwrap();
        heals(&project, stages);
    }
}

#[test]
fn each_working_folder_of_the_cache_may_be_deleted() {
    for folder in ["staging", "locks"] {
        let project = chain();
        fs::remove_dir_all(project.path("cache").join(folder)).unwrap();
        heals(&project, &[]);
    }
}

#[test]
fn the_whole_cache_may_be_deleted() {
    let project = chain();
    fs::remove_dir_all(project.path("cache")).unwrap();
    heals(&project, &["file", "folder", "number"]);
}

#[test]
fn a_damaged_log_does_not_stop_a_run() {
    let project = chain();
    let log = files_below(&project.path("cache/objects"));
    let log = log.into_iter().find(|path| fs::read_to_string(path).unwrap() == "talk\n").unwrap();
    fs::remove_file(log).unwrap();
    heals(&project, &[]);
}

#[test]
fn what_is_lost_below_a_failure_is_skipped_and_nobody_waits_for_it() {
    let project = Project::new(
        r#"
[variables]
round = "one"
[stage.base]
outputs = { o = "o.txt" }
command = "test ! -e ~/harm && echo base > {outputs.o}"
[stage.middle]
inputs  = { o = "base.o" }
outputs = { o = "o.txt" }
command = "cat {inputs.o} > {outputs.o}; echo middle >> {outputs.o}"
[stage.other]
inputs  = { o = "base.o" }
params  = { round = "$round" }
outputs = { o = "o.txt" }
command = "cat {inputs.o} > {outputs.o}"
[stage.slow]
kind   = "block"
params = { name = "$round" }
[stage.end]
inputs  = { o = "middle.o", done = "slow.done" }
outputs = { o = "o.txt" }
command = "cat {inputs.o} {inputs.done} > {outputs.o}"
"#,
    );
    project.leave("go");
    project.ok("run");
    fs::remove_file(project.note("go")).unwrap();
    for file in ["base/o.txt", "middle/o.txt"] {
        fs::remove_file(object(&project, file)).unwrap();
    }
    project.leave("harm");
    // The other stage finds that the base is lost; when the last one finds what else is, the base has failed.
    let run = project.start("run -k other end -S round=two --message-format json");
    eventually("it runs", || project.note("running-two").exists());
    eventually("the base failed", || run.printed().contains("\"failed\""));
    project.leave("go");
    let events = Events::of(run.wait()).exits(1);
    for (unit, outcome) in [("other", "skipped"), ("slow", "executed"), ("end", "skipped")] {
        assert_eq!(events.of_unit("stage-finished", unit)["outcome"], outcome);
    }
    fs::remove_file(project.note("harm")).unwrap();
    project.ok("run other end -S round=two");
    assert_eq!(project.read("cache/latest/end/o.txt"), "base\nmiddle\ntwo");
}

#[test]
fn a_folder_that_lies_where_the_names_of_the_last_sweep_were_goes() {
    let project = chain();
    let names = project.path("cache/runs/latest.swept");
    fs::remove_file(&names).unwrap();
    fs::create_dir(&names).unwrap();
    fs::remove_file(project.path("cache/latest/number/n.txt")).unwrap();
    heals(&project, &[]);
    assert!(names.is_file());
}

#[test]
fn a_command_that_writes_into_its_input_fails_and_nothing_is_recorded_of_other_bytes() {
    let project = Project::new(
        r#"
[stage.make]
outputs = { o = "o.txt" }
command = "echo make >> ~/log; echo 1 > {outputs.o}"
[stage.writer]
inputs  = { o = "make.o" }
outputs = { x = "x" }
command = "echo writer >> ~/log; chmod u+w {inputs.o}; echo evil >> {inputs.o}; echo > {outputs.x}"
[stage.after]
inputs  = { o = "make.o", x = "writer.x" }
outputs = { x = "x" }
command = "echo after >> ~/log; cat {inputs.o} > {outputs.x}"
"#,
    );
    let said = project.osteon("run -k").exits(1).stderr();
    assert!(said.contains("its input `o` (o.txt) was changed while it ran"), "{said}");
    assert_eq!(project.ran(), ["make", "writer"]);
    project.edit("chmod u+w {inputs.o}; echo evil >> {inputs.o}; ", "");
    project.ok("run");
    assert_eq!(project.ran(), ["after", "make", "writer"]);
    assert_eq!(project.read("cache/latest/after/x"), "1\n");
}
