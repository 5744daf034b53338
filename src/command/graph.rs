use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::print::print;
use crate::cli::Graph;
use crate::failure::{Exit, Failure};
use crate::manifest::{Pipeline, Work};
use crate::plan::{Part, Plan, Tables, Target, expand};
use crate::run::{Project, Session};

/// What stands at the wire to the table whose rows are the cells of a stage.
const ROWS: &str = "grid.rows";

/// What is drawn: nodes with a label and a shape, and edges with the names of the ports.
struct Drawing {
    nodes: BTreeMap<String, Node>,
    edges: BTreeMap<(String, String), BTreeSet<String>>,
}

struct Node {
    label: String,
    source: bool,
}

/// Draws the stages and what they read.
pub(super) fn graph(project: &Project, arguments: &Graph) -> Result<Option<Exit>, Failure> {
    let pipeline = &project.pipeline;
    let targets =
        arguments.targets.iter().map(|text| Target::parse(text, pipeline)).collect::<Result<Vec<_>, _>>()?;
    let plan = expand(pipeline, &targets, &Tables::new())?;
    // What is made already may tell cells that the manifest does not.
    let plan = if plan.units.iter().any(|unit| unit.awaited) {
        Session::look(project, &arguments.targets)?.plan
    } else {
        plan
    };
    let drawing = draw(pipeline, &plan, arguments.cells);
    print(&if arguments.dot {
        dot(&drawing)
    } else if arguments.mermaid {
        mermaid(&drawing)
    } else if arguments.json {
        json(&drawing)
    } else {
        text(&drawing)
    })?;
    Ok(None)
}

fn draw(pipeline: &Pipeline, plan: &Plan, cells: bool) -> Drawing {
    let mut nodes = BTreeMap::new();
    let mut edges: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for unit in &plan.units {
        *counts.entry(unit.stage).or_default() += 1;
    }
    let name = |position: usize| {
        let unit = &plan.units[position];
        if cells { unit.id.clone() } else { unit.stage(pipeline).name.clone() }
    };
    for (position, unit) in plan.units.iter().enumerate() {
        let stage = unit.stage(pipeline);
        let work = match &stage.work {
            Work::Command(..) => "command",
            Work::Kind(kind, _) => kind.name,
        };
        let times = match counts[&unit.stage] {
            _ if unit.awaited && !cells => " × ?".to_owned(),
            count if count > 1 && !cells => format!(" × {count}"),
            _ => String::new(),
        };
        let label = if work == stage.name || cells {
            format!("{}{times}", name(position))
        } else {
            format!("{}{times}\n{work}", name(position))
        };
        nodes.insert(name(position), Node { label, source: false });
        let rows = unit.rows.iter().map(|part| (ROWS, part));
        let inputs =
            unit.inputs.iter().flat_map(|(port, wire)| wire.parts().map(move |part| (port.as_str(), part)));
        for (port, part) in inputs.chain(rows) {
            let from = match part {
                Part::Source(source, _) => {
                    let id = format!("source.{source}");
                    nodes.entry(id.clone()).or_insert(Node { label: id.clone(), source: true });
                    id
                }
                Part::Unit(other, _) => name(*other),
            };
            edges.entry((from, name(position))).or_default().insert(port.to_owned());
        }
    }
    Drawing { nodes, edges }
}

fn ports(ports: &BTreeSet<String>) -> String {
    ports.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn dot(drawing: &Drawing) -> String {
    let quote =
        |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
    let mut out =
        "digraph pipeline {\n  rankdir = LR;\n  node [shape = box, fontname = \"sans-serif\"];\n".to_owned();
    for (id, node) in &drawing.nodes {
        let style = if node.source { ", shape = note" } else { "" };
        out.push_str(&format!("  {} [label = {}{style}];\n", quote(id), quote(&node.label)));
    }
    for ((from, to), names) in &drawing.edges {
        out.push_str(&format!("  {} -> {} [label = {}];\n", quote(from), quote(to), quote(&ports(names))));
    }
    out.push_str("}\n");
    out
}

fn mermaid(drawing: &Drawing) -> String {
    let numbers: BTreeMap<&String, usize> =
        drawing.nodes.keys().enumerate().map(|(at, id)| (id, at)).collect();
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "&quot;").replace('\n', "<br>"));
    let mut out = "flowchart LR\n".to_owned();
    for (id, node) in &drawing.nodes {
        let (open, close) = if node.source { ("[/", "/]") } else { ("[", "]") };
        out.push_str(&format!("  n{}{open}{}{close}\n", numbers[id], quote(&node.label)));
    }
    for ((from, to), names) in &drawing.edges {
        out.push_str(&format!("  n{} -->|{}| n{}\n", numbers[from], quote(&ports(names)), numbers[to]));
    }
    out
}

fn json(drawing: &Drawing) -> String {
    let nodes: Vec<_> = drawing
        .nodes
        .iter()
        .map(|(id, node)| json!({ "id": id, "label": node.label, "source": node.source }))
        .collect();
    let edges: Vec<_> = drawing
        .edges
        .iter()
        .map(|((from, to), names)| json!({ "from": from, "to": to, "ports": names }))
        .collect();
    format!("{:#}\n", json!({ "nodes": nodes, "edges": edges }))
}

fn text(drawing: &Drawing) -> String {
    let mut out = String::new();
    for (id, node) in drawing.nodes.iter().filter(|(_, node)| !node.source) {
        out.push_str(&format!("{}\n", node.label.replace('\n', "  ")));
        for ((from, _), names) in drawing.edges.iter().filter(|((_, to), _)| to == id) {
            out.push_str(&format!("  {} ← {from}\n", ports(names)));
        }
    }
    out
}
