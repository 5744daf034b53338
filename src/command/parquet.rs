use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value as Json, json};

use crate::run::Project;
use crate::worker::tool_answer;

/// The column that says which file a row is from.
const FILE: &str = "osteon-file";

/// A row of a table: its values by column, in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row(pub(super) Vec<(String, Json)>);

impl Row {
    /// Returns the value in a column.
    pub(super) fn get(&self, column: &str) -> Option<&Json> {
        self.0.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }

    /// Returns it as an object.
    pub(super) fn to_json(&self) -> Json {
        self.0.iter().cloned().collect::<serde_json::Map<_, _>>().into()
    }
}

/// Returns the rows of Parquet files that have the same columns, each with the name of its file; nothing if this build has
/// no stages, or one of them cannot be read.
pub(super) fn rows(project: &Project, files: &[(String, PathBuf)]) -> Option<Vec<(String, Row)>> {
    let of_file = |(name, path): &(String, PathBuf)| json!({ "path": path, "cell": { FILE: name } });
    let table = json!({ "name": "t", "files": files.iter().map(of_file).collect::<Vec<_>>() });
    let request = json!({ "query": "SELECT * FROM t", "format": "json", "tables": [table] });
    let answer = tool_answer(project.catalogue, "sql", request)?;
    let rows: Vec<Row> = serde_json::from_str(&answer).ok()?;
    let named = |mut row: Row| {
        let at = row.0.iter().position(|(column, _)| column == FILE)?;
        match row.0.remove(at).1 {
            Json::String(file) => Some((file, row)),
            _ => None,
        }
    };
    rows.into_iter().map(named).collect()
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Columns)
    }
}

struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut columns = Vec::new();
        while let Some(column) = map.next_entry()? {
            columns.push(column);
        }
        Ok(Row(columns))
    }
}
