use super::print::{columns, print};
use crate::cli::Cache;
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::gc;

/// Looks after the cache.
pub(super) fn cache(project: &Project, arguments: &Cache) -> Result<Option<Exit>, Failure> {
    match arguments {
        Cache::Stat => {
            let holdings = gc::holdings(&project.cache)?;
            let mut rows = vec![["what", "records", "artifacts", "size"].map(str::to_owned).to_vec()];
            for (name, holding) in &holdings.by_work {
                rows.push(vec![
                    name.clone(),
                    holding.records.to_string(),
                    holding.artifacts.to_string(),
                    show_size(holding.bytes),
                ]);
            }
            print(&columns(&rows, &[1, 2, 3]))?;
            print(&format!(
                "\n{} records, {} objects of {} in {}\n",
                holdings.records,
                holdings.objects,
                show_size(holdings.bytes),
                project.cache.display()
            ))?;
        }
        Cache::Gc { keep_runs, dry_run } => {
            let swept = gc::keep_runs(&project.cache, &project.runs(), keep_runs.get(), *dry_run)?;
            let would = if *dry_run { "would remove" } else { "removed" };
            for name in &swept.names {
                print(&format!("{would} {name}\n"))?;
            }
            eprintln!(
                "{would} {} records and {} objects of {}; {} records are kept",
                swept.records,
                swept.objects,
                show_size(swept.bytes),
                swept.kept
            );
        }
    }
    Ok(None)
}
