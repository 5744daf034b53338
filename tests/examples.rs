use std::collections::BTreeMap;

use crate::support::{Graph, Project, files_below, shared};

/// Returns a copy of an example, or nothing where the examples are not there.
fn example(name: &str) -> Option<Project> {
    let folder = shared("examples")?.join(name);
    let project = Project::new("");
    for file in files_below(&folder) {
        let inside = file.strip_prefix(&folder).unwrap();
        if !inside.starts_with("cache") {
            project.write(inside.to_str().unwrap(), &std::fs::read_to_string(&file).unwrap());
        }
    }
    Some(project)
}

/// Asserts the cells of each stage, written as `stage cells, …`, and the wires between them.
fn expands(project: &Project, line: &str, cells: &str, edges: usize) {
    let graph = Graph::of(project, line);
    let count = |words: &str| {
        let (stage, count) = words.split_once(' ').unwrap();
        (stage.to_owned(), count.parse::<usize>().unwrap())
    };
    assert_eq!(graph.cells(), cells.split(", ").map(count).collect::<BTreeMap<_, _>>(), "{line}");
    assert_eq!(graph.edges(), edges, "{line}");
}

#[test]
fn a_pipeline_as_dvc_has_it() {
    let Some(project) = example("dvc") else { return };
    for file in ["data/data.xml", "src/prepare.py", "src/tests/test.py"] {
        project.write(file, "");
    }
    expands(&project, "", "prepare 1, featurize 1, train 1, evaluate 1", 4);
}

#[test]
fn folders_and_files_as_axes() {
    let Some(project) = example("folder") else { return };
    project.write("model/weights", "");
    expands(&project, "", "tiles 3, score 3, patient 2, atlas 1", 11);
}

#[test]
fn three_axes_with_seeds_and_a_reduce() {
    let Some(project) = example("grid") else { return };
    for file in ["housing.csv", "fit.py", "mean.py"] {
        project.write(file, "");
    }
    expands(&project, "", "fit 19, mean 7, best 1", 26);
}

const TABLES: &str = "leakage 1, table1 1, table4 1, table5 1, table6 1, table8 1, table9 1";

#[test]
fn the_papers_pipeline() {
    let Some(project) = example("paper") else { return };
    let cells = |[train, split, seeds, dcgan]: [usize; 4]| {
        format!(
            "scans 1, ingest 1, d1 1, d2 1, d3 {seeds}, evaluate {train}, train {train}, split {split}, held-out \
             {seeds}, dcgan {dcgan}, {TABLES}"
        )
    };
    expands(&project, "", &cells([48, 12, 4, 8]), 281);
    expands(&project, "--profile smoke", &cells([24, 6, 2, 4]), 151);
    expands(&project, "--profile paper", &cells([120, 30, 10, 20]), 735);
}

#[test]
fn some_tables_of_the_paper_ask_for_their_own_cells_alone() {
    let Some(project) = example("paper") else { return };
    let shared = "d1 1, ingest 1, scans 1, split 9, held-out 3, d2 1, d3 3, dcgan 6";
    let graph = Graph::of(&project, "table5 table6 table8 table9");
    assert_eq!(graph.cells().values().sum::<usize>(), 4 + 36 + 36 + 25);
    let graph = Graph::of(&project, "table5");
    let count = |words: &str| words.split_once(' ').unwrap().1.parse::<usize>().unwrap();
    assert_eq!(
        graph.cells().values().sum::<usize>(),
        1 + 9 + 9 + shared.split(", ").map(count).sum::<usize>()
    );
    let graph = Graph::of(&project, "table5 table8 -S tables-protocol=clean");
    assert_eq!(graph.cells()["train"], 24);
}
