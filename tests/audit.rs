use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Project, strace};

/// Returns a project whose one stage has a source and runs this command; some files lie about.
fn stage(command: &str) -> Project {
    let project = Project::new(&format!(
        r#"
[source.data]
path = "data"
[stage.a]
inputs  = {{ data = "source.data" }}
outputs = {{ o = "o.txt" }}
command = '''
{command}
'''
"#
    ));
    for file in ["data/one.csv", "data/two.csv", "extra.csv", "sub/deep.csv", "tool.sh"] {
        project.write(file, &format!("echo {file}\n"));
    }
    project
}

/// Returns what an audit tells of the stage: what it reads and what it writes.
fn audit(project: &Project) -> (Vec<String>, Vec<String>) {
    let events = project.events("run --audit -B").ok();
    let audited = events.of_unit("stage-audited", "a");
    let home = project.note("").display().to_string();
    let names = |field: &str| {
        let names = audited[field].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().replace(&home, "~/")).collect()
    };
    (names("reads"), names("writes"))
}

/// Returns what an audit tells of a stage that runs this command.
fn audited(command: &str) -> (Vec<String>, Vec<String>) {
    audit(&stage(command))
}

/// Returns what a stage reads that writes nothing beside its outputs.
fn reads(command: &str) -> Vec<String> {
    let (reads, writes) = audited(command);
    assert!(writes.is_empty(), "{writes:?}");
    reads
}

fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const NONE: [&str; 0] = [];

#[test]
fn what_is_declared_is_not_told() {
    if !strace() {
        return;
    }
    let command =
        "cat {inputs.data}/one.csv {inputs.data}/../data/two.csv > {outputs.o}; ls sub >> {outputs.o}";
    assert_eq!(reads(command), NONE);
    let command = "cat none.csv; cd sub; test -e deep.csv; true > {outputs.o}";
    assert_eq!(reads(command), NONE, "looking is not reading");
    let command = "echo x > $TMPDIR/t; cat $TMPDIR/t > {outputs.o}; rm $TMPDIR/t; echo > /dev/null";
    assert_eq!(reads(command), NONE, "a temporary file is its own");
}

#[test]
fn what_no_input_declares_is_named_with_the_lines_to_add() {
    if !strace() {
        return;
    }
    let project = stage(
        "sh tool.sh > {outputs.o}; cat extra.csv sub/deep.csv /etc/hostname >> {outputs.o}; echo a >> ~/log",
    );
    let output = project.osteon("run --audit").ok();
    let home = project.note("").display().to_string();
    assert_snapshot!(output.stderr().replace(&home, "~/"), @r#"
    executed 'a' in [TIME]
    warning: 'a' reads what no input declares:
        extra.csv
        sub/deep.csv
        tool.sh
      add
        [source.extra]
        path = "extra.csv"
        [source.deep]
        path = "sub/deep.csv"
        [source.tool]
        path = "tool.sh"
      and to the inputs of [stage.a], for its command to use
        extra = "source.extra"
        deep = "source.deep"
        tool = "source.tool"
    warning: 'a' writes beside its outputs:
        ~/log
      declare it under outputs and write to {outputs.…}, or write below $TMPDIR
    audited 1 command
    executed 1, hit 0 in [TIME]
    "#);
    assert_eq!(project.ran(), ["a"], "it runs and is recorded as ever");
    let output = project.osteon("run --audit").ok();
    assert_snapshot!(output.stderr(), @r"
    audited 0 commands; 1 hit was not audited: -B audits all
    executed 0, hit 1 in [TIME]
    ");
    assert!(project.ran().is_empty());
}

#[test]
fn of_many_files_those_of_the_project_are_named_first() {
    if !strace() {
        return;
    }
    let project =
        stage("cat ~/many/* zebra.csv > {outputs.o}; echo > /tmp/osteon-audit; rm /tmp/osteon-audit");
    project.write("zebra.csv", "");
    fs::create_dir(project.note("many")).unwrap();
    for file in 10..22 {
        project.leave(&format!("many/{file}"));
    }
    let output = project.osteon("run --audit").ok();
    let home = project.note("").display().to_string();
    assert_snapshot!(output.stderr().replace(&home, "~/"), @r#"
    executed 'a' in [TIME]
    warning: 'a' reads what no input declares:
        zebra.csv
        ~/many/10
        ~/many/11
        ~/many/12
        ~/many/13
        ~/many/14
        ~/many/15
        ~/many/16
        ~/many/17
        ~/many/18
        and 3 more
      add
        [source.zebra]
        path = "zebra.csv"
      and to the inputs of [stage.a], for its command to use
        zebra = "source.zebra"
    warning: 'a' writes beside its outputs:
        /tmp/osteon-audit
      declare it under outputs and write to {outputs.…}, or write below $TMPDIR
    audited 1 command
    executed 1, hit 0 in [TIME]
    "#);
}

#[test]
fn a_file_that_is_a_source_already_needs_no_other() {
    if !strace() {
        return;
    }
    let project = stage("cat extra.csv data/one.csv > {outputs.o}");
    let manifest = project.read("pipeline.toml");
    project.write("pipeline.toml", &format!("[source.more]\npath = \"extra.csv\"\n{manifest}"));
    assert_snapshot!(project.osteon("run --audit").ok().stderr(), @r#"
    executed 'a' in [TIME]
    warning: 'a' reads what no input declares:
        extra.csv
      and to the inputs of [stage.a], for its command to use
        more = "source.more"
    audited 1 command
    executed 1, hit 0 in [TIME]
    "#);
}

#[test]
fn children_and_their_children_are_seen() {
    if !strace() {
        return;
    }
    let command = "sh -c \"(cat extra.csv; true) | cat\" > {outputs.o}";
    assert_eq!(reads(command), ["extra.csv"]);
    assert_eq!(reads("cat extra.csv > {outputs.o} & wait"), ["extra.csv"]);
}

#[test]
fn names_are_told_from_the_manifest_wherever_a_command_goes() {
    if !strace() {
        return;
    }
    assert_eq!(reads("(cd sub && cat deep.csv ../extra.csv) > {outputs.o}"), ["extra.csv", "sub/deep.csv"]);
    let command = "cd sub; mkdir new; cd new; echo > ../x; mv ../x ../y; rm ../y; echo > {outputs.o}";
    assert_eq!(audited(command).1, ["sub/new", "sub/x", "sub/y"]);
}

#[test]
fn a_read_through_a_link_is_told_by_where_it_leads() {
    if !strace() {
        return;
    }
    let project = stage("cat link.csv data/inner.csv good.csv > {outputs.o}");
    symlink("sub/deep.csv", project.path("link.csv")).unwrap();
    symlink("data/one.csv", project.path("good.csv")).unwrap();
    symlink("../extra.csv", project.path("data/inner.csv")).unwrap();
    assert_eq!(audit(&project).0, ["sub/deep.csv"], "a link in a source is followed when it is hashed");
}

#[test]
fn what_lies_outside_of_the_project_is_told_by_its_whole_name() {
    if !strace() {
        return;
    }
    let project = stage("cat ~/notes.txt ~/.cache/x > {outputs.o}; mkdir -p ~/.cache/y");
    fs::create_dir(project.note(".cache")).unwrap();
    project.leave("notes.txt");
    project.leave(".cache/x");
    let told = (vec!["~/notes.txt".to_owned()], vec![]);
    assert_eq!(audit(&project), told, "hidden folders of the home are the tools' own");
}

#[test]
fn a_program_of_the_project_is_read_and_one_that_is_installed_is_not() {
    if !strace() {
        return;
    }
    let project =
        stage("./run.sh > {outputs.o}; ~/tools/tool >> {outputs.o}; ~/prefix/bin/other >> {outputs.o}");
    program(&project.path("run.sh"), "#!/bin/sh\necho\n");
    program(&project.note("tools/tool"), "#!/bin/sh\necho\n");
    program(&project.note("prefix/bin/other"), "#!/bin/sh\ncat ~/prefix/share/data\n");
    program(&project.note("prefix/share/data"), "");
    assert_eq!(audit(&project).0, ["~/tools/tool", "run.sh"]);
    let mut command = project.command();
    let path = std::env::var("PATH").unwrap_or_default();
    command.args(["run", "--audit", "-B"]).env("PATH", format!("{}:{path}", project.note("tools").display()));
    let on_path = project.spawn(command).wait().ok().stderr();
    assert!(on_path.contains("run.sh") && !on_path.contains("tools/tool"), "{on_path}");
}

#[test]
fn an_artifact_of_another_stage_is_named_as_it_was_asked_for() {
    if !strace() {
        return;
    }
    let project = Project::new(
        r#"
[stage.first]
outputs = { o = "o.txt", d = "d/" }
command = "echo 1 > {outputs.o}; echo 2 > {outputs.d}/x; cp /bin/true {outputs.d}/program"
[stage.a]
inputs  = { d = "first.d" }
outputs = { o = "o.txt" }
command = "cat cache/latest/first/o.txt {inputs.d}/x > {outputs.o}; {inputs.d}/program"
[stage.private]
private = true
inputs  = { "in/x" = "first.o", d = "first.d" }
outputs = { o = "o.txt" }
command = "cat in/x d/x > o.txt; echo > other.txt; cat other.txt"
"#,
    );
    project.ok("run first");
    let events = project.events("run --audit").ok();
    assert_eq!(events.of_unit("stage-audited", "a")["reads"], json!(["cache/latest/first/o.txt"]));
    let private = events.of_unit("stage-audited", "private");
    assert_eq!((&private["reads"], &private["writes"]), (&json!([]), &json!([])));
    assert!(events.stderr().contains("an input of the form \"stage.port\""), "{}", events.stderr());
}

#[test]
fn writes_beside_the_outputs_are_told() {
    if !strace() {
        return;
    }
    let command = "echo > {outputs.o}; echo > notes.txt; cat notes.txt; echo x >> extra.csv; ln -s a sub/link; rm tool.sh";
    let (reads, writes) = audited(command);
    assert_eq!(reads, NONE, "what it wrote itself is no input");
    assert_eq!(writes, ["extra.csv", "notes.txt", "sub/link", "tool.sh"]);
}

#[test]
fn a_module_is_told_by_its_source_even_where_it_was_compiled_before() {
    if !strace() || !Path::new("/usr/bin/python3").exists() {
        return;
    }
    let project = stage("/usr/bin/python3 fit.py > {outputs.o}");
    project.write("fit.py", "import helper, json, multiprocessing.pool\nprint(helper.x)\n");
    project.write("helper.py", "x = 1\n");
    for _ in 0..2 {
        let (reads, writes) = audit(&project);
        assert_eq!(reads, ["fit.py", "helper.py"]);
        assert_eq!(writes, NONE);
    }
}

#[test]
fn cells_of_a_stage_are_told_together() {
    if !strace() {
        return;
    }
    let project = Project::new(
        r#"
[stage.cell]
grid.axes = { x = [1, 2] }
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = "cat {params.x}.csv all.csv > {outputs.o}"
"#,
    );
    for file in ["1.csv", "2.csv", "all.csv"] {
        project.write(file, "");
    }
    assert_snapshot!(project.osteon("run --audit -j1").ok().stderr(), @r#"
    executed 'cell[x=1]' in [TIME]
    executed 'cell[x=2]' in [TIME]
    warning: 'cell' reads what no input declares:
        1.csv
        2.csv
        all.csv
      add
        [source.file-1]
        path = "1.csv"
        [source.file-2]
        path = "2.csv"
        [source.all]
        path = "all.csv"
      and to the inputs of [stage.cell], for its command to use
        file-1 = "source.file-1"
        file-2 = "source.file-2"
        all = "source.all"
    audited 2 commands
    executed 2, hit 0 in [TIME]
    "#);
    let runs = fs::read_dir(project.path("cache/runs")).unwrap().map(|run| run.unwrap().path());
    let journals = runs.map(|run| fs::read_to_string(run.join("events.jsonl")).unwrap_or_default());
    let told: usize = journals.map(|text| text.matches("stage-audited").count()).sum();
    assert_eq!(told, 2, "events are told by cell");
}

#[test]
fn a_traced_command_fails_and_times_out_as_ever() {
    if !strace() {
        return;
    }
    for (command, message) in [
        ("exit 7", "it ended with exit code 7"),
        ("kill -9 $$", "it was killed (signal 9)"),
        ("until false; do sleep 0.01; done", "it took longer than its timeout"),
    ] {
        let project = stage(command);
        project.edit("outputs = {", "needs = { timeout = \"1s\" }\noutputs = {");
        let output = project.osteon("run --audit").exits(1);
        assert!(output.stderr().contains(message), "{}", output.stderr());
    }
}

#[test]
fn without_strace_an_audit_is_refused_before_anything_runs() {
    let project = stage("echo a >> ~/log; echo > {outputs.o}");
    let run = |path: &str| {
        let mut command = project.command();
        command.args(["run", "--audit"]).env("PATH", project.note(path));
        project.spawn(command).wait().exits(2).stderr()
    };
    assert_snapshot!(run("empty"), @"error: --audit traces commands with strace, which is not on PATH: install strace 5.3 or newer where tracing is allowed, or run without --audit");
    let refusal = "#!/bin/sh\necho 'strace: ptrace(PTRACE_TRACEME): Operation not permitted' >&2; exit 1\n";
    program(&project.note("bin/strace"), refusal);
    assert_snapshot!(run("bin"), @"error: --audit traces commands with strace, which says: strace: ptrace(PTRACE_TRACEME): Operation not permitted: install strace 5.3 or newer where tracing is allowed, or run without --audit");
    assert!(project.ran().is_empty() && !project.path("cache").exists());
}
