use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Project;

/// The units of a project and what they read, as `graph --cells --json` tells; sources left out.
pub struct Graph {
    json: Json,
}

impl Graph {
    /// Returns what is planned for some targets and flags.
    pub fn of(project: &Project, line: &str) -> Self {
        let output = project.osteon(&format!("graph --cells --json {line}")).ok();
        Self { json: serde_json::from_str(output.stdout()).expect("it prints JSON") }
    }

    /// Returns how many cells each stage has.
    pub fn cells(&self) -> BTreeMap<String, usize> {
        let mut cells = BTreeMap::new();
        for node in self.nodes() {
            let stage = node.split('[').next().unwrap_or_default();
            *cells.entry(stage.to_owned()).or_default() += 1;
        }
        cells
    }

    /// Returns how many wires there are between units: one for each artifact of each port.
    pub fn edges(&self) -> usize {
        let units = self.nodes();
        let edges = self.json["edges"].as_array().into_iter().flatten();
        let between = edges.filter(|edge| units.contains(&edge["from"].as_str().unwrap_or_default()));
        between.map(|edge| edge["ports"].as_array().map_or(0, Vec::len)).sum()
    }

    fn nodes(&self) -> Vec<&str> {
        let nodes = self.json["nodes"].as_array().into_iter().flatten();
        nodes.filter(|node| node["source"] == false).filter_map(|node| node["id"].as_str()).collect()
    }
}
