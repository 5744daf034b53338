use serde_json::json;

use super::words::{count, show_since};
use crate::command::print::{columns, print};
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::{Entry, Inventory};
use crate::ui::datable;

/// Lists the records of the cache, by name.
pub(super) fn list(project: &Project, json: bool) -> Result<Option<Exit>, Failure> {
    let inventory = Inventory::take(&project.cache, &project.runs())?;
    let mut entries: Vec<&Entry> = inventory.records.iter().collect();
    entries.sort_by_cached_key(|entry| (entry.name(), entry.key));
    let text = if json { lines(&entries) } else { table(&entries) };
    print(&text)?;
    say!("{} with {} of objects", count(entries.len(), "record"), show_size(inventory.bytes()));
    Ok(None)
}

fn table(entries: &[&Entry]) -> String {
    let mut rows = vec![["what", "key", "size", "used", "pinned"].map(str::to_owned).to_vec()];
    for entry in entries {
        let pinned = if entry.pinned { "pinned" } else { "" };
        let row = [
            entry.name(),
            entry.key.0.short(),
            show_size(entry.bytes),
            show_since(entry.used),
            pinned.to_owned(),
        ];
        rows.push(row.to_vec());
    }
    columns(&rows, &[2, 3])
}

fn lines(entries: &[&Entry]) -> String {
    let line = |entry: &&Entry| {
        let line = json!({
            "reason": "cache-record",
            "id": entry.id,
            "name": entry.name(),
            "key": entry.key.0,
            "bytes": entry.bytes,
            "used": humantime::format_rfc3339_millis(datable(entry.used)).to_string(),
            "pinned": entry.pinned,
            "damaged": entry.record.is_none(),
        });
        format!("{line}\n")
    };
    entries.iter().map(line).collect()
}
