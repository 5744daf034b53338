use super::words::{count, show_age};
use crate::cli::Gc;
use crate::command::print::{columns, print};
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::{Gone, Rules, Swept, sweep};

/// Removes what no rule keeps.
pub(super) fn gc(project: &Project, arguments: &Gc) -> Result<Option<Exit>, Failure> {
    let rules = Rules {
        keep_runs: arguments.keep_runs,
        older_than: arguments.older_than,
        max_size: arguments.max_size.map(|size| size.as_u64()),
        grace: arguments.grace,
    };
    let swept = sweep(&project.cache, &project.runs(), &rules, arguments.dry_run)?;
    for (note, runs) in &swept.absent {
        say!(
            "warning: a project kept its runs in {}, which is not there: what it used counts as unused; \
             if it is gone for good, delete {}",
            runs.display(),
            note.display()
        );
    }
    let did = if arguments.dry_run { "would remove" } else { "removed" };
    print(&table(&swept, did))?;
    say!(
        "{did} {} and {}, {} in all; {} and {} are kept",
        count(swept.records, "record"),
        count(swept.objects, "object"),
        show_size(swept.bytes),
        count(swept.kept, "record"),
        show_size(swept.left)
    );
    if swept.young > 0 {
        let grace = humantime::format_duration(rules.grace);
        say!(
            "{} kept only by the grace period of {grace}: --grace 0s removes what was just written, too",
            swept.young
        );
    }
    if let Some(limit) = rules.max_size.filter(|limit| swept.left > *limit) {
        say!(
            "warning: more than {} is left: the rest is pinned, or kept by another rule or the grace period",
            show_size(limit)
        );
    }
    Ok(None)
}

fn table(swept: &Swept, did: &str) -> String {
    let row = |gone: &Gone| {
        let key = gone.key.map_or(String::new(), |key| key.0.short());
        vec![did.to_owned(), gone.name.clone(), key, show_size(gone.bytes), show_age(gone.unused)]
    };
    columns(&swept.gone.iter().map(row).collect::<Vec<_>>(), &[3, 4])
}
