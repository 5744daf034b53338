//! What a run of everything leaves, by the names under `cache/latest`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::files_below;

/// Returns the ports that hold Parquet tables, each as `stage.port`.
pub fn ports(latest: &Path) -> BTreeSet<String> {
    let files =
        files_below(latest).into_iter().filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    let name = |path: &Path| {
        let stage = path.strip_prefix(latest).ok()?.iter().next()?.to_str()?;
        Some(format!("{stage}.{}", path.file_stem()?.to_str()?))
    };
    files.filter_map(|path| name(&path)).collect()
}

/// Returns the tables with a cell that says `undefined`, after a look for holes: cells that say nothing.
pub fn undefined(latest: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files_below(latest).iter().filter(|path| path.ends_with("table.json")) {
        let name = file.parent().expect("it lies in the folder of its stage").file_name().expect("a name");
        let name = name.to_string_lossy();
        let table: Value = serde_json::from_slice(&fs::read(file).expect("a table")).expect("JSON");
        // Networks have unequal numbers of layers.
        let may_be_empty = |cell: &Value| {
            cell["published-text"] == "" && ["table3", "table4", "table7"].contains(&name.as_ref())
        };
        for cell in table["cells"].as_array().expect("a list") {
            let text = cell["ours-text"].as_str().expect("text");
            assert!(text != "not run" && (!text.is_empty() || may_be_empty(cell)), "{name}: {cell}");
            if text.contains("undefined") {
                found.insert(name.to_string());
            }
        }
    }
    found
}

/// Asserts that every figure is drawn and says what it shows.
pub fn figures(latest: &Path) {
    for number in [1, 2, 4, 8, 9, 10, 11, 12, 13] {
        let svg = fs::read_to_string(latest.join(format!("figure{number}/figure.svg")))
            .expect("every figure is drawn");
        assert!(svg.contains(&format!("Figure {number}. ")) && !svg.contains("\"NaN\""), "figure {number}");
    }
}
