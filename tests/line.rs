//! The command line: flags, help, exit codes.

use insta::assert_snapshot;

use crate::support::Project;

const VERBS: [&str; 13] = [
    "run", "status", "why", "graph", "table", "trace", "diff", "path", "log", "sql", "schema", "check",
    "cache",
];

#[test]
fn every_verb_has_help_with_an_example() {
    let project = Project::new("");
    for verb in VERBS {
        let output = project.osteon(&format!("{verb} --help")).ok();
        assert!(output.stdout().contains("Example:\n  osteon "), "{verb}\n{}", output.stdout());
    }
    let all = project.osteon("--help").ok();
    for verb in VERBS {
        assert!(all.stdout().contains(&format!("\n  {verb} ")), "{verb}");
    }
    assert!(!all.stdout().contains("worker"), "what the program asks of itself is nobody's business");
}

#[test]
fn a_usage_that_means_nothing_ends_with_2() {
    let project = Project::new("");
    for line in
        ["fly", "run --fast", "run -j0", "status --json --yaml", "why", "cache", "cache gc", "run -j x"]
    {
        let output = project.osteon(line).exits(2);
        assert_eq!(output.stdout(), "", "{line}");
        assert!(!output.stderr().is_empty(), "{line}");
    }
}

#[test]
fn a_manifest_that_is_not_there_is_named() {
    let project = Project::new("");
    assert_snapshot!(project.osteon("run -f other.toml").exits(2).text(), @"
    exit 2
    ── stderr
    error: there is no manifest `other.toml`: -C names its folder, -f the file
    ");
    assert_snapshot!(project.osteon("-C nowhere").exits(2).text(), @"
    exit 2
    ── stderr
    error: there is no folder `nowhere`: -C and -f say where the manifest is
    ");
}

#[test]
fn flags_of_place_may_stand_before_and_after_the_verb() {
    let project = Project::new("");
    project.write("deep/other.toml", "[variables]\nx = 1\n[profile.p]\n[stage.a]\nparams = { x = \"$x\" }\noutputs = { o = \"o.txt\" }\ncommand = \"echo {params.x} >> ~/log; echo > {outputs.o}\"\n");
    for line in [
        "-C deep -f other.toml --profile p -S x=2 run",
        "run -C deep -f other.toml --profile p -S x=2",
        "-f deep/other.toml -S x=2 run --profile p",
        "--profile=p -Sx=2 -Cdeep -fother.toml",
    ] {
        project.ok(line);
    }
    assert_eq!(project.ran(), ["2"], "all of them mean the same run");
    assert!(project.path("deep/cache/latest@p/a/o.txt").exists());
}

#[test]
fn the_same_setting_twice_is_the_last_one() {
    let project = Project::new(
        "[variables]\nx = 1\n[stage.a]\nparams = { x = \"$x\" }\noutputs = { o = \"o.txt\" }\ncommand = \"echo {params.x} > {outputs.o}\"\n",
    );
    project.ok("run -S x=2 -S x=3");
    assert_eq!(project.read("cache/latest/a/o.txt"), "3\n");
}

#[test]
fn a_profile_or_setting_that_does_not_exist_is_shown_where_it_stands() {
    let project = Project::new("[variables]\nepochs = 1\n[profile.desk]\nepochs = 2\n");
    assert_snapshot!(project.osteon("run --profile dsk").exits(2).stderr(), @"
    manifest::unknown-profile

      × there is no profile `dsk`
       ╭─[command line:1:1]
     1 │ --profile dsk
       · ──────┬──────
       ·       ╰── this one
       ╰────
      help: did you mean `desk`?
    ");
    assert_snapshot!(project.osteon("run -S epoch=3").exits(2).stderr(), @"
    manifest::unknown-variable

      × there is no variable `epoch`
       ╭─[command line:1:1]
     1 │ epoch = 3
       · ──┬──
       ·   ╰── set here
       ╰────
      help: did you mean `epochs`?
    ");
    assert_snapshot!(project.osteon("run -S epochs").exits(2).stderr(), @"
    manifest::setting

      × `-S` sets a variable
       ╭─[command line:1:1]
     1 │ epochs
       · ───┬──
       ·    ╰── no `=`
       ╰────
      help: write -S name=value
    ");
}

#[test]
fn what_is_printed_has_no_colors_where_nobody_looks() {
    let project = Project::new("[stage.a]\n");
    let mut command = project.command();
    command.arg("run").env_remove("NO_COLOR");
    let output = project.spawn(command).wait().exits(2);
    assert!(!output.stderr().contains('\u{1b}'));
}

#[test]
fn ids_are_printed_ready_to_paste() {
    let project = Project::new(
        "[stage.a]\ngrid.axes = { x = [\"it's $5\"] }\nparams = { x = \"$x\" }\noutputs = { o = \"o.txt\" }\ncommand = \"echo a >> ~/log; echo {params.x} > {outputs.o}\"\n",
    );
    let planned = project.osteon("run -n").ok();
    let id = planned.stdout().split('\'').nth(1).unwrap().to_owned();
    assert_eq!(id, "a[x=it%27s%20%245]");
    project.ok(&format!("run {id}"));
    assert_eq!(project.ran(), ["a"]);
    assert_eq!(project.read(format!("cache/latest/a/{}/o.txt", &id[2..id.len() - 1])), "it's $5\n");
}

#[test]
fn an_id_that_was_cut_short_means_its_cell() {
    let project = Project::new(&format!(
        "[stage.a]\ngrid.axes = {{ x = [\"{0}1\", \"{0}2\"] }}\nparams = {{ x = \"$x\" }}\n\
         outputs = {{ o = \"o.txt\" }}\ncommand = \"echo a >> ~/log; echo {{params.x}} > {{outputs.o}}\"\n",
        "long".repeat(60)
    ));
    let planned = project.osteon("run -n").ok();
    let id = planned.stdout().split('\'').nth(1).unwrap().to_owned();
    assert!(id.contains('~'), "{id}");
    project.ok(&format!("run {id}"));
    assert_eq!(project.ran(), ["a"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = Project::new(
        "[stage.a]\ngrid.axes = { x = [1, 2, 3] }\nparams = { x = \"$x\" }\noutputs = { o = \"o.txt\" }\ncommand = \"echo > {outputs.o}\"\n",
    );
    let mut shell = std::process::Command::new("sh");
    let toy = env!("CARGO_BIN_EXE_toy");
    let line =
        format!("{{ {toy} graph --cells; echo $? > ~/code; }} | true; while ! test -s ~/code; do :; done");
    shell.args(["-c", &line]).current_dir(project.path("")).env("HOME", project.note(""));
    let _ = project.spawn(shell).wait().ok();
    assert_eq!(std::fs::read_to_string(project.note("code")).unwrap(), "0\n");
}

#[test]
fn two_manifests_in_one_folder_are_told_of_each_other_when_they_take_turns() {
    let stage = "[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo > {outputs.o}\"\n";
    let project = Project::new(stage);
    project.write("other.toml", stage);
    let said = |line: &str| project.osteon(line).ok().stderr();
    assert!(!said("run").contains("warning"));
    let told = "warning: pipeline.toml ran in this folder before other.toml: both write cache/latest";
    assert!(said("run -f other.toml").contains(told));
    assert!(!said("run -f other.toml").contains("warning"), "once");
    assert!(said("run").contains("warning: other.toml ran in this folder before pipeline.toml"));
    std::fs::remove_file(project.path("pipeline.toml")).unwrap();
    assert!(!said("run -f other.toml").contains("warning"), "one that is gone was renamed");
}

#[test]
fn a_manifest_or_an_experiment_that_is_a_pipe_keeps_nobody_waiting() {
    let project = Project::new("experiments = \"experiments/*.toml\"\n");
    std::fs::create_dir(project.path("experiments")).unwrap();
    for pipe in ["experiments/x.toml", "pipe.toml"] {
        assert!(std::process::Command::new("mkfifo").arg(project.path(pipe)).status().unwrap().success());
    }
    for line in ["status", "-f pipe.toml status"] {
        let said = project.osteon(line).exits(2).stderr();
        assert!(said.contains("is a pipe or a device, not a file"), "{said}");
    }
}

#[test]
fn a_manifest_that_lies_where_no_project_can_lie_is_refused() {
    let project = Project::new("[stage.a]\noutputs = { o = \"o\" }\ncommand = \"echo a > {outputs.o}\"\n");
    let manifest = std::fs::File::open(project.path("pipeline.toml")).unwrap();
    let mut command = project.command();
    command.args(["-f", "/dev/stdin", "run"]).stdin(manifest);
    let said = project.spawn(command).wait().exits(2).stderr();
    assert!(said.contains("where no project can lie"), "{said}");
}

#[test]
fn values_of_an_axis_are_listed_as_they_can_be_asked_for() {
    let project = Project::new(
        r#"
[stage.a]
grid.axes = { x = ["a b", "c\nd", "", "LONG"] }
outputs = { o = "o" }
command = "true > {outputs.o}"
"#,
    );
    project.edit("LONG", &"v".repeat(5000));
    let said = project.osteon("run a[x=z]").exits(2).stderr();
    assert!(said.contains("there are an empty text, a%20b, c%0Ad, vvv") && said.len() < 200, "{said}");
}

#[test]
fn of_very_many_mistakes_the_first_are_shown_and_the_others_counted() {
    let names = vec!["\"\""; 3000].join(", ");
    let project = Project::new(&format!(
        "[stage.a]\nenv = [{names}]\noutputs = {{ o = \"o\" }}\ncommand = \"true > {{outputs.o}}\"\n"
    ));
    let said = project.osteon("status").exits(2).stderr();
    assert_eq!(said.matches("manifest::").count(), 50);
    assert!(said.ends_with("and 2950 more: mend these first\n"), "{}", said.lines().last().unwrap());
}
