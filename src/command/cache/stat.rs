use std::collections::BTreeMap;

use crate::command::asked::stage_of;
use crate::command::print::{columns, print};
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::Inventory;

/// What the records of one stage hold; of one that no run used, of its kind or command.
#[derive(Default)]
struct Holding {
    records: usize,
    /// A folder counted once.
    artifacts: usize,
    /// Before equal artifacts are stored once.
    bytes: u64,
}

/// Tells how much the cache holds.
pub(super) fn stat(project: &Project) -> Result<Option<Exit>, Failure> {
    let inventory = Inventory::take(&project.cache, &project.runs())?;
    let mut by_stage: BTreeMap<String, Holding> = BTreeMap::new();
    for (entry, record) in inventory.records.iter().filter_map(|entry| Some((entry, entry.record.as_ref()?)))
    {
        let stage = entry.id.as_deref().map(|id| stage_of(id).to_owned());
        let holding = by_stage.entry(stage.unwrap_or_else(|| record.work())).or_default();
        holding.records += 1;
        holding.artifacts += record.outputs.len();
        holding.bytes += record.outputs.values().map(|artifact| artifact.size).sum::<u64>();
    }
    let mut rows = vec![["what", "records", "artifacts", "size"].map(str::to_owned).to_vec()];
    for (name, Holding { records, artifacts, bytes }) in &by_stage {
        rows.push(vec![name.clone(), records.to_string(), artifacts.to_string(), show_size(*bytes)]);
    }
    print(&columns(&rows, &[1, 2, 3]))?;
    print(&format!(
        "\n{} records, {} objects of {} in {}\n",
        by_stage.values().map(|holding| holding.records).sum::<usize>(),
        inventory.count(),
        show_size(inventory.bytes()),
        project.cache.display()
    ))?;
    Ok(None)
}
