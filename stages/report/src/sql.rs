mod answer;
mod frame;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use contract::{Cell, Issue, Tool};
use polars::prelude::{DataFrame, IntoLazy, PolarsError, SortMultipleOptions};
use polars::sql::{SQLContext, extract_table_identifiers};
use serde::Deserialize;
use serde_json::Value;

use crate::print::{decode, put};

/// Answers a query over tables, each of which is all the artifacts of one port.
///
/// Files are read by the crate `table`, not by Polars, and only those of tables that the query names; pixels are left
/// out. The axes of the cells are columns, too.
pub(crate) const TOOL: Tool = Tool { name: "sql", run };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    query: String,
    format: Format,
    tables: Vec<Table>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Text,
    Csv,
    Json,
}

/// The artifacts of one port.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Stage and port, as in `evaluate.metrics`.
    name: String,
    files: Vec<File>,
}

/// One artifact with its cell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: PathBuf,
    #[serde(default)]
    cell: Cell,
}

fn run(request: &Value, out: &mut dyn Write) -> Result<(), Issue> {
    let request: Request = decode(request)?;
    let answer = answer(&request)?;
    let text = match request.format {
        Format::Text => answer::text(&answer),
        Format::Csv => answer::csv(&answer),
        Format::Json => answer::json(&answer),
    };
    put(out, &text?)
}

fn answer(request: &Request) -> Result<DataFrame, Issue> {
    let identifiers = |with_schema| {
        extract_table_identifiers(&request.query, with_schema, true).map_err(|error| {
            issue(&error).help("the query has to be one SQL statement, such as SELECT … FROM …")
        })
    };
    let names = identifiers(false)?;
    let mut context = SQLContext::new();
    let mut columns = Vec::new();
    for table in request.tables.iter().filter(|table| names.contains(&table.name)) {
        let frame = frame::frame(table)?;
        columns.extend(frame.get_column_names_owned().iter().map(ToString::to_string));
        context.register(&table.name, frame.lazy());
    }
    let result = guarded(|| settled(&request.query, context.execute(&request.query)?.collect()?));
    result.map_err(|issue| match missing_table(request, &names, &identifiers(true).unwrap_or_default()) {
        Some((message, help)) => Issue::new(message).help(help),
        None => issue.help(columns_help(&columns)),
    })
}

/// Runs a query; the SQL front of Polars has corners in which it panics instead of answering.
fn guarded(query: impl FnOnce() -> Result<DataFrame, PolarsError>) -> Result<DataFrame, Issue> {
    match catch_unwind(AssertUnwindSafe(query)) {
        Ok(answer) => answer.map_err(|error| issue(&error)),
        Err(_) => Err(Issue::new("the query uses SQL that is not supported")),
    }
}

/// Sorts an answer by all its columns if its rows would come in another order at every call: groups and sets have none
/// of their own.
fn settled(query: &str, answer: DataFrame) -> Result<DataFrame, PolarsError> {
    let words: Vec<String> = query.split_whitespace().map(str::to_ascii_lowercase).collect();
    let says = |pair: [&str; 2]| words.windows(2).any(|words| words == pair);
    let sets = words.iter().any(|word| ["union", "intersect", "except"].contains(&word.as_str()));
    if says(["order", "by"]) || !(sets || says(["group", "by"])) {
        return Ok(answer);
    }
    answer.sort(answer.get_column_names_owned(), SortMultipleOptions::default())
}

/// Returns message and way out if the query names a table that is not there.
fn missing_table(request: &Request, names: &[String], full_names: &[String]) -> Option<(String, String)> {
    let known = |name: &&String| request.tables.iter().any(|table| table.name == **name);
    if let Some(unquoted) = full_names.iter().find(|name| known(name) && !names.contains(name)) {
        return Some((
            format!("a name with a dot needs quotes: {unquoted}"),
            format!("write FROM \"{unquoted}\""),
        ));
    }
    // The name of a common table expression is no table either, but then another name is to blame.
    let missing = names.iter().find(|name| !known(name) && !defines(&request.query, name))?;
    let tables: Vec<String> = request.tables.iter().map(|table| format!("\"{}\"", table.name)).collect();
    let help = match &tables[..] {
        [] => "no stage has left a table yet".to_owned(),
        tables => format!("there are {}", tables.join(", ")),
    };
    Some((format!("no table is called \"{missing}\""), help))
}

/// Returns whether the query itself may define `name`, by `WITH name AS (…)`.
fn defines(query: &str, name: &str) -> bool {
    let words: Vec<&str> =
        query.split(|letter: char| letter.is_whitespace() || "(),\"".contains(letter)).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| pair[0] == name && pair[1].eq_ignore_ascii_case("as"))
}

fn columns_help(columns: &[String]) -> String {
    let mut known: Vec<&str> = columns.iter().map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    match &known[..] {
        [] => "name a table: SELECT … FROM \"stage.port\"".to_owned(),
        known => format!("the columns are {}", known.join(", ")),
    }
}

/// Returns what Polars says, without the plan that it appends.
fn issue(error: &PolarsError) -> Issue {
    let text = error.to_string();
    Issue::new(text.split("\n\n").next().unwrap_or_default().trim().to_owned())
}
