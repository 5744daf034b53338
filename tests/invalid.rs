use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::support::{Project, files_below, manifests, snapshots_beside};

/// Marks the lines that a diagnostic has to point to.
const MARK: &str = "# here";

/// Each manifest is named by its claim, and has the text of its diagnostics beside it.
#[test]
fn every_invalid_manifest_is_refused_where_it_says() {
    let claims = manifests("invalid");
    assert!(claims.len() > 100, "the folder was moved");
    hold(claims.into_iter());
}

fn hold(claims: impl Iterator<Item = PathBuf>) {
    let claims: Vec<PathBuf> = claims.collect();
    let failed: Vec<_> = claims.iter().filter(|claim| catch_unwind(|| check(claim)).is_err()).collect();
    assert!(failed.is_empty(), "{} of {} claims do not hold: {failed:#?}", failed.len(), claims.len());
}

fn check(claim: &Path) {
    let name = claim.file_stem().unwrap().to_string_lossy().into_owned();
    eprintln!("── {name}");
    let project = Project::with_tables("");
    let mut marked = BTreeSet::new();
    let files = if claim.is_dir() { files_below(claim) } else { vec![claim.to_owned()] };
    for file in files {
        let inside = file.strip_prefix(claim).ok().filter(|path| path.components().next().is_some());
        let inside = inside.unwrap_or(Path::new("pipeline.toml")).to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| line.ends_with(MARK));
        marked.extend(lines.map(|(at, _)| format!("{inside}:{}", at + 1)));
        project.write(inside, &text);
    }

    let output = project.osteon("run -n").exits(2);
    assert_eq!(output.stdout(), "", "{name}");
    assert!(!project.path("cache").exists(), "{name}: nothing is written");
    let said = output.stderr();
    let diagnostics: Vec<&str> = said.split("manifest::").skip(1).collect();
    for line in &marked {
        assert!(diagnostics.iter().any(|text| headers(text).contains(line)), "{line} is at fault\n{said}");
    }
    for text in diagnostics {
        assert!(headers(text).intersection(&marked).next().is_some(), "no marked line is at fault\n{text}");
    }
    snapshots_beside("invalid", || assert_snapshot!(name, said));
}

/// Returns `file:line` from each header `╭─[file:line:column]` of a diagnostic.
fn headers(diagnostic: &str) -> BTreeSet<String> {
    let places = diagnostic.split("─[").skip(1).filter_map(|rest| rest.split(']').next());
    places.filter_map(|place| Some(place.rsplit_once(':')?.0.to_owned())).collect()
}
