use std::collections::BTreeSet;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use super::unit::{Part, Unit};
use crate::manifest::{Grid, Pipeline, Problem};

/// Puts the units into an order in which each comes after those that it reads.
///
/// # Errors
/// The circles that there are, each with the stages on it in order.
pub(super) fn order(pipeline: &Pipeline, units: &[Unit]) -> Result<Vec<usize>, Vec<Problem>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::with_capacity(units.len(), units.len());
    let nodes: Vec<NodeIndex> = (0..units.len()).map(|unit| graph.add_node(unit)).collect();
    for (reader, unit) in units.iter().enumerate() {
        for read in waits_for(units, unit) {
            graph.add_edge(nodes[read], nodes[reader], ());
        }
    }
    if toposort(&graph, None).is_ok() {
        return Ok(as_written(units));
    }
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for component in kosaraju_scc(&graph) {
        let members: BTreeSet<usize> = component.iter().map(|node| graph[*node]).collect();
        let circle = circle(units, &members);
        let names: Vec<&str> = circle.iter().map(|unit| units[*unit].stage(pipeline).name.as_str()).collect();
        if circle.is_empty() || !seen.insert(names.iter().copied().collect::<BTreeSet<&str>>()) {
            continue;
        }
        let message = format!("stages wait for each other: {} → {}", names.join(" → "), names[0]);
        let mut problem: Option<Problem> = None;
        for (at, unit) in circle.iter().enumerate() {
            let reader = &units[circle[(at + 1) % circle.len()]];
            let next = reader.stage(pipeline);
            let wire =
                reader.inputs.iter().find(|(_, wire)| wire.parts().any(|part| part.unit() == Some(*unit)));
            let name = &units[*unit].stage(pipeline).name;
            let (reference, label) = match (wire, &next.grid) {
                (Some((port, _)), _) => (next.inputs[port].as_ref(), format!("{} reads {name}", next.name)),
                (None, Grid::Rows(reference)) => {
                    (reference, format!("the cells of {} are rows of {name}", next.name))
                }
                (None, Grid::Of(reference)) => (reference, format!("{} has the cells of {name}", next.name)),
                (None, _) => continue,
            };
            problem = Some(match problem {
                None => Problem::new("cycle", message.clone(), &reference.span, label),
                Some(problem) => problem.also(&reference.span, label),
            });
        }
        problems.extend(problem);
    }
    Err(problems)
}

/// Returns the units that have to be done before one: those that it reads, and where it stands for others those that all
/// of them read, as far as it is known which.
fn waits_for(units: &[Unit], unit: &Unit) -> BTreeSet<usize> {
    let by_all = unit.parts().filter_map(Part::unit).filter(|read| unit.awaited && !units[*read].awaited);
    unit.reads.iter().copied().chain(by_all).collect()
}

/// Returns the units of an acyclic graph stage by stage and cell by cell, each right after what it still lacked.
fn as_written(units: &[Unit]) -> Vec<usize> {
    let mut by_place: Vec<usize> = (0..units.len()).collect();
    by_place.sort_by(|a, b| (units[*a].stage, &units[*a].cell).cmp(&(units[*b].stage, &units[*b].cell)));
    let mut order = Vec::with_capacity(units.len());
    let mut seen = vec![false; units.len()];
    for start in by_place {
        let mut open = vec![(start, 0)];
        while let Some((unit, next)) = open.pop() {
            if next == 0 && std::mem::replace(&mut seen[unit], true) {
                continue;
            }
            match units[unit].reads.get(next) {
                Some(&read) => {
                    open.push((unit, next + 1));
                    open.push((read, 0));
                }
                None => order.push(unit),
            }
        }
    }
    order
}

/// Returns the units on one circle among `members`, each read by the next; empty if they form none.
fn circle(units: &[Unit], members: &BTreeSet<usize>) -> Vec<usize> {
    let Some(&first) = members.first() else { return Vec::new() };
    let mut path = vec![first];
    loop {
        let here = *path.last().expect("the path begins with one unit");
        let Some(next) = waits_for(units, &units[here]).into_iter().find(|read| members.contains(read))
        else {
            return Vec::new();
        };
        if let Some(start) = path.iter().position(|unit| *unit == next) {
            let mut circle = path.split_off(start);
            circle.reverse();
            let least = circle.iter().enumerate().min_by_key(|(_, unit)| **unit).map_or(0, |(at, _)| at);
            circle.rotate_left(least);
            return circle;
        }
        path.push(next);
    }
}
