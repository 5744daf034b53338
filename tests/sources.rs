use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Output, Project};

/// A project whose one stage lists what its source looks like, and shows all that is in it.
fn listing(path: &str) -> Project {
    let project = Project::new(&format!(
        r#"
[source.data]
path = {path}
[stage.list]
inputs  = {{ data = "source.data" }}
outputs = {{ o = "o.txt" }}
command = "echo list >> ~/log; (cd {{inputs.data}} && find -L . -type f | LC_ALL=C sort) > {{outputs.o}}"
"#
    ));
    for file in ["data/a.csv", "data/b.csv", "data/deep/c.csv", "data/deep/d.txt", "other/e.csv"] {
        project.write(file, file);
    }
    project
}

/// Returns what the stage of [`listing`] sees.
fn seen(project: &Project) -> Vec<String> {
    project.ok("run");
    project.read("cache/latest/list/o.txt").lines().map(|line| line.replacen("./", "", 1)).collect()
}

#[test]
fn a_file_and_a_folder_are_given_as_their_own_paths() {
    let project = Project::new(
        r#"
[source.file]
path = "data/a.csv"
[source.folder]
path = "data/"
[stage.a]
inputs  = { file = "source.file", folder = "source.folder" }
outputs = { o = "o.txt" }
command = "echo {inputs.file} {inputs.folder} > {outputs.o}"
"#,
    );
    project.write("data/a.csv", "");
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/o.txt"), "data/a.csv data\n");
}

#[test]
fn a_glob_is_a_folder_relative_to_the_part_before_its_first_wildcard() {
    assert_eq!(seen(&listing("\"data/*.csv\"")), ["a.csv", "b.csv"]);
    assert_eq!(seen(&listing("\"data/**/*.csv\"")), ["a.csv", "b.csv", "deep/c.csv"]);
    assert_eq!(seen(&listing("\"*/?.csv\"")), ["data/a.csv", "data/b.csv", "other/e.csv"]);
    assert_eq!(seen(&listing("\"data/[ab].csv\"")), ["a.csv", "b.csv"]);
}

#[test]
fn a_list_joins_files_folders_and_globs_and_leaves_out() {
    assert_eq!(seen(&listing("[\"data/a.csv\", \"other/*.csv\"]")), ["a.csv", "e.csv"]);
    assert_eq!(seen(&listing("[\"data\", \"!**/*.txt\"]")), ["data/a.csv", "data/b.csv", "data/deep/c.csv"]);
    assert_eq!(seen(&listing("[\"data/**/*\", \"!data/deep/**\"]")), ["a.csv", "b.csv"]);
    assert_eq!(seen(&listing("[\"!data/b.csv\", \"data/*.csv\"]")), ["a.csv"], "in whatever order");
}

#[test]
fn a_list_of_one_is_a_list() {
    assert_eq!(seen(&listing("[\"data/deep\"]")), ["deep/c.csv", "deep/d.txt"]);
    assert_eq!(seen(&listing("[\"data/a.csv\"]")), ["a.csv"]);
}

#[test]
fn a_source_has_the_folders_of_tools_left_out() {
    let project = listing("\"data\"");
    let all = ["a.csv", "b.csv", "deep/c.csv", "deep/d.txt"];
    assert_eq!(project.osteon("run").ok().stdout(), "");
    project.write("data/.git/config", "");
    project.write("data/deep/__pycache__/c.pyc", "");
    project.ok("run");
    assert_eq!(project.ran(), ["list"], "they are not part of what was read");
    for path in ["\"data/**/*\"", "[\"data\", \"!*.md\"]"] {
        let project = listing(path);
        project.write("data/.git/config", "");
        project.write("data/deep/__pycache__/c.pyc", "");
        let seen = seen(&project);
        assert!(
            seen.len() == all.len() && seen.iter().zip(all).all(|(seen, file)| seen.ends_with(file)),
            "{seen:?}"
        );
    }
}

#[test]
fn the_cache_is_left_out_of_a_source_that_it_lies_in() {
    let project = listing("\".\"");
    project.ok("run");
    project.ok("run");
    assert_eq!(project.ran(), ["list"]);
    let project = listing("\"**/*\"");
    // As those that a checkout has before the first run.
    project.write("cache/README.md", "");
    assert_eq!(seen(&project), seen(&project));
    assert_eq!(project.ran(), ["list"]);
}

#[test]
fn a_cache_that_holds_runs_alone_is_left_out_too() {
    let cache = tempfile::tempdir().unwrap();
    let project = listing("\".\"");
    for _ in 0..2 {
        let mut command = project.command();
        command.arg("run").env("OSTEON_CACHE", cache.path());
        let _ = project.spawn(command).wait().ok();
    }
    assert_eq!(project.ran(), ["list"]);
    let project = listing("\".\"");
    project.ok("run --cache off");
}

#[test]
fn a_file_that_is_new_gone_or_renamed_changes_a_source() {
    for path in ["\"data\"", "\"data/**/*\"", "[\"data\", \"other\"]"] {
        let project = listing(path);
        project.ok("run");
        project.write("data/new.csv", "new");
        project.ok("run");
        assert_eq!(project.ran(), ["list", "list"], "{path}");
        fs::rename(project.path("data/new.csv"), project.path("data/renamed.csv")).unwrap();
        project.ok("run");
        assert_eq!(project.ran(), ["list"], "{path}");
        fs::remove_file(project.path("data/renamed.csv")).unwrap();
        project.ok("run");
        assert!(project.ran().is_empty(), "{path}: as it was at first");
    }
}

#[test]
fn a_change_that_keeps_size_and_time_is_noticed() {
    let project = listing("\"data\"");
    project.ok("run");
    crate::support::damage(&project.path("data/a.csv"));
    project.ok("run");
    assert_eq!(project.ran(), ["list", "list"]);
}

#[test]
fn a_program_that_loses_its_bit_is_another_source() {
    let project = listing("\"data\"");
    let tool = project.path("data/a.csv");
    for mode in [0o755, 0o644, 0o700] {
        fs::set_permissions(&tool, fs::Permissions::from_mode(mode)).unwrap();
        project.ok("run");
    }
    assert_eq!(project.ran(), ["list", "list"], "who may execute it does not matter");
}

#[test]
fn links_are_followed() {
    let project = listing("\"data\"");
    symlink("../other", project.path("data/linked")).unwrap();
    symlink("../other/e.csv", project.path("data/f.csv")).unwrap();
    assert_eq!(seen(&project), ["a.csv", "b.csv", "deep/c.csv", "deep/d.txt", "f.csv", "linked/e.csv"]);
    project.write("other/e.csv", "changed");
    project.ok("run");
    assert_eq!(project.ran(), ["list", "list"]);
}

#[test]
fn a_link_into_its_own_folder_is_an_error_and_no_endless_walk() {
    let project = listing("\"data\"");
    symlink("..", project.path("data/deep/up")).unwrap();
    is_told(project.osteon("run"), &["`data/deep/up` is a link to a folder that it lies in"]);
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_by_name() {
    for path in ["\"data\"", "\"data/*\"", "[\"data\", \"other\"]"] {
        let project = listing(path);
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.csv");
        fs::write(project.path("data").join(name), "").unwrap();
        let output = project.osteon("run").exits(2);
        assert!(output.stderr().contains("caf\u{FFFD}.csv"), "{path}: {}", output.stderr());
        assert!(output.stderr().contains("not UTF-8"), "{path}: {}", output.stderr());
    }
}

#[test]
fn a_file_of_an_axis_is_a_cell() {
    let project = Project::new(
        r#"
[source.sheet]
path = "{group}/{subject}-{visit}.csv"
[stage.count]
grid    = "source.sheet"
inputs  = { sheet = "source.sheet" }
outputs = { n = "n.txt" }
command = "echo {inputs.sheet} >> ~/log; wc -c < {inputs.sheet} > {outputs.n}"
[stage.all]
inputs  = { sheets = "source.sheet[*]" }
outputs = { o = "o.txt" }
command = "echo all >> ~/log; ls {inputs.sheets} > {outputs.o}; cat {inputs.sheets}/* >> {outputs.o}"
"#,
    );
    for file in ["one/anna-1.csv", "one/anna-2.csv", "two/ben-1.csv", "two/notes.csv"] {
        project.write(file, &format!("{file}\n"));
    }
    project.ok("run");
    assert_eq!(project.ran(), ["all", "one/anna-1.csv", "one/anna-2.csv", "two/ben-1.csv"]);
    let files = [
        "group=one,subject=anna,visit=1.csv",
        "group=one,subject=anna,visit=2.csv",
        "group=two,subject=ben,visit=1.csv",
        "one/anna-1.csv",
        "one/anna-2.csv",
        "two/ben-1.csv",
    ];
    assert_eq!(project.read("cache/latest/all/o.txt").lines().collect::<Vec<_>>(), files);
    project.write("one/anna-2.csv", "y\n");
    project.ok("run");
    assert_eq!(project.ran(), ["all", "one/anna-2.csv"], "the other cells are what they were");
    project.write("two/ben-2.csv", "y\n");
    project.ok("run");
    assert_eq!(project.ran(), ["all"], "a file with the bytes of another is the same work");
    assert_eq!(project.read("cache/latest/count/group=two,subject=ben,visit=2/n.txt").trim(), "2");
}

#[test]
fn sources_are_never_copied_into_the_cache() {
    let project = listing("[\"data\", \"other\"]");
    project.ok("run");
    let objects = crate::support::files_below(&project.path("cache/objects"));
    assert!(objects.iter().all(|path| fs::read_to_string(path).unwrap() != "data/a.csv"));
}

#[test]
fn a_source_that_changes_while_a_stage_reads_it_fails_the_stage() {
    let read = r#"
[source.data]
path = PATH
[stage.a]
inputs  = { data = "source.data" }
outputs = { o = "o.txt" }
command = "echo a >> ~/log; test -e ~/quiet || echo more >> data/a.csv; cat data/a.csv > {outputs.o}"
"#;
    for path in ["\"data/a.csv\"", "\"data\"", "\"data/*.csv\""] {
        let project = Project::new(&read.replace("PATH", path));
        project.write("data/a.csv", "1\n");
        let events = project.events("run").exits(1);
        let failed = events.of_unit("stage-finished", "a");
        assert_eq!(
            (&failed["class"], &failed["message"]),
            (&"source".into(), &"source.data changed while it was read; run again".into())
        );
        assert!(!project.path("cache/latest/a").exists());
        project.leave("quiet");
        project.ok("run");
        assert_eq!(project.ran(), ["a", "a"], "{path}: nothing was recorded");
        assert_eq!(project.read("cache/latest/a/o.txt"), "1\nmore\n");
    }
}

#[test]
fn a_source_that_changes_while_a_kind_reads_it_fails_the_kind() {
    let project = Project::new(
        r#"
[source.data]
path = "data.csv"
[stage.a]
kind   = "block"
inputs = { after = "source.data" }
params = { name = "a" }
"#,
    );
    project.write("data.csv", "1\n");
    let run = project.start("run");
    crate::support::eventually("it runs", || project.note("running-a").exists());
    project.write("data.csv", "2\n");
    project.leave("go");
    let output = run.wait().exits(1);
    assert!(output.stderr().contains("source.data changed while it was read"), "{}", output.stderr());
}

#[test]
fn a_file_that_is_named_by_digits_is_asked_for_as_it_is_called() {
    let project = Project::new(
        r#"
[source.sheet]
path = "sheets/{subject}.csv"
[stage.count]
grid    = ["subject"]
inputs  = { sheet = "source.sheet" }
outputs = { o = "o.txt" }
command = "cat {inputs.sheet} > {outputs.o}"
[stage.one]
inputs  = { count = "count[subject=007].o" }
outputs = { o = "o.txt" }
command = "cat {inputs.count} > {outputs.o}"
"#,
    );
    project.write("sheets/007.csv", "1\n");
    project.write("sheets/7.csv", "2\n");
    project.ok("run one count[subject=7]");
    assert_eq!(project.read("cache/latest/one/o.txt"), "1\n");
    assert_eq!(project.read("cache/latest/count/subject=7/o.txt"), "2\n");
}

#[test]
fn a_pipe_is_no_source_and_nobody_waits_for_it() {
    for (path, at) in [("pipe", "pipe"), ("folder", "folder/pipe")] {
        let project = Project::new(&format!(
            "[source.s]\npath = {path:?}\n[stage.a]\ninputs = {{ s = \"source.s\" }}\noutputs = {{ o = \"o\" }}\ncommand = \"ls {{inputs.s}} > {{outputs.o}}\"\n"
        ));
        project.write("folder/file", "1");
        let made = std::process::Command::new("mkfifo").arg(project.path(at)).status().unwrap();
        assert!(made.success());
        let said = project.osteon("run").exits(2).stderr();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["neither a file nor a folder", "pipe", "source.s"] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn a_glob_lies_in_the_same_folder_in_every_run() {
    let project = Project::new(
        r#"
[source.s]
path = "data/*.txt"
[stage.a]
inputs  = { s = "source.s" }
outputs = { o = "o.txt" }
command = "echo {inputs.s} > {outputs.o}; cat {inputs.s}/*"
"#,
    );
    project.write("data/1.txt", "1\n");
    project.ok("run");
    let before = project.read("cache/latest/a/o.txt");
    assert!(!std::path::Path::new(before.trim()).exists(), "names of files may tell of people: none stays");
    let output = project.osteon("run -B").ok();
    assert!(!output.stderr().contains("not deterministic"), "{}", output.stderr());
    assert_eq!(project.read("cache/latest/a/o.txt"), before);
}

/// Asserts that a run is refused by a mistake at the path of the source, and that it says this.
fn is_told(output: Output, parts: &[&str]) {
    let said = output.exits(2).stderr().replace('│', "");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["source.data: ", "[pipeline.toml:3:8]", "take it away, or leave it out"].iter().chain(parts)
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_told_with_the_source_its_place_and_the_way_out() {
    for (path, told) in [
        ("\"data\"", "`data/dangling` is a link to `nowhere`"),
        ("\"data/*.csv\"", "`data/dangling` is a link to `nowhere`"),
        ("\"data/dangling\"", "`data/dangling` is a link to `nowhere`"),
        ("\"round\"", "`round` is a link to `round`"),
    ] {
        let project = listing(path);
        symlink("nowhere", project.path("data/dangling")).unwrap();
        symlink("round", project.path("round")).unwrap();
        is_told(project.osteon("run"), &[told, "leads nowhere"]);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_told_with_the_source_its_place_and_the_way_out() {
    for (path, closed) in
        [("\"data\"", "data/a.csv"), ("\"data/*\"", "data/a.csv"), ("\"data\"", "data/deep")]
    {
        let project = listing(path);
        let Some(mut command) = project.command_of_nobody() else { return };
        fs::set_permissions(project.path(closed), fs::Permissions::from_mode(0o000)).unwrap();
        command.arg("run");
        is_told(project.spawn(command).wait(), &[&format!("`{closed}` cannot be read"), "chmod u+r"]);
    }
}

#[test]
fn a_pattern_of_too_many_braces_is_refused_however_they_are_disguised() {
    for open in ["{", "{[}]", "{\\\\}"] {
        for depth in [17, 600, 100_000] {
            let deep = format!("*{}x{}", open.repeat(depth), "}".repeat(depth));
            let project = Project::new(&format!("[source.s]\npath = [\"{deep}\"]\n"));
            let said = project.osteon("run").exits(2).stderr();
            assert!(said.contains("too many braces"), "{said}");
        }
    }
}
