use super::print::{print, unknown_cells, warn_unless_fresh};
use crate::cli::Reference;
use crate::failure::{Exit, Failure};
use crate::manifest::problem::nearest;
use crate::run::{Project, Session};

/// Prints where the artifacts of a reference lie, a line each.
pub(super) fn path(project: &Project, arguments: &Reference) -> Result<Option<Exit>, Failure> {
    let latest = project.latest();
    let mut text = String::new();
    for reference in &arguments.references {
        let (target, port) = split(reference);
        let session = Session::look(project, &[target.to_owned()])?;
        let units: Vec<usize> =
            (0..session.plan.units.len()).filter(|unit| session.plan.units[*unit].target).collect();
        for &unit in &units {
            let planned = &session.plan.units[unit];
            if planned.awaited {
                return Err(unknown_cells(planned));
            }
            let outputs = &planned.stage(&project.pipeline).outputs;
            if let Some(port) = port.filter(|port| !outputs.iter().any(|output| output.port == *port)) {
                let help = nearest(port, outputs.iter().map(|output| output.port.as_str()));
                let help = help.map_or(String::new(), |help| format!("; {help}"));
                return Err(Failure::usage(format!("error: '{}' has no output `{port}`{help}", planned.id)));
            }
            for (position, _) in
                outputs.iter().enumerate().filter(|(_, output)| port.is_none_or(|port| output.port == port))
            {
                let path = latest.path(&project.pipeline, planned, position);
                let is_lost = session.standings[unit].lost;
                if is_lost || !path.exists() {
                    let id = &planned.id;
                    let why = if path.exists() {
                        format!("what '{id}' made is damaged")
                    } else if is_lost || path.is_symlink() {
                        format!("what '{id}' made is gone from the cache")
                    } else {
                        format!("'{id}' has not run yet")
                    };
                    return Err(Failure::usage(format!("error: {why}: osteon run '{id}'")));
                }
                text.push_str(&format!("{}\n", path.display()));
            }
        }
        warn_unless_fresh(&session, units);
    }
    print(&text)?;
    Ok(None)
}

/// Divides `stage[cell].port` into the target and the port.
fn split(reference: &str) -> (&str, Option<&str>) {
    let dot = match reference.rfind(']') {
        Some(close) => reference[close..].find('.').map(|at| close + at),
        None => reference.find('.'),
    };
    dot.map_or((reference, None), |at| (&reference[..at], Some(&reference[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_in_the_brackets_is_part_of_a_value() {
        assert_eq!(split("fit[rate=0.1].score"), ("fit[rate=0.1]", Some("score")));
        assert_eq!(split("fit[rate=0.1]"), ("fit[rate=0.1]", None));
        assert_eq!(split("fit.score"), ("fit", Some("score")));
    }
}
