use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program with every stage in it.
fn osteon(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osteon"));
    command.args(line.split(' ')).current_dir(folder).env("NO_COLOR", "1").env_remove("OSTEON_CACHE");
    command.output().expect("the program starts")
}

fn text(folder: &Path, line: &str) -> String {
    let output = osteon(folder, line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "osteon {line}: {said}");
    String::from_utf8(output.stdout).expect("what is printed is text")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a copy of the pipeline with a cache of its own.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let files = ["pipeline.toml", "experiments"];
    let status =
        Command::new("cp").arg("-r").args(files.map(|file| root().join(file))).arg(folder.path()).status();
    assert!(status.expect("cp starts").success());
    folder
}

fn last_event(folder: &Path, line: &str) -> serde_json::Value {
    let printed = text(folder, line);
    serde_json::from_str(printed.lines().last().expect("a run ends with an event")).expect("an event is JSON")
}

#[test]
fn the_smoke_profile_gives_every_table_and_figure_and_a_second_run_executes_nothing() {
    let folder = copy();
    let first = last_event(folder.path(), "--profile smoke run --message-format json");
    assert_eq!((&first["executed"], &first["failed"]), (&117.into(), &0.into()));
    let second = last_event(folder.path(), "--profile smoke run --message-format json");
    assert_eq!((&second["executed"], &second["hit"]), (&0.into(), &117.into()));
    let tables = text(folder.path(), "--profile smoke table");
    for number in 1..=9 {
        assert!(tables.contains(&format!("**Table {number}. ")), "Table {number} in\n{tables}");
    }
    for title in [
        "Figure 13 in",
        "Audit. What",
        "Beyond the paper. Whether",
        "Beyond the paper. How far",
        "Beyond the paper. Normal",
    ] {
        assert!(tables.contains(&format!("**{title} ")), "{title} in\n{tables}");
    }
    for number in [1, 2, 4, 8, 9, 10, 11, 12, 13] {
        let file = folder.path().join(format!("cache/latest@smoke/figure{number}/figure.svg"));
        let svg = std::fs::read_to_string(&file).expect("every figure is drawn");
        assert!(svg.contains(&format!("Figure {number}. ")), "{}", file.display());
    }
    assert!(!tables.contains("not run"), "every claim has a cell in\n{tables}");
    assert!(tables.contains("channels x 1/8"), "a table of scaled networks says so");
}

#[test]
fn more_epochs_rerun_the_trainings_and_what_follows_and_going_back_executes_nothing() {
    let folder = copy();
    last_event(folder.path(), "--profile smoke run --message-format json");
    let more = last_event(folder.path(), "--profile smoke -S epochs=2 run --message-format json");
    // All but the scans, the data sets, the generators, the splits, what readers say and Tables 1 to 3 and 7.
    assert_eq!((&more["executed"], &more["hit"]), (&83.into(), &34.into()));
    let back = last_event(folder.path(), "--profile smoke run --message-format json");
    assert_eq!(back["executed"], 0);
}

#[test]
fn images_of_both_diseases_may_be_samples_of_two_classes_or_none_and_every_table_follows() {
    let folder = copy();
    let counted = |both: &str| {
        let line = format!("--profile smoke -S both={both} run --message-format json");
        assert_eq!(last_event(folder.path(), &line)["failed"], 0, "{both}");
        let tables = text(folder.path(), &format!("--profile smoke -S both={both} table"));
        assert!(!tables.contains("not run"), "{both}: every claim has a cell in\n{tables}");
        let query = "SELECT count(*) AS n FROM \"split.samples\" WHERE data = 'd2' AND protocol = 'paper'";
        let output = Command::new(env!("CARGO_BIN_EXE_osteon"))
            .args(["--profile", "smoke", "-S", &format!("both={both}"), "sql", "--csv", query])
            .current_dir(folder.path())
            .output();
        let printed = String::from_utf8(output.expect("the program starts").stdout).expect("text");
        printed.lines().last().and_then(|n| n.parse::<u32>().ok()).unwrap_or_else(|| panic!("{printed}"))
    };
    let [two, one, none] = ["duplicate", "soft", "exclude"].map(counted);
    assert!(two > one && one > none, "{two}, {one} and {none} samples");
}

/// Returns what is printed as one JSON object a line.
fn lines(folder: &Path, line: &str) -> Vec<serde_json::Value> {
    let printed = text(folder, line);
    printed.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_number_of_a_table_leads_back_to_the_phantom_and_is_compared_between_runs() {
    let folder = copy();
    last_event(folder.path(), "--profile smoke run table9 --message-format json");
    let traced = lines(folder.path(), "--profile smoke trace table9.dspic-am.auc --json");
    let number = &traced[0]["number"];
    assert_eq!((&number["row"], &number["column"]), (&"dspic-am".into(), &"auc".into()));
    let ids: Vec<&str> = traced[1..].iter().filter_map(|line| line["id"].as_str()).collect();
    let cell = "data=d2,network=dspic-am,protocol=paper,seed=1";
    assert_eq!(ids[..3], ["table9".to_owned(), format!("evaluate[{cell}]"), format!("train[{cell}]")]);
    assert_eq!(ids[ids.len() - 2..], ["scans", "source.networks[network=dspic-am]"]);
    let unknown = osteon(folder.path(), "--profile smoke trace table9.dspic-am.ouc");
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said.contains("has no row and no column `ouc`; columns: accuracy, auc"), "{said}");

    last_event(folder.path(), "--profile smoke -S epochs=2 run table9 --message-format json");
    let runs = std::fs::read_dir(folder.path().join("cache/runs")).expect("there are runs");
    let mut runs: Vec<PathBuf> = runs.map(|run| run.expect("it is there").path()).collect();
    runs.retain(|run| run.is_dir());
    runs.sort();
    let [a, b] =
        [0, 1].map(|at| runs[at].file_name().expect("a run has a name").to_string_lossy().into_owned());
    let found = lines(folder.path(), &format!("diff {a} {b} --json"));
    assert_eq!((&found[0]["name"], &found[0]["a"], &found[0]["b"]), (&"epochs".into(), &1.into(), &2.into()));
    let is_number = |line: &&serde_json::Value| line["id"] == "table9" && line["column"] == "mean";
    let compared = found.iter().find(is_number).expect("a second epoch changes the table");
    let [row, column] = [0, 1].map(|at| compared["row"][at].as_str().expect("rows are named"));
    let traced = lines(folder.path(), &format!("--profile smoke trace table9.{row}.{column} --json"));
    assert_eq!(compared["b"], traced[0]["number"]["mean"]);
    let loose = lines(folder.path(), &format!("diff {a} {b} --tolerance 1000 --json"));
    assert!(!loose.iter().any(|line| line["id"] == "table9" && line["column"] == "mean"));
}

#[test]
fn a_training_that_tables_and_figures_use_is_one_cell() {
    let graph: serde_json::Value =
        serde_json::from_str(&text(&root(), "graph --cells --json")).expect("JSON");
    let cell = "evaluate[data=d2,network=dspic-am,protocol=paper,seed=1]";
    let edges = graph["edges"].as_array().expect("edges");
    let readers: Vec<&str> =
        edges.iter().filter(|edge| edge["from"] == cell).filter_map(|edge| edge["to"].as_str()).collect();
    assert_eq!(readers, ["audit-leakage", "figure10", "figure9", "table5", "table8", "table9"]);
}

#[test]
fn a_network_that_exceeds_the_machine_is_refused_before_anything_runs() {
    let output = osteon(&root(), "--profile paper run -n table9");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["without pooling", "dense 4096", "hidden", "rows"] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
}

#[test]
fn the_literal_paper_is_refused_by_cell_with_what_would_fit() {
    let output = osteon(&root(), "--profile paper run -n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let cell = "train[data=d2,network=dspic-am-no-pool,protocol=clean,seed=1]";
    for part in [
        cell,
        "of memory and this machine has",
        "; fitting it would take about ",
        "`hidden` to at most",
        "`width` to at most",
        "`rows` to at most",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
}

#[cfg(not(feature = "libtorch"))]
#[test]
fn the_gpu_profile_says_how_to_build_what_it_needs() {
    let output = osteon(&root(), "--profile gpu run -n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("built without `libtorch:0`") && said.contains("--features libtorch"), "{said}");
}

#[test]
fn a_training_whose_loss_is_no_number_fails_by_epoch_and_batch_and_leaves_nothing() {
    let folder = copy();
    let cell = "train[data=d2,network=alexnet,protocol=paper,seed=1]";
    for _ in 0..2 {
        let output = osteon(folder.path(), &format!("--profile smoke -S learning-rate=1e30 run {cell}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in [cell, "the loss is NaN in epoch 1, batch 2", "lower `learning-rate`"] {
            assert!(said.contains(part), "{part} in\n{said}");
        }
        assert!(folder.path().join("cache/latest@smoke/split").exists());
        assert!(!folder.path().join("cache/latest@smoke/train").exists(), "nothing is recorded");
    }
}

#[test]
fn the_committed_schema_is_the_one_that_is_printed() {
    let committed =
        std::fs::read_to_string(root().join(".config/pipeline.schema.json")).expect("the schema is there");
    assert_eq!(committed, text(&root(), "schema"), "osteon schema > .config/pipeline.schema.json");
}
