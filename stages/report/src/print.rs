use std::io::Write;
use std::path::PathBuf;

use contract::{Issue, Tool};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::render::{Format, Named};
use crate::{PaperTable, Presentation};

/// Prints tables that stages made, with title, labels, notes and tolerance as they are now.
pub(crate) const TOOL: Tool = Tool { name: "table", run };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    format: Format,
    tables: Vec<Entry>,
    #[serde(default)]
    color: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Name of the experiment.
    name: String,
    #[serde(default)]
    title: Option<String>,
    /// Parameters of its stage, of which those for the presentation are read.
    #[serde(default)]
    params: Option<Presentation>,
    /// The stage's `table.json`.
    json: PathBuf,
}

impl Entry {
    /// Reads the table and puts its presentation on.
    pub(crate) fn read(self) -> Result<Named, Issue> {
        let presentation = Presentation { title: self.title, ..self.params.unwrap_or_default() };
        Ok(Named { name: self.name, table: PaperTable::read(&self.json)?, presentation })
    }
}

fn run(request: &Value, out: &mut dyn Write) -> Result<(), Issue> {
    let request: Request = decode(request)?;
    let tables = request.tables.into_iter().map(Entry::read).collect::<Result<Vec<_>, Issue>>()?;
    put(out, &request.format.render(&tables, request.color))
}

/// Reads the request of a tool.
pub(crate) fn decode<T: DeserializeOwned>(request: &Value) -> Result<T, Issue> {
    T::deserialize(request).map_err(|error| Issue::new(format!("the request cannot be read: {error}")))
}

/// Prints the answer of a tool.
pub(crate) fn put(out: &mut dyn Write, text: &str) -> Result<(), Issue> {
    out.write_all(text.as_bytes())
        .map_err(|error| Issue::new(format!("the answer cannot be printed: {error}")))
}
