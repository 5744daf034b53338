use crate::support::{checkout, rust_files, text};

/// For each module of the engine, the others that it may name; those that are not here may name all.
const MAY_NAME: [(&str, &[&str]); 12] = [
    ("event", &[]),
    ("key", &[]),
    ("schedule", &[]),
    ("fs", &["failure"]),
    ("failure", &["manifest"]),
    ("manifest", &["failure", "fs"]),
    ("plan", &["failure", "manifest"]),
    ("store", &["event", "fs", "key"]),
    ("ui", &["event"]),
    ("worker", &["failure"]),
    ("cli", &["manifest", "store"]),
    ("run", &["event", "failure", "fs", "key", "manifest", "plan", "schedule", "store", "ui", "worker"]),
];

/// Modules that only compute.
const PURE: [&str; 4] = ["key", "manifest", "plan", "schedule"];

/// What only effects need.
const EFFECTS: [&str; 6] = ["std::thread", "std::process", "std::env", "Instant", "SystemTime", "rayon"];

/// Returns the module of the engine that a file belongs to.
fn module(path: &std::path::Path) -> String {
    let inside = path.strip_prefix("src").expect("a file of the engine");
    let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn modules_of_the_engine_name_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        let own = module(&file.path);
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == own) else { continue };
        for line in file.code() {
            for rest in line.split("crate::").skip(1) {
                let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
                let other = &rest[..end];
                if !other.is_empty() && other != own && !allowed.contains(&other) {
                    wrong.push(format!("{}: {own} names {other}", file.path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_computes_has_no_threads_clocks_processes_or_environment() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]).iter().filter(|file| PURE.contains(&module(&file.path).as_str())) {
        for line in file.code() {
            let found = EFFECTS.iter().filter(|effect| line.contains(**effect));
            wrong.extend(found.map(|effect| format!("{}: {effect}", file.path.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_runs_and_workers_start_processes() {
    let files = rust_files(&["src"]);
    let starts = files.iter().filter(|file| file.code().any(|line| line.contains("Command::new(")));
    let starts: Vec<String> = starts.map(|file| module(&file.path)).collect();
    assert!(starts.iter().all(|module| ["run", "worker"].contains(&module.as_str())), "{starts:?}");
}

/// Returns the names of the crates that a manifest lists under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = text(manifest);
    let listed = text.split_once("\n[dependencies]\n").map_or("", |(_, listed)| listed);
    let lines = listed.lines().take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| Some(line.split_once(['.', ' '])?.0.to_owned())).collect()
}

#[test]
fn families_of_stages_meet_in_files_and_never_name_each_other() {
    let own = ["contract", "table", "scan", "train", "report", "stages", "osteon", "fuzzer"];
    for (manifest, allowed) in [
        ("Cargo.toml", &["contract", "stages"][..]),
        ("stages/Cargo.toml", &["contract", "scan", "train", "report"]),
        ("stages/contract/Cargo.toml", &[]),
        ("stages/table/Cargo.toml", &["contract"]),
        ("stages/scan/Cargo.toml", &["contract", "table"]),
        ("stages/train/Cargo.toml", &["contract", "table"]),
        ("stages/report/Cargo.toml", &["contract", "table"]),
        ("tests/fuzzer/Cargo.toml", &[]),
    ] {
        let named = dependencies(manifest).into_iter().filter(|name| own.contains(&name.as_str()));
        let wrong: Vec<String> = named.filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(wrong.is_empty(), "{manifest} names {wrong:?}");
    }
}

#[test]
fn the_engine_knows_no_parquet_no_dicom_and_no_tensor() {
    let heavy = |name: &String| {
        ["arrow", "parquet", "polars", "burn", "dicom", "tch"].iter().any(|heavy| name.starts_with(heavy))
    };
    for manifest in ["Cargo.toml", "stages/contract/Cargo.toml"] {
        assert!(!dependencies(manifest).iter().any(heavy), "{manifest}");
    }
    assert!(checkout().join("src/main.rs").exists());
}
