use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::support::{Graph, Project, manifests, snapshots_beside};

/// Each manifest says in its first line how many cells each stage has; the cells and their wires lie beside it.
#[test]
fn every_valid_manifest_has_the_cells_that_it_says() {
    let claims = manifests("valid");
    assert!(claims.len() > 20, "the folder was moved");
    claims.iter().for_each(|claim| check(claim));
}

fn check(claim: &Path) {
    let name = claim.file_stem().unwrap().to_string_lossy().into_owned();
    eprintln!("── {name}");
    let text = fs::read_to_string(claim).unwrap();
    let said = text.lines().next().and_then(|line| line.strip_prefix("#: ")).expect("#: stage cells, …");
    let count = |words: &str| {
        let (stage, cells) = words.split_once(' ').expect("stage cells");
        (stage.to_owned(), cells.parse().expect("a number"))
    };
    let expected: BTreeMap<String, usize> = said.split(", ").map(count).collect();

    let project = Project::with_tables(&text);
    assert_eq!(Graph::of(&project, "").cells(), expected, "{name}");
    let output = project.osteon("graph --cells").ok();
    assert!(!project.path("cache").exists(), "{name}: nothing is written");
    snapshots_beside("valid", || assert_snapshot!(name, output.stdout().to_owned() + &output.stderr()));
}
