use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Text, cells_of, checkout, rust_files, text};

/// Where the Rust of this project lies.
const ALL: [&str; 3] = ["src", "stages", "tests"];

/// Longest file, in lines.
const LONGEST: usize = 400;

/// Files that a reader likes, in lines.
const AIM: usize = 200;

/// Names of modules that say nothing.
const SAY_NOTHING: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "handler"];

/// What lies at the top, and nothing else.
const TOP: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "cache",
    "experiments",
    "pipeline.toml",
    "src",
    "stages",
    "tests",
];

fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}: {wrong:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_bear() {
    let files = rust_files(&ALL);
    let longer = |limit: usize| {
        let longer = files
            .iter()
            .map(|file| (file.text.lines().count(), file))
            .filter(move |(lines, _)| *lines > limit);
        let mut longer: Vec<_> = longer.map(|(lines, file)| (lines, file.path.display())).collect();
        longer.sort_by_key(|(lines, _)| std::cmp::Reverse(*lines));
        longer.into_iter().map(|(lines, path)| format!("{lines} {path}")).collect::<Vec<_>>()
    };
    for file in longer(AIM) {
        eprintln!("long: {file}");
    }
    none("split these", &longer(LONGEST));
}

#[test]
fn a_module_file_holds_docs_modules_and_names_alone() {
    // The trait of those who watch a run, and how all of them show a time, are what that module is.
    let exceptions = [PathBuf::from("src/ui/mod.rs")];
    let mut wrong = Vec::new();
    for file in rust_files(&ALL).iter().filter(|file| file.path.ends_with("mod.rs")) {
        if exceptions.contains(&file.path) {
            continue;
        }
        let mut inside_use = false;
        for line in file.code().filter(|line| !line.is_empty()) {
            let starts = [
                "mod ",
                "use ",
                "pub mod ",
                "pub use ",
                "pub(crate) mod ",
                "pub(crate) use ",
                "pub(super) mod ",
                "pub(super) use ",
                "#[",
                "#![",
            ];
            if !inside_use && !starts.iter().any(|start| line.starts_with(start)) {
                wrong.push(format!("{}: {line}", file.path.display()));
                break;
            }
            inside_use = !line.ends_with(';') && !line.starts_with('#');
        }
    }
    none("logic in mod.rs", &wrong);
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    let files = rust_files(&ALL);
    let named = files.iter().filter(|file| {
        let parts = file.path.with_extension("");
        parts.iter().any(|part| SAY_NOTHING.contains(&part.to_string_lossy().as_ref()))
    });
    none("name what is in them", &named.map(|file| file.path.display().to_string()).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_to_do_and_nothing_is_unwrapped() {
    let files = rust_files(&["src", "stages"]);
    let tests = declared_as_tests(&files);
    let mut wrong = Vec::new();
    for file in &files {
        if ["TODO", "FIXME", "XXX"].iter().any(|mark| file.text.contains(mark)) {
            wrong.push(format!("{}: left to do", file.path.display()));
        }
        let is_test = file.stem() == "tests" || tests.iter().any(|test| file.path.starts_with(test));
        if !is_test && file.code().any(unwraps) {
            wrong.push(format!("{}: unwrap", file.path.display()));
        }
    }
    none("finish these", &wrong);
}

/// Returns whether a line could panic when it runs; the compiler unwraps a constant.
fn unwraps(line: &str) -> bool {
    line.contains(".unwrap()") && !line.starts_with("const ")
}

/// Returns the files and folders that are modules under `#[cfg(test)]`.
fn declared_as_tests(files: &[Text]) -> BTreeSet<PathBuf> {
    let mut tests = BTreeSet::new();
    for file in files {
        let folder = file.path.parent().unwrap_or(&file.path);
        let folder = match file.stem() {
            "mod" | "lib" | "main" => folder.to_owned(),
            stem => folder.join(stem),
        };
        for rest in file.text.split("#[cfg(test)]\n").skip(1) {
            let line = rest.lines().next().unwrap_or_default().trim();
            let name =
                line.trim_start_matches("pub ").strip_prefix("mod ").and_then(|name| name.strip_suffix(';'));
            tests.extend(
                name.into_iter().flat_map(|name| [folder.join(name), folder.join(format!("{name}.rs"))]),
            );
        }
    }
    tests
}

#[test]
fn every_file_ends_with_a_line_and_no_line_ends_with_a_space() {
    let mut wrong = Vec::new();
    for file in rust_files(&ALL) {
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            wrong.push(format!("{}: its end", file.path.display()));
        }
        let lines = file.text.lines().enumerate().filter(|(_, line)| line.ends_with(char::is_whitespace));
        wrong.extend(lines.map(|(at, _)| format!("{}:{}", file.path.display(), at + 1)));
    }
    none("spaces and ends", &wrong);
}

#[test]
fn every_file_is_formatted() {
    let files = rust_files(&ALL);
    let paths = files.iter().map(|file| &file.path);
    let output = Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .args(paths)
        .current_dir(checkout())
        .output();
    let Ok(output) = output else {
        assert!(std::env::var("CI").is_err(), "CI needs rustfmt");
        eprintln!("SKIPPED: rustfmt is not there");
        return;
    };
    assert!(output.status.success(), "run cargo fmt --all\n{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_top_level_is_what_it_is_meant_to_be() {
    let hidden = |name: &String| name.starts_with('.') || name == "target";
    let there: Vec<String> = cells_of(checkout()).into_iter().filter(|name| !hidden(name)).collect();
    assert_eq!(there, TOP);
}

#[test]
fn every_folder_of_the_readme_is_there_and_has_something_to_read() {
    let readme = text("README.md");
    let table = readme.split("## What is where").nth(1).expect("the README says what is where");
    let links: Vec<&str> = table.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() >= 5, "{links:?}");
    for link in links {
        assert!(checkout().join(link).is_file(), "the README links to {link}");
    }
    for folder in TOP.iter().filter(|name| checkout().join(name).is_dir()) {
        assert!(table.contains(&format!("[`{folder}`]")), "the README does not say what is in {folder}");
    }
}

#[test]
fn every_test_of_the_ledger_of_failures_is_there_and_runs() {
    let ledger = text("tests/FAILURES.md");
    let rows = ledger.lines().filter(|line| line.starts_with("| ") && !line.ends_with(" shown by |"));
    let files = rust_files(&["src", "tests"]);
    let mut wrong = Vec::new();
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        for name in last.split(", ").map(|name| name.trim_matches('`')) {
            let (module, test) = name.rsplit_once("::").unwrap_or_default();
            let path = format!("{}.rs", module.replace("::", "/"));
            let of_module = files.iter().filter(|file| file.path.iter().skip(1).eq(Path::new(&path)));
            let runs = |file: &Text| {
                let above = file.text.split_once(&format!("fn {test}("));
                above.is_some_and(|(above, _)| above.trim_end().ends_with("#[test]"))
            };
            if !of_module.into_iter().any(runs) {
                wrong.push(name.to_owned());
            }
        }
    }
    none("tests/FAILURES.md names tests that are not there, or are ignored", &wrong);
}

#[test]
fn no_file_of_the_tests_is_forgotten() {
    let main = text("tests/main.rs");
    let files = fs::read_dir(checkout().join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let rust = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    for path in rust.filter(|path| !path.ends_with("main.rs")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let declared = main
            .split_once(&format!("\nmod {name};"))
            .unwrap_or_else(|| panic!("tests/main.rs lacks {name}"));
        let above = declared.0.lines().rev().find(|line| !line.starts_with("#["));
        assert!(
            above.is_some_and(|line| line.starts_with("///")),
            "tests/main.rs does not say what {name} is about"
        );
    }
    for module in ["manifests/invalid", "manifests/valid"] {
        let folder = cells_of(&checkout().join("tests").join(module));
        for snapshot in folder.iter().filter_map(|name| name.strip_suffix(".snap")) {
            let claim = |name: &String| name == snapshot || name == &format!("{snapshot}.toml");
            assert!(folder.iter().any(claim), "{module}/{snapshot}.snap belongs to no manifest");
        }
        assert!(
            !folder.iter().any(|name| name.ends_with(".snap.new")),
            "look at the new snapshots in {module}"
        );
    }
}
