use crate::command::print::{columns, print};
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::holdings;

/// Tells how much the cache holds.
pub(super) fn stat(project: &Project) -> Result<Option<Exit>, Failure> {
    let holdings = holdings(&project.cache)?;
    let mut rows = vec![["what", "records", "artifacts", "size"].map(str::to_owned).to_vec()];
    for (name, holding) in &holdings.by_work {
        let row = [
            name.clone(),
            holding.records.to_string(),
            holding.artifacts.to_string(),
            show_size(holding.bytes),
        ];
        rows.push(row.to_vec());
    }
    print(&columns(&rows, &[1, 2, 3]))?;
    print(&format!(
        "\n{} records, {} objects of {} in {}\n",
        holdings.records,
        holdings.objects,
        show_size(holdings.bytes),
        project.cache.display()
    ))?;
    Ok(None)
}
