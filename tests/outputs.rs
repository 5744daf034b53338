use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Output, Project};

/// Runs one command with a file `f` and a folder `d` to write; returns why it failed.
fn refused(command: &str) -> String {
    let project = Project::new(&format!(
        "[stage.a]\noutputs = {{ f = \"f.txt\", d = \"d/\" }}\ncommand = '''echo a >> ~/log\n{command}'''\n"
    ));
    let events = project.events("run").exits(1);
    let failed = events.of_unit("stage-finished", "a");
    assert_eq!(failed["class"], "output", "{failed}");
    assert!(!project.path("cache/latest/a").exists());
    assert_eq!(project.ran().len(), 1);
    let _ = project.osteon("run").exits(1);
    assert_eq!(project.ran().len(), 1, "nothing was recorded");
    let message = failed["message"].as_str().unwrap();
    assert!(!message.contains("staging"), "the folder of an attempt is nobody's to know: {message}");
    message.to_owned()
}

#[test]
fn an_output_that_was_not_written_is_named() {
    assert_eq!(refused("touch {outputs.d}/x"), "it did not write its output `f`: f.txt");
    assert_eq!(refused("touch {outputs.f}; rmdir {outputs.d}"), "it did not write its output `d`: d");
}

#[test]
fn a_folder_is_no_file_and_a_file_is_no_folder() {
    assert_eq!(refused("mkdir {outputs.f}"), "its output `f` is a folder, declared as a file: f.txt");
    assert_eq!(
        refused("touch {outputs.f}; rmdir {outputs.d}; touch {outputs.d}"),
        "its output `d` is a file, declared as a folder: d"
    );
}

#[test]
fn what_is_no_file_folder_or_link_is_refused() {
    assert_eq!(refused("mkfifo {outputs.f}"), "its output `f`: `f.txt` is neither a file nor a folder");
    assert_eq!(
        refused("touch {outputs.f}; mkfifo {outputs.d}/pipe"),
        "its output `d`: `d/pipe` is neither a file, a folder nor a link"
    );
}

#[test]
fn a_link_is_no_output_wherever_it_leads() {
    for (command, told) in [
        ("ln -s /etc/hosts {outputs.f}", "`f` is a link to `/etc/hosts`: f.txt"),
        ("ln -s nowhere {outputs.f}", "`f` is a link to `nowhere`: f.txt"),
        ("touch {outputs.d}/x; ln -s {outputs.d}/x {outputs.f}", "`f` is a link to `d/x`: f.txt"),
        ("rmdir {outputs.d}; touch {outputs.f}; ln -s /etc {outputs.d}", "`d` is a link to `/etc`: d"),
    ] {
        assert_eq!(refused(command), format!("its output {told}; copy what it leads to (cp -rL)"));
    }
}

#[test]
fn what_lies_behind_a_link_is_not_taken() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "sub/o.txt" }
command = "ln -s ~/results {outputs.o}.link; mv {outputs.o}.link ~/link; rmdir $(dirname {outputs.o}); mv ~/link $(dirname {outputs.o}); echo ran >> ~/log"
[stage.b]
outputs = { o = "o.txt" }
command = "d=$(dirname {outputs.o}); rmdir $d; ln -s ~/results $d"
"#,
    );
    fs::create_dir(project.note("results")).unwrap();
    fs::write(project.note("results").join("o.txt"), "mine").unwrap();
    let failed = project.osteon("run -k").exits(1).stderr();
    assert_eq!(
        failed.matches("was replaced by a link; copy what that leads to (cp -r)").count(),
        2,
        "{failed}"
    );
    assert_eq!(fs::read_to_string(project.note("results").join("o.txt")).unwrap(), "mine");
}

#[test]
fn a_file_with_another_name_is_copied_and_the_other_stays_its_owners() {
    let project = Project::new(
        r#"
[source.raw]
path = "data.csv"
[stage.a]
inputs = { raw = "source.raw" }
outputs = { o = "o.csv", d = "d/" }
command = "ln -L {inputs.raw} {outputs.o}; ln -L {inputs.raw} {outputs.d}/x.csv; cd {outputs.d}; echo 2 > a; ln a b; chmod 000 a"
[stage.b]
inputs = { o = "a.o" }
outputs = { o = "o.csv" }
command = "ln -L {inputs.o} {outputs.o}"
"#,
    );
    project.write("data.csv", "1\n");
    project.ok("run");
    let mode = fs::metadata(project.path("data.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o200, 0o200, "it can still be written to");
    fs::write(project.path("data.csv"), "1\n2\n").unwrap();
    project.ok("cache verify");
    for (output, text) in [("a/o.csv", "1\n"), ("a/d/x.csv", "1\n"), ("a/d/b", "2\n"), ("b/o.csv", "1\n")] {
        assert_eq!(project.read(format!("cache/latest/{output}")), text);
    }
    project.ok("run");
    assert_eq!(project.read("cache/latest/b/o.csv"), "1\n2\n");
}

#[test]
fn a_link_that_a_killed_run_left_leads_to_nothing_of_ours() {
    let project = Project::new("[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo > {outputs.o}\"\n");
    fs::create_dir(project.note("results")).unwrap();
    fs::write(project.note("results").join("o.txt"), "mine").unwrap();
    project.ok("run");
    project.edit("echo >", "echo again >");
    std::os::unix::fs::symlink(project.note("results"), project.path("cache/staging/left")).unwrap();
    project.ok("run");
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(project.note("results").join("o.txt")).unwrap(), "mine");
}

#[test]
fn any_number_may_take_one_file_at_once() {
    let project = Project::new(
        r#"
[source.raw]
path = "data.bin"
[stage.a]
grid.axes = { i = [1, 2, 3, 4, 5, 6] }
params.i = "$i"
inputs = { raw = "source.raw" }
outputs = { o = "o.bin" }
command = "ln -L {inputs.raw} {outputs.o}"
"#,
    );
    fs::write(project.path("data.bin"), vec![7; 8 << 20]).unwrap();
    project.ok("run -k -j4");
}

#[test]
fn a_folder_too_deep_for_any_path_fails_its_stage_and_is_gone_after_it() {
    let project = Project::new(
        r#"
[stage.deep]
outputs = { d = "d/" }
command = """cd {outputs.d}; d=$(printf 'd/%.0s' $(seq 500)); mkdir a; for i in 1 2 3 4 5 6; do mkdir -p b/$d && mv a b/$d && mv b a; done"""
[stage.other]
outputs = { o = "o.txt" }
command = "echo > {outputs.o}"
"#,
    );
    let failed = project.osteon("run -k").exits(1).stderr();
    assert!(failed.contains("failed   'deep': its output `d`"), "{failed}");
    assert!(failed.contains("executed 1, hit 0, failed 1"), "{failed}");
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
    project.ok("cache gc --keep-runs 1");
}

#[test]
fn a_link_out_of_its_folder_is_refused() {
    for target in ["/etc/hosts", "../f.txt", "deep/../../f.txt", ".."] {
        assert_eq!(
            refused(&format!("touch {{outputs.f}}; ln -s {target} {{outputs.d}}/link")),
            "its output `d`: `d/link` is a link that points outside its folder",
            "{target}"
        );
    }
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_by_name() {
    assert_eq!(
        refused("touch {outputs.f}; touch \"$(printf 'caf\\351')\"; mv caf* {outputs.d}"),
        "its output `d`: `d/caf\u{FFFD}` has a name that is not UTF-8"
    );
}

#[test]
fn a_folder_keeps_its_files_links_and_programs() {
    let project = Project::new(
        r#"
[stage.make]
outputs = { d = "d/", p = "p.sh" }
command = """
echo make >> ~/log
cd {outputs.d}
mkdir -p deep/er empty
echo one > deep/er/file
ln -s deep/er/file link
ln -s ../link deep/back
printf '#!/bin/sh\necho program $1\n' > program
chmod +x program
cp program {outputs.p}
"""
[stage.use]
inputs  = { d = "make.d", p = "make.p" }
outputs = { o = "o.txt" }
command = """
echo use >> ~/log
{
  cat {inputs.d}/link {inputs.d}/deep/back
  readlink {inputs.d}/deep/back
  {inputs.d}/program a
  {inputs.p} b
  test ! -e {inputs.d}/empty && echo no empty folder
} > {outputs.o}
"""
"#,
    );
    project.ok("run");
    let told = "one\none\n../link\nprogram a\nprogram b\nno empty folder\n";
    assert_eq!(project.read("cache/latest/use/o.txt"), told);
    assert_eq!(project.read("cache/latest/make/d/deep/back"), "one\n");
    let program = std::fs::metadata(project.path("cache/latest/make/d/program")).unwrap();
    assert_eq!(program.permissions().mode() & 0o111, 0o111);
    project.ok("run");
    assert_eq!(project.ran(), ["make", "use"]);
}

#[test]
fn a_file_that_becomes_a_program_is_another_input() {
    let project = Project::new(
        r#"
[variables]
mode = "-x"
[stage.make]
params  = { mode = "$mode" }
outputs = { p = "p.sh" }
command = "echo 'echo hello' > {outputs.p}; chmod {params.mode} {outputs.p}"
[stage.use]
inputs  = { p = "make.p" }
outputs = { o = "o.txt" }
command = "echo use >> ~/log; sh {inputs.p} > {outputs.o}"
"#,
    );
    project.ok("run");
    project.ok("run -S mode=+x");
    assert_eq!(project.ran(), ["use", "use"]);
}

#[test]
fn an_output_may_lie_in_a_folder_and_be_empty() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { deep = "in/a/folder.txt", empty = "empty/" }
command = "touch {outputs.deep}"
"#,
    );
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/in/a/folder.txt"), "");
    assert!(project.path("cache/latest/a/empty").is_dir());
    let events = project.events("run").ok();
    assert_eq!(events.count("hit"), 1);
}

#[test]
fn what_is_not_declared_is_not_kept() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "echo o > {outputs.o}; echo p > $(dirname {outputs.o})/p.txt"
"#,
    );
    project.ok("run");
    assert_eq!(crate::support::cells_of(&project.path("cache/latest/a")), ["o.txt"]);
}

#[test]
fn artifacts_are_read_only() {
    let project = Project::new("[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo > {outputs.o}\"\n");
    project.ok("run");
    let mode = std::fs::metadata(project.path("cache/latest/a/o.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444);
}

#[test]
fn rights_that_a_command_takes_away_keep_nobody_from_anything() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { d = "d/", f = "deep/f.txt" }
command = """
echo a >> ~/log
mkdir -p {outputs.d}/in/side
echo 1 | tee {outputs.d}/in/side/x > {outputs.f}
chmod 000 {outputs.d}/in/side/x {outputs.f}
chmod 500 {outputs.d}/in/side
chmod 000 {outputs.d}/in
chmod 500 {outputs.d}; chmod 000 $(dirname {outputs.f})
test -e ~/well
"""
"#,
    );
    let run = || {
        project.command_of_nobody().map(|mut command| {
            command.arg("run");
            project.spawn(command).wait()
        })
    };
    for _ in 0..2 {
        let Some(failed) = run() else { return };
        let failed = failed.exits(1).stderr();
        assert!(failed.contains("it ended with exit code 1"), "{failed}");
        assert_eq!(project.ran(), ["a"], "what a failed attempt left is no obstacle");
    }
    project.leave("well");
    let _ran = run().map(Output::ok);
    assert_eq!(project.read("cache/latest/a/d/in/side/x"), "1\n");
    assert_eq!(project.read("cache/latest/a/deep/f.txt"), "1\n");
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
}

#[test]
fn a_folder_too_deep_for_a_link_between_is_read_as_any_other() {
    let project = Project::new(
        r#"
[stage.deep]
outputs = { d = "d/" }
command = """cd {outputs.d}; d=$(printf 'd/%.0s' $(seq 1400)); mkdir -p $d; echo 1 > ${d}f"""
[stage.next]
inputs = { d = "deep.d" }
outputs = { o = "o.txt" }
command = "cat $(find {inputs.d} -name f) > {outputs.o}"
"#,
    );
    project.ok("run");
    assert_eq!(project.read("cache/latest/next/o.txt"), "1\n");
    project.ok("run");
    project.ok("cache verify");
}
