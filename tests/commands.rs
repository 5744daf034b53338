use std::fs;

use crate::support::{Project, files_below, strace};

/// Runs `printf '%s|' {params.x}` with a parameter; returns what the shell made of it.
fn printed(value: &str) -> String {
    let project = Project::new(&format!(
        "[stage.a]\nparams = {{ x = {value} }}\noutputs = {{ o = \"o.txt\" }}\ncommand = \"printf '%s|' {{params.x}} > {{outputs.o}}\"\n"
    ));
    project.ok("run");
    project.read("cache/latest/a/o.txt")
}

#[test]
fn a_value_is_one_word_whatever_is_in_it() {
    for text in [
        "plain",
        "two words",
        "",
        "it's",
        "\"quoted\"",
        "$HOME",
        "$(id)",
        "`id`",
        "a\\b",
        "a\\nb",
        "*",
        "~",
        "#",
        "!",
        "&;|<>",
        "ü",
        "-n",
    ] {
        let value = serde_json::to_string(text).unwrap();
        let value = if text.starts_with('$') { value.replacen('$', "$$", 1) } else { value };
        assert_eq!(printed(&value), format!("{text}|"));
    }
    assert_eq!(printed("\"two\\nlines\""), "two\nlines|");
}

#[test]
fn numbers_and_truths_are_words_as_they_print() {
    assert_eq!(printed("42"), "42|");
    assert_eq!(printed("1.0"), "1.0|");
    assert_eq!(printed("1e-7"), "1e-7|");
    assert_eq!(printed("true"), "true|");
}

#[test]
fn a_list_is_several_words() {
    assert_eq!(printed("[1, \"two words\", 3.5]"), "1|two words|3.5|");
    assert_eq!(printed("[[\"a\", \"b\"], \"c\"]"), "a|b|c|");
    assert_eq!(printed("[]"), "|", "printf prints its format once without words");
}

#[test]
fn a_placeholder_reaches_into_a_table() {
    let project = Project::new(
        r#"
[stage.a]
params  = { model = { depth = 2, layers = { first = "wide" } } }
outputs = { o = "o.txt" }
command = "echo {params.model.depth} {params.model.layers.first} > {outputs.o}"
"#,
    );
    project.ok("run");
    assert_eq!(project.read("cache/latest/a/o.txt"), "2 wide\n");
}

#[test]
fn a_dollar_is_doubled_at_the_start_and_plain_elsewhere() {
    assert_eq!(printed("\"$$5\""), "$5|");
    assert_eq!(printed("\"5$\""), "5$|");
    assert_eq!(printed("\"$$x\""), "$x|");
}

#[test]
fn a_path_with_a_space_is_one_word() {
    let project = Project::new(
        r#"
[source.data]
path = "my data/the table.csv"
[stage.a]
inputs  = { data = "source.data" }
outputs = { o = "the copy.csv", d = "a folder/" }
command = "cp {inputs.data} {outputs.o}; cp {inputs.data} {outputs.d}/x"
[stage.b]
inputs  = { o = "a.o", d = "a.d" }
outputs = { o = "o.txt" }
command = "cat {inputs.o} {inputs.d}/x > {outputs.o}"
"#,
    );
    project.write("my data/the table.csv", "1\n");
    project.ok("run");
    assert_eq!(project.read("cache/latest/b/o.txt"), "1\n1\n");
}

#[test]
fn a_command_runs_in_the_folder_of_the_manifest_with_nothing_to_read() {
    let project = Project::new(
        "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"pwd > {outputs.o}; wc -c >> {outputs.o}\"\n",
    );
    let mut command = project.command();
    command.args(["-f", "project/pipeline.toml"]).current_dir(project.path(".."));
    let _ = project.spawn(command).wait().ok();
    let folder = project.path("").canonicalize().unwrap();
    assert_eq!(project.read("cache/latest/a/o.txt"), format!("{}\n0\n", folder.display()));
}

#[test]
fn inputs_carry_their_file_names_and_endings() {
    let project = Project::new(
        r#"
[stage.make]
grid.axes = { x = [1, 2] }
params  = { x = "$x" }
outputs = { table = "out/table.csv.gz", pages = "pages/" }
command = "echo {params.x} > {outputs.table}; touch {outputs.pages}/{params.x}"
[stage.one]
inputs  = { t = "make[x=1].table" }
outputs = { o = "o.txt" }
command = "basename {inputs.t} > {outputs.o}"
[stage.all]
inputs  = { t = "make[x=*].table", p = "make[*].pages" }
outputs = { o = "o.txt" }
command = "ls {inputs.t} {inputs.p} | grep = > {outputs.o}; ls {inputs.p}/* | grep -v = >> {outputs.o}"
"#,
    );
    project.ok("run");
    assert_eq!(project.read("cache/latest/one/o.txt"), "table.csv.gz\n");
    assert_eq!(project.read("cache/latest/all/o.txt"), "x=1\nx=2\nx=1.csv.gz\nx=2.csv.gz\n1\n\n2\n");
}

#[test]
fn the_paths_of_inputs_are_the_same_in_every_attempt() {
    let project = Project::new(
        r#"
[stage.make]
outputs = { o = "o.txt" }
command = "echo > {outputs.o}"
[stage.count]
inputs  = { o = "make.o" }
outputs = { n = "n.txt" }
command = "wc -l {inputs.o} > {outputs.n}"
"#,
    );
    project.ok("run");
    let before = project.read("cache/latest/count/n.txt");
    project.ok("run -B");
    assert_eq!(project.read("cache/latest/count/n.txt"), before);
}

#[test]
fn a_gather_names_its_files_as_cells_are_named() {
    let project = Project::new(
        r#"
[stage.make]
grid.axes = { path = ["a/b", "größe", "50%"], x = [1.5] }
params  = { path = "$path", x = "$x" }
outputs = { o = "o.txt" }
command = "echo {params.path} > {outputs.o}"
[stage.all]
inputs  = { all = "make[*].o" }
outputs = { o = "o.txt" }
command = "ls {inputs.all} | LC_ALL=C sort > {outputs.o}"
"#,
    );
    project.ok("run");
    let names = ["50%25", "a%2Fb", "größe"].map(|path| format!("path={path},x=1.5.txt\n"));
    assert_eq!(project.read("cache/latest/all/o.txt"), names.concat());
}

#[test]
fn a_kind_gets_the_values_of_gathered_cells_with_their_types_in_order() {
    let project = Project::new(
        r#"
[source.raw]
path = "raw.txt"
[stage.part]
grid.axes = { rate = [1.0, 0.5], seed = [10, 9], text = "1", truth = true }
params    = { rate = "$rate", seed = "$seed", text = "$text", truth = "$truth" }
outputs   = { o = "o.txt" }
needs     = { retries = "$seed", cpus = 1 }
command   = "echo {params.text} > {outputs.o}"
[stage.list]
kind   = "join"
inputs = { parts = "part[*].o", title = "source.raw" }
"#,
    );
    project.write("raw.txt", "the title\n");
    project.ok("run");
    insta::assert_snapshot!(project.read("cache/latest/list/list.txt"), @"
    the title
    rate = 0.5 (float)  seed = 9 (whole)  text = 1 (text)  truth = true (truth)  1
    rate = 0.5 (float)  seed = 10 (whole)  text = 1 (text)  truth = true (truth)  1
    rate = 1.0 (float)  seed = 9 (whole)  text = 1 (text)  truth = true (truth)  1
    rate = 1.0 (float)  seed = 10 (whole)  text = 1 (text)  truth = true (truth)  1
    ");
}

#[test]
fn the_environment_is_what_was_declared_and_a_few_names() {
    let project = Project::new(
        r#"
[stage.a]
env     = ["LANG", "UNSET"]
outputs = { o = "o.txt" }
command = "echo a >> ~/log; env | cut -d= -f1 | grep -v '^\\(PWD\\|_\\|SHLVL\\|OLDPWD\\)$' | sort > {outputs.o}; echo $LANG >> {outputs.o}"
"#,
    );
    let run = |names: &[(&str, &str)]| {
        let mut command = project.command();
        command.arg("run").envs(names.iter().copied());
        let _ = project.spawn(command).wait().ok();
        (project.ran().len(), project.read("cache/latest/a/o.txt").replace('\n', " "))
    };
    assert_eq!(run(&[("LANG", "C"), ("SECRET", "x")]), (1, "HOME LANG PATH TMPDIR C ".to_owned()));
    assert_eq!(run(&[("LANG", "C"), ("SECRET", "y")]).0, 0, "what is not declared is not seen");
    assert_eq!(run(&[("LANG", "D")]), (1, "HOME LANG PATH TMPDIR D ".to_owned()));
    assert_eq!(run(&[]), (1, "HOME PATH TMPDIR  ".to_owned()));
    assert_eq!(run(&[("LANG", "")]), (1, "HOME LANG PATH TMPDIR  ".to_owned()), "unset is not empty");
    assert_eq!(run(&[("LANG", "C")]).0, 0);
}

#[test]
fn temporary_files_are_an_attempts_own_and_go_with_it() {
    let project = Project::new(
        r#"
[stage.a]
grid.axes = { x = [1, 2, 3, 4] }
params  = { x = "$x" }
needs   = { retries = 1 }
outputs = { o = "o.txt" }
command = '''
test ! -e $TMPDIR/mine
echo {params.x} > $TMPDIR/mine
mkdir $TMPDIR/closed; touch $TMPDIR/closed/x; chmod 000 $TMPDIR/closed
echo >> ~/tried-{params.x}; test $(wc -l < ~/tried-{params.x}) = 2
cp $TMPDIR/mine {outputs.o}
'''
"#,
    );
    let own = project.path("../tmp");
    project.ok("run -j4");
    for x in 1..=4 {
        assert_eq!(project.read(format!("cache/latest/a/x={x}/o.txt")), format!("{x}\n"));
    }
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    let mut command = project.command();
    command.args(["run", "-B", "a[x=1]"]).env_remove("TMPDIR");
    project.leave("tried-1");
    let failed = project.spawn(command).wait();
    let _without_one = failed.ok();
    let mut command = project.command();
    command.args(["run", "-B", "a[x=1]"]).env("TMPDIR", project.path("nowhere"));
    let failed = project.spawn(command).wait().exits(1).stderr();
    assert!(failed.contains("no temporary folder can be made") && failed.contains("TMPDIR"), "{failed}");
}

#[test]
fn the_value_of_a_declared_variable_reaches_no_file_and_no_message() {
    let project = Project::new(
        r#"
[stage.a]
env     = ["TOKEN"]
outputs = { o = "o.txt" }
command = "echo with $TOKEN; test -e ~/well && date > {outputs.o}"
"#,
    );
    let run = || {
        let mut command = project.command();
        command.arg("run").env("TOKEN", "hunter2-and-more");
        project.spawn(command).wait()
    };
    let failed = run().exits(1);
    assert!(failed.stderr().contains("with [TOKEN]"), "{}", failed.stderr());
    project.leave("well");
    let _ = run().ok();
    let mut command = project.command();
    command.args(["why", "a", "--json"]).env("TOKEN", "hunter3-and-more");
    let why = project.spawn(command).wait().ok();
    assert!(!why.text().contains("hunter"), "{}", why.text());
    for file in files_below(&project.path("cache")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter"), "{}", file.display());
    }
}

#[test]
fn a_file_that_is_named_after_a_declared_variable_is_told_by_the_name_of_the_variable() {
    let project = Project::new(
        r#"
[stage.a]
env     = ["TOKEN"]
outputs = { d = "d/" }
command = "ln -s /nowhere {outputs.d}/$TOKEN"
"#,
    );
    let run = |words: &[&str]| {
        let mut command = project.command();
        command.arg("run").args(words).env("TOKEN", "hunter2-and-more");
        project.spawn(command).wait()
    };
    let failed = run(&[]).exits(1).stderr();
    assert!(failed.contains("`d/[TOKEN]` is a link that points outside its folder"), "{failed}");
    if strace() {
        project.edit("ln -s /nowhere {outputs.d}/$TOKEN", "echo > $TOKEN; cat data.$TOKEN > {outputs.d}/x");
        project.write("data.hunter2-and-more", "");
        let told = run(&["--audit"]).ok().stderr();
        assert!(told.contains("    [TOKEN]\n") && told.contains("    data.[TOKEN]\n"), "{told}");
        assert!(!told.contains("hunter"), "{told}");
    }
    for file in files_below(&project.path("cache/runs")) {
        assert!(!fs::read_to_string(&file).unwrap().contains("hunter"), "{}", file.display());
    }
}

#[test]
fn a_kind_sees_no_environment_of_its_own() {
    let project = Project::new("[stage.a]\nkind = \"look\"\n");
    let mut command = project.command();
    let libraries = "/opt/torch/lib";
    command.arg("run").env("SECRET", "x").env("LANG", "C").env("LD_LIBRARY_PATH", libraries);
    let output = project.spawn(command).wait().ok();
    assert!(output.stderr().contains("warning  'a': it looked around"), "{}", output.stderr());
    let seen = project.read("cache/latest/a/seen.txt");
    let names: Vec<&str> = seen.lines().skip(1).filter(|name| !name.ends_with("_THREADS")).collect();
    // Where the libraries lie that the program may be linked to, such as PyTorch's.
    assert_eq!(names, ["HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR"]);
}

#[test]
fn a_private_command_sees_its_inputs_under_their_names_and_nothing_else() {
    let project = Project::new(
        r#"
[source.table]
path = "table.csv"
[source.sheets]
path = "sheets/*.csv"
[stage.make]
grid.axes = { x = [1, 2] }
params  = { x = "$x" }
outputs = { o = "o.txt" }
command = "echo {params.x} > {outputs.o}"
[stage.a]
private = true
inputs  = { "data/raw/table.csv" = "source.table", sheets = "source.sheets", parts = "make[x=*].o" }
outputs = { found = "found.txt", model = "out/model.txt", plots = "plots/" }
command = """
echo a >> ~/log
find -L . -type f ! -name found.txt | LC_ALL=C sort > found.txt
mkdir out plots
cat data/raw/table.csv sheets/* parts/* > out/model.txt
echo plot > plots/p.svg
touch left-behind
"""
[stage.b]
inputs  = { model = "a.model", plots = "a.plots" }
outputs = { o = "o.txt" }
command = "cat {inputs.model} {inputs.plots}/p.svg > {outputs.o}"
"#,
    );
    for file in ["table.csv", "sheets/s.csv"] {
        project.write(file, "0\n");
    }
    project.ok("run");
    let found = ["data/raw/table.csv", "parts/x=1.txt", "parts/x=2.txt", "sheets/s.csv"];
    assert_eq!(project.read("cache/latest/a/found.txt"), found.map(|file| format!("./{file}\n")).concat());
    assert_eq!(project.read("cache/latest/b/o.txt"), "0\n0\n1\n2\nplot\n");
    assert!(!project.path("left-behind").exists() && !project.path("out").exists());
    project.ok("run");
    assert_eq!(project.ran(), ["a"]);
}

#[test]
fn private_or_not_is_in_the_key() {
    let project = Project::new(
        "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo a >> ~/log; echo > {outputs.o}\"\n",
    );
    project.ok("run");
    project.edit("[stage.a]", "[stage.a]\nprivate = true");
    project.ok("run");
    assert_eq!(project.ran(), ["a", "a"]);
}

#[test]
fn what_a_command_prints_is_its_log() {
    let project = Project::new(
        "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo out; echo err >&2; echo > {outputs.o}\"\n",
    );
    let output = project.osteon("run").ok();
    assert!(!output.stderr().contains("err"), "it is not in the way");
    assert_eq!(project.osteon("log a").ok().stdout(), "out\nerr\n");
}
