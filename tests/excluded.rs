//! What is part of no source: caches and `.git`.

use crate::support::Project;

#[test]
fn an_axis_of_a_source_takes_neither_a_cache_nor_git() {
    let project = Project::new(
        r#"
[source.s]
path = "{sub}"
[stage.a]
grid    = "source.s"
inputs  = { s = "source.s" }
outputs = { o = "o.txt" }
command = "echo $(basename {inputs.s}) >> ~/log; ls {inputs.s} > {outputs.o}"
"#,
    );
    for file in ["one/one", "two/two", ".git/HEAD", "store/x"] {
        project.write(file, file);
    }
    std::fs::remove_file(project.path("store/x")).unwrap();
    for expected in [vec!["one", "two"], vec![]] {
        let mut command = project.command();
        command.args(["run", "a[sub=one]", "a[sub=two]"]).env("OSTEON_CACHE", project.path("store"));
        let _ = project.spawn(command).wait().ok();
        assert_eq!(project.ran(), expected);
    }
    std::fs::remove_dir_all(project.path("store")).unwrap();
    for _ in 0..2 {
        project.ok("run");
    }
    let planned = project.events("run -n").ok();
    let ids: Vec<_> = planned.with_reason("stage-planned").into_iter().map(|line| &line["id"]).collect();
    assert_eq!(ids, ["a[sub=one]", "a[sub=pipeline.toml]", "a[sub=two]"]);
}

#[test]
fn a_cache_is_no_source() {
    for path in ["\"cache\"", "\"cache/\"", "[\"cache/**\"]", "\"cache/*\""] {
        let project = Project::new(&format!(
            "[source.s]\npath = {path}\n[stage.a]\ninputs = {{ s = \"source.s\" }}\noutputs = {{ o = \"o\" }}\ncommand = \"ls {{inputs.s}} > {{outputs.o}}\"\n"
        ));
        project.write("cache/x", "");
        let said = project.osteon("run").exits(2).stderr();
        assert!(said.contains("is a cache of osteon") && said.contains("source.s"), "{path}: {said}");
    }
}
