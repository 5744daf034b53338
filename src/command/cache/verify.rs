use super::words::count;
use crate::command::asked::some;
use crate::command::print::print;
use crate::failure::{Exit, Failure};
use crate::manifest::needs::show_size;
use crate::run::Project;
use crate::store::{self, Damage, Repair};

/// Reads the whole cache; ends with 5 if something is damaged and stays so.
pub(super) fn verify(project: &Project, repair: bool) -> Result<Option<Exit>, Failure> {
    let report = store::verify(&project.cache, &project.home, repair)?;
    print(&report.damages.iter().map(line).collect::<String>())?;
    say!(
        "read {}: {}, {}, {}, {} of latest, {} of the index",
        show_size(report.bytes),
        count(report.records, "record"),
        count(report.objects, "object"),
        count(report.trees, "laid-out folder"),
        count(report.links, "link"),
        count(report.indexed, "file")
    );
    if !report.lacking.is_empty() {
        say!(
            "without all of its objects, which is no damage, since what is gone is made again when needed: {}: {}",
            count(report.lacking.len(), "record"),
            some(report.lacking.into_iter(), ", ")
        );
    }
    let left = report.damages.iter().filter(|damage| damage.repair != Repair::Done).count();
    let all = report.damages.len();
    match (all, left) {
        (0, _) => say!("nothing is damaged"),
        (_, 0) => say!("repaired {}: osteon run makes again what is needed", count(all, "damage")),
        _ if repair => say!("left after the repair: {left} of {}", count(all, "damage")),
        _ => say!("{}: osteon cache verify --repair, then osteon run", count(all, "damage")),
    }
    Ok((left > 0).then_some(Exit::Damaged))
}

fn line(damage: &Damage) -> String {
    let what = if damage.what.is_empty() { String::new() } else { format!("{}: ", damage.what) };
    let done = match &damage.repair {
        Repair::Done => "; repaired".to_owned(),
        Repair::Failed(why) => format!("; it could not be repaired: {why}"),
        Repair::Remove | Repair::Forget | Repair::ByHand => String::new(),
    };
    format!("{}: {what}{}{done}\n", damage.path.display(), damage.why)
}
