use fs_err as fs;

use super::pin::owner;
use super::words::count;
use crate::failure::{Exit, Failure};
use crate::manifest::problem::nearest;
use crate::run::Project;
use crate::store::pins;

/// Removes the pins of targets; all of them are known, or none is removed.
pub(super) fn unpin(project: &Project, targets: &[String]) -> Result<Option<Exit>, Failure> {
    let mut ours = pins(&project.cache)?;
    ours.retain(|(_, pin)| pin.project == owner(project));
    for target in targets {
        if !ours.iter().any(|(_, pin)| pin.target == *target) {
            let help = nearest(target, ours.iter().map(|(_, pin)| pin.target.as_str()));
            let help = help.unwrap_or_else(|| "osteon cache pin lists the pins".to_owned());
            return Err(Failure::usage(format!("error: there is no pin '{target}'; {help}")));
        }
    }
    for (path, pin) in ours.into_iter().filter(|(_, pin)| targets.contains(&pin.target)) {
        fs::remove_file(path)?;
        say!("unpinned '{}': {}", pin.target, count(pin.keys.len(), "record"));
    }
    Ok(None)
}
