use std::io::Write;
use std::path::PathBuf;

use contract::{Issue, Tool};
use serde::Deserialize;
use serde_json::Value;
use table::{Difference, first_difference};

use crate::print::{decode, put};

/// Tells where a table that was made again differs from the recorded one: row, column and both values.
pub(crate) const TOOL: Tool = Tool { name: "first-difference", run };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    recorded: PathBuf,
    rebuilt: PathBuf,
}

fn run(request: &Value, out: &mut dyn Write) -> Result<(), Issue> {
    let request: Request = decode(request)?;
    let text = match first_difference(&request.recorded, &request.rebuilt)? {
        Some(Difference::Value { row, column, first, second }) => {
            format!("row {row} (from 0), column \"{column}\": {first} recorded, {second} rebuilt")
        }
        Some(Difference::Rows(first, second)) => {
            format!("{first} rows recorded, {second} rebuilt; those that both have are equal")
        }
        Some(Difference::Columns(first, second)) => {
            format!("columns recorded: {}\ncolumns rebuilt: {}", first.join(", "), second.join(", "))
        }
        None => "all rows are equal: metadata differ, or how the file is written".to_owned(),
    };
    put(out, &format!("{text}\n"))
}
