use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::support::{Output, Project, files_below};

/// Scans, what both branches read, a grid over seeds, and a table that gathers it.
const TABLE: &str = r#"
[variables]
epochs = 4
[source.scans]
path = "scans/*.dcm"
[source.network]
path = "networks/{network}.toml"
[stage.ingest]
inputs  = { scans = "source.scans" }
outputs = { images = "images/" }
command = "cp {inputs.scans}/* {outputs.images}"
[stage.fit]
grid    = ["network", "seed"]
inputs  = { images = "ingest.images", network = "source.network" }
params  = { epochs = "$epochs", seed = "$seed" }
outputs = { weights = "weights.bin" }
env     = ["LANG"]
command = "cat {inputs.network} {inputs.images}/* > {outputs.weights}; echo {params.epochs} {params.seed} >> {outputs.weights}"
[stage.table]
over    = { network = ["deep", "flat"], seed = [1, 2] }
inputs  = { images = "ingest.images", weights = "fit[over].weights" }
params  = { rows = "network" }
outputs = { table = "table.txt", log = "log.txt" }
command = "cat {inputs.weights}/* > {outputs.table}; echo > {outputs.log}"
"#;

fn table() -> Project {
    let project = Project::new(TABLE);
    for (file, text) in
        [("scans/a.dcm", "a"), ("scans/b.dcm", "b"), ("networks/deep.toml", "d"), ("networks/flat.toml", "f")]
    {
        project.write(file, text);
    }
    project.ok("run");
    project
}

/// Returns what was printed, without what differs from machine to machine.
fn told(output: &Output) -> String {
    let line = |line: &str| match line.split_once("by the run ") {
        Some((start, _)) => format!("{start}by the run [RUN]\n"),
        None => match (line.find(" on "), line.find("), osteon ")) {
            (Some(_), Some(_)) => "           [TIME] on [HOST]\n".to_owned(),
            _ => format!("{line}\n"),
        },
    };
    output.stdout().lines().map(line).collect()
}

fn lines(output: &Output) -> Vec<Json> {
    output.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_table_leads_back_to_the_files_that_it_was_made_from() {
    let output = table().osteon("trace table").ok();
    assert_eq!(output.stderr(), "");
    assert_snapshot!(told(&output), @r#"
    'table'
      command  cat {inputs.weights}/* > {outputs.table}; echo > {outputs.log}
      key      9c71e3abc0bd
      made     by the run [RUN]
               [TIME] on [HOST]
      params   rows = "network"
      reads    images  ae3dd02eeacd  'ingest'.images
               weights  4 cells (network=deep|flat, seed=1|2) of 'fit'.weights
      writes   log  295192ea1ec8  1 B  cache/latest/table/log.txt
               table  59e0490344cf  28 B  cache/latest/table/table.txt

    'fit'  4 cells (network=deep|flat, seed=1|2)
      command  cat {inputs.network} {inputs.images}/* > {outputs.weights}; echo {params.epochs} {params.seed} >> {outputs.weights}
      key      e057c6c7b49a, 6760a4479acd, 6cf27e95503a, aa58679c3e4e
      made     by the run [RUN]
               [TIME] on [HOST]
      params   epochs = 4
               seed = 1 | 2
      env      LANG = not set
      reads    images  'ingest'.images
               network  2 cells (network=deep|flat) of source.network
      writes   weights  4 artifacts, 28 B

    'ingest'
      command  cp {inputs.scans}/* {outputs.images}
      key      6033f51f3355
      made     by the run [RUN]
               [TIME] on [HOST]
      reads    scans  ae3dd02eeacd  source.scans
      writes   images  ae3dd02eeacd  2 B  cache/latest/ingest/images

    source.network[network=deep]  networks/deep.toml  d5ede538f628  1 file
    source.network[network=flat]  networks/flat.toml  9ab388bedc43  1 file
    source.scans                  scans/*.dcm         ae3dd02eeacd  2 files
    "#);
}

#[test]
fn a_number_of_a_table_leads_to_the_cells_that_it_is_the_mean_of() {
    let project = table();
    let output = project.osteon("trace table.deep").ok();
    assert_snapshot!(told(&output), @r#"
    'table'
      command  cat {inputs.weights}/* > {outputs.table}; echo > {outputs.log}
      key      9c71e3abc0bd
      made     by the run [RUN]
               [TIME] on [HOST]
      params   rows = "network"
      reads    images  ae3dd02eeacd  'ingest'.images
               weights  2 cells (network=deep, seed=1|2) of 'fit'.weights
      writes   log  295192ea1ec8  1 B  cache/latest/table/log.txt
               table  59e0490344cf  28 B  cache/latest/table/table.txt

    'fit'  2 cells (network=deep, seed=1|2)
      command  cat {inputs.network} {inputs.images}/* > {outputs.weights}; echo {params.epochs} {params.seed} >> {outputs.weights}
      key      e057c6c7b49a, 6760a4479acd
      made     by the run [RUN]
               [TIME] on [HOST]
      params   epochs = 4
               seed = 1 | 2
      env      LANG = not set
      reads    images  'ingest'.images
               network  source.network[network=deep]
      writes   weights  2 artifacts, 14 B

    'ingest'
      command  cp {inputs.scans}/* {outputs.images}
      key      6033f51f3355
      made     by the run [RUN]
               [TIME] on [HOST]
      reads    scans  ae3dd02eeacd  source.scans
      writes   images  ae3dd02eeacd  2 B  cache/latest/ingest/images

    source.network[network=deep]  networks/deep.toml  d5ede538f628  1 file
    source.scans                  scans/*.dcm         ae3dd02eeacd  2 files
    "#);
    let by_axis = project.osteon("trace table[network=deep]").ok();
    assert_eq!(told(&by_axis), told(&output));
    let one = project.osteon("trace table[network=deep,seed=2] --json").ok();
    let stages: Vec<Json> = lines(&one).into_iter().filter(|line| line["reason"] == "traced-stage").collect();
    let ids: Vec<&str> = stages.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["table", "fit[network=deep,seed=2]", "ingest"]);
}

#[test]
fn a_number_that_is_not_there_is_refused() {
    let project = table();
    let said = |line: &str| project.osteon(line).exits(2).stderr();
    assert_snapshot!(said("trace table.wide"), @"error: 'table' has no output, row or column `wide`; known here: log, table; it gathers network=deep|flat, seed=1|2");
    assert_snapshot!(said("trace table[network=wide]"), @"error: 'table' gathers no cell with network=wide");
    assert_snapshot!(said("trace table[depth=*]"), @"error: 'table' gathers no cell with depth=*");
    assert_snapshot!(said("trace fit[seed=1,depth=2].weights"), @"error: 'fit[network=deep,seed=1]' gathers no cell with depth=2");
    assert_snapshot!(said("trace tabel"), @"error: 'tabel': there is no stage `tabel`, and no run had one; did you mean `table`?");
    assert_snapshot!(said("trace fit[network=wide]"), @"error: the target 'fit[network=wide]': name every axis of its open grid, as in stage[axis=value]");
    assert_snapshot!(said("trace fit[seed=1"), @"error: 'fit[seed=1': the bracket is not closed");
    assert_snapshot!(said("trace fit.weight"), @"error: 'fit[network=deep,seed=1]' has no output, row or column `weight`; did you mean `weights`?");
}

#[test]
fn every_cell_is_told_by_itself_on_request() {
    let project = table();
    let output = project.osteon("trace table[network=flat] --cells").ok();
    let heads: Vec<&str> = output.stdout().lines().filter(|line| line.starts_with('\'')).collect();
    assert_eq!(heads, ["'table'", "'fit[network=flat,seed=1]'", "'fit[network=flat,seed=2]'", "'ingest'"]);
    assert!(output.stdout().contains(" weights[network=flat,seed=2]  "), "{}", output.stdout());
    let of_fit = |target: &str| project.osteon(&format!("trace {target}")).ok().stdout().to_owned();
    assert_eq!(of_fit("fit[network=flat,seed=*]"), of_fit("fit[network=flat]"));
    assert_eq!(of_fit("table[network=*]"), of_fit("table"));
}

#[test]
fn a_value_that_is_a_star_is_one_of_the_values() {
    let project = Project::new(
        r#"
[stage.fit]
grid.axes = { x = ["*", "a"] }
params.x = "$x"
outputs = { o = "o.txt" }
command = "echo {params.x} > {outputs.o}"
"#,
    );
    project.ok("run fit[x=%2A]");
    assert_eq!(project.osteon("run").ok().stderr().lines().last(), Some("executed 1, hit 1 in [TIME]"));
    let heads = |target: &str| -> Vec<String> {
        let output = project.osteon(&format!("trace {target}")).ok();
        output.stdout().lines().filter(|line| line.starts_with('\'')).map(str::to_owned).collect()
    };
    assert_eq!(heads("fit[x=%2A]"), ["'fit[x=%2A]'"]);
    assert_eq!(heads("fit[x=*]"), ["'fit'  2 cells (x=*|a)"]);
}

#[test]
fn one_output_of_a_stage_is_traced_alone() {
    let output = table().osteon("trace table.log").ok();
    let writes: Vec<&str> =
        output.stdout().lines().filter(|line| line.contains("cache/latest/table")).collect();
    assert_snapshot!(writes.join("\n"), @"  writes   log  295192ea1ec8  1 B  cache/latest/table/log.txt");
}

#[test]
fn programs_read_every_digest_whole() {
    let output = table().osteon("trace fit[network=deep,seed=1] --json").ok();
    let mut text = String::new();
    for mut line in lines(&output).into_iter().filter(|line| line["id"] != "ingest") {
        for name in ["run", "made", "seconds", "host", "processor", "osteon"] {
            if line.get(name).is_some() {
                line[name] = format!("[{}]", name.to_uppercase()).into();
            }
        }
        text.push_str(&format!("{line:#}\n"));
    }
    assert_snapshot!(text, @r#"
    {
      "command": "cat {inputs.network} {inputs.images}/* > {outputs.weights}; echo {params.epochs} {params.seed} >> {outputs.weights}",
      "env": {
        "LANG": null
      },
      "host": "[HOST]",
      "id": "fit[network=deep,seed=1]",
      "inputs": {
        "images": [
          {
            "cell": null,
            "digest": "ae3dd02eeacd2e75a02e6b60a193ac322ccc21355c89f188015cc54a28f7f8e1",
            "form": "folder",
            "from": {
              "id": "ingest",
              "key": "6033f51f3355449b98ea638f06639816c707c947b1a0decec7f1709c9ee10bb2",
              "port": "images"
            },
            "others": 0
          }
        ],
        "network": [
          {
            "cell": null,
            "digest": "d5ede538f628f687e5e0422c7755b503653de2dcd7053ca8791afa5d4787d843",
            "form": "file",
            "from": {
              "source": "source.network[network=deep]"
            },
            "others": 0
          }
        ]
      },
      "key": "e057c6c7b49aa43e3526c55c3df62b03af8d0d590259a4f07c7929a927069216",
      "kind": null,
      "made": "[MADE]",
      "osteon": "[OSTEON]",
      "outputs": {
        "weights": {
          "digest": "10a0ea931436cbb9c2a9ad90646f1b8d72ffece4f93a01bd080382319ba64a81",
          "form": "file",
          "path": "cache/latest/fit/network=deep,seed=1/weights.bin",
          "size": 7
        }
      },
      "params": {
        "epochs": 4,
        "seed": 1
      },
      "processor": "[PROCESSOR]",
      "reason": "traced-stage",
      "recorded": true,
      "run": "[RUN]",
      "seconds": "[SECONDS]",
      "version": null
    }
    {
      "digest": "d5ede538f628f687e5e0422c7755b503653de2dcd7053ca8791afa5d4787d843",
      "files": 1,
      "form": "file",
      "id": "source.network[network=deep]",
      "path": "networks/deep.toml",
      "reason": "traced-source"
    }
    {
      "digest": "ae3dd02eeacd2e75a02e6b60a193ac322ccc21355c89f188015cc54a28f7f8e1",
      "files": 2,
      "form": "folder",
      "id": "source.scans",
      "path": "scans/*.dcm",
      "reason": "traced-source"
    }
    "#);
}

#[test]
fn a_trace_needs_the_cache_alone() {
    let project = table();
    let before = told(&project.osteon("trace table").ok());
    fs::remove_dir_all(project.path("scans")).unwrap();
    fs::remove_dir_all(project.path("networks")).unwrap();
    let after = project.osteon("trace table").ok();
    assert_eq!(told(&after), before);
    assert_snapshot!(after.stderr(), @"warning: nothing can be planned (osteon status says why): this is what the last runs recorded");
}

#[test]
fn a_record_that_is_gone_is_told_and_the_rest_is_traced() {
    let project = table();
    let key = project.osteon("trace ingest --json").ok();
    let key = lines(&key)[0]["key"].as_str().unwrap().to_owned();
    fs::remove_file(project.path(format!("cache/records/{}/{}.json", &key[..2], &key[2..]))).unwrap();
    let output = project.osteon("trace fit[network=deep,seed=1]").ok();
    assert_snapshot!(told(&output), @"
    'fit[network=deep,seed=1]'
      command  cat {inputs.network} {inputs.images}/* > {outputs.weights}; echo {params.epochs} {params.seed} >> {outputs.weights}
      key      e057c6c7b49a
      made     by the run [RUN]
               [TIME] on [HOST]
      params   epochs = 4
               seed = 1
      env      LANG = not set
      reads    images  ae3dd02eeacd  no record made it; 'ingest' does, as the manifest is now
               network  d5ede538f628  source.network[network=deep]
      writes   weights  10a0ea931436  7 B  cache/latest/fit/network=deep,seed=1/weights.bin

    source.network[network=deep]  networks/deep.toml  d5ede538f628  1 file
    ");
    let output = project.osteon("trace ingest").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    'ingest'
      key      6033f51f3355
      made     its record is gone from the cache: what it read is not known
    ── stderr
    warning: 'ingest' is no longer fresh: osteon run 'ingest'
    ");
}

#[test]
fn what_was_really_used_is_told_though_the_manifest_says_otherwise_now() {
    let project = table();
    project.edit("epochs = 4", "epochs = 9");
    project.write("scans/a.dcm", "other");
    let output = project.osteon("trace fit[network=deep,seed=1]").ok();
    assert!(output.stdout().contains("epochs = 4"), "{}", output.stdout());
    assert_snapshot!(output.stderr(), @"warning: 'ingest' and 1 more are no longer fresh: osteon run");
    assert!(files_below(&project.path("cache/records")).len() == 6, "nothing was run");
}

/// Stages that make the same bytes, all of them those of a source.
const COPIES: &str = r#"
[source.raw]
path = "raw.txt"
[stage.one]
inputs  = { raw = "source.raw" }
outputs = { o = "o.txt" }
command = "cat {inputs.raw} > {outputs.o}"
[stage.two]
inputs  = { o = "one.o" }
outputs = { o = "o.txt" }
command = "cp {inputs.o} {outputs.o}"
[stage.three]
inputs  = { o = "two.o" }
outputs = { o = "o.txt" }
command = "cat < {inputs.o} > {outputs.o}"
"#;

#[test]
fn of_records_that_made_the_same_bytes_the_one_that_the_manifest_names_is_followed() {
    let project = Project::new(COPIES);
    project.write("raw.txt", "same\n");
    project.ok("run");
    let ids = |output: &Output| -> Vec<String> {
        lines(output).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&project.osteon("trace three --json").ok()), ["three", "two", "one", "source.raw"]);
    let text = project.osteon("trace three").ok();
    let reads: Vec<&str> = text.stdout().lines().filter(|line| line.contains("reads")).collect();
    assert_snapshot!(reads.join("\n"), @"
    reads    o  8f5f79506d85  'two'.o (another record made the same bytes)
    reads    o  8f5f79506d85  'one'.o (another record made the same bytes)
    reads    raw  8f5f79506d85  source.raw
    ");
    fs::remove_file(project.path("raw.txt")).unwrap();
    assert_eq!(ids(&project.osteon("trace three --json").ok()), ["three", "two", "one", "source.raw"]);
}

#[test]
fn a_secret_in_the_environment_is_a_digest() {
    let project = table();
    let mut command = project.command();
    command.args(["run", "fit[network=deep,seed=1]"]).env("LANG", "secret-word");
    let _ran = project.spawn(command).wait().ok();
    let output = project.osteon("trace fit[network=deep,seed=1]").ok();
    assert_snapshot!(output.stdout().lines().find(|line| line.contains("LANG")).unwrap(), @"  env      LANG = 197619d0841deb62");
    assert!(!output.stdout().contains("secret-word"));
}
