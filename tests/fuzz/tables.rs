use std::collections::BTreeSet;

use contract::Catalogue;
use fuzzer::{Grammar, Target};
use osteon::manifest::{Choice, read};
use osteon::plan::{Rows, Tables, expand, parse_cell};

use super::folder::{folder, write};
use super::manifests::hold;

const CSV: Grammar = Grammar::text(&[
    "x,y\n",
    "1,a\n",
    "\"a,b\"",
    "\"\"",
    "\"",
    "\r\n",
    "\r",
    ",",
    " ",
    "\t",
    "+1",
    "-0",
    "-0.0",
    "1e400",
    "nan",
    "inf",
    "1_000",
    "0x1F",
    "1979-05-27",
    "true",
    "~",
    "%2C",
    "[",
    "]",
    "=",
    "/",
    "\u{FEFF}",
    "\u{0}",
    "ä",
    "#",
]);

const JSON: Grammar = Grammar::text(&[
    "[{\"x\":1,\"y\":\"a\"}]",
    "{\"x\":",
    "\"x\":2",
    "1e400",
    "-0",
    "-0.0",
    "0.1000000000000000055511151231257827",
    "9223372036854775808",
    "null",
    "true",
    "\"1\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[",
    "{}",
    "[",
    "]",
    ",",
    "\u{FEFF}",
]);

#[test]
fn a_grid_of_csv_is_planned_or_refused() {
    tables("csv", CSV);
}

#[test]
fn a_grid_of_json_is_planned_or_refused() {
    tables("json", JSON);
}

/// Reads tables of one notation as the cells of a stage.
fn tables(notation: &'static str, grammar: Grammar) {
    let folder = folder();
    let file = format!("t.{notation}");
    let manifest = format!(
        "[stage.list]\noutputs = {{ t = \"{file}\" }}\ncommand = \"true > {{outputs.t}}\"\n\
         [stage.cell]\ngrid.rows = \"list.t\"\noutputs = {{ o = \"o\" }}\ncommand = \"true > {{outputs.o}}\"\n"
    );
    let path = folder.path().join("pipeline.toml");
    write(&path, manifest.as_bytes());
    let pipeline = read(&path, &Choice::default(), &Catalogue::EMPTY)
        .unwrap_or_else(|_| panic!("a manifest without mistakes is read"));
    let of_rows = pipeline.stages.iter().position(|stage| stage.name == "cell").expect("it is a stage");
    Target::new(notation, grammar).memory(1 << 20, 4 << 10).run(move |bytes| {
        let rows = match Rows::read(&file, bytes) {
            Ok(rows) => rows,
            Err(issue) => return issue.to_string(),
        };
        let plan = match expand(&pipeline, &[], &Tables::from([(of_rows, rows)])) {
            Ok(plan) => plan,
            Err(failure) => return failure.text,
        };
        hold(&pipeline, &plan);
        let cells: Vec<_> =
            plan.units.iter().filter(|unit| unit.stage == of_rows).map(|unit| &unit.cell).collect();
        let printed = |cell: &contract::Cell| -> Vec<(String, String)> {
            cell.iter().map(|(axis, value)| (axis.clone(), value.to_string())).collect()
        };
        let different: BTreeSet<_> = cells.iter().map(|cell| printed(cell)).collect();
        assert_eq!(different.len(), cells.len(), "two cells are told apart by what is printed of them");
        for (unit, cell) in plan.units.iter().filter(|unit| unit.stage == of_rows).zip(&cells) {
            let name = unit.id.split_once('[').map_or("", |(_, name)| name.trim_end_matches(']'));
            if !name.contains('~') && !cell.is_empty() {
                let again = parse_cell(name).unwrap_or_else(|| panic!("{name} names a cell"));
                assert_eq!(printed(&again), printed(cell), "a name tells its cell");
            }
        }
        format!("{} cells", "|".repeat(cells.len().min(9)))
    });
}
