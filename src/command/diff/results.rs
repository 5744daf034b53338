use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use contract::Digest;

use super::finding::{Finding, Which};
use super::side::Used;
use super::values::{Values, different, of_csv, of_json, of_rows};
use crate::command::asked::stage_of;
use crate::command::parquet::{Row, rows};
use crate::failure::Failure;
use crate::key::KeyManifest;
use crate::run::Project;
use crate::store::Store;

/// The ports of kinds whose tables hold numbers that people compare.
const NUMBERS: [&str; 2] = ["table", "metrics"];

/// Compares what two sides made.
pub(super) struct Results<'a> {
    project: &'a Project,
    store: &'a Store,
    tolerance: f64,
    /// Tables that a tool reads, those of one port of a stage together.
    tables: BTreeMap<(String, String), Vec<Pair>>,
    found: Vec<Finding>,
}

/// One output of both sides.
struct Pair {
    id: String,
    port: String,
    digests: [Digest; 2],
}

impl<'a> Results<'a> {
    pub(super) fn new(project: &'a Project, store: &'a Store, tolerance: f64) -> Self {
        Self { project, store, tolerance, tables: BTreeMap::new(), found: Vec::new() }
    }

    /// Compares the outputs of a stage run that both sides have; `names` are those that it gives to its outputs.
    pub(super) fn compare(
        &mut self,
        id: &str,
        names: &KeyManifest,
        a: &Used,
        b: &Used,
    ) -> Result<(), Failure> {
        let ports: BTreeSet<&String> = a.outputs.keys().chain(b.outputs.keys()).collect();
        let differing: Vec<&String> =
            ports.into_iter().filter(|port| a.outputs.get(*port) != b.outputs.get(*port)).collect();
        let is_table = |port: &str| {
            NUMBERS.contains(&port) && names.outputs.get(port).is_some_and(|file| file.ends_with(".parquet"))
        };
        let reads_tables = self.project.catalogue.tool("sql").is_some();
        // The same table in other forms is not told again.
        let table = differing.iter().any(|port| reads_tables && is_table(port));
        for port in differing {
            let name = names.outputs.get(port).map_or("", String::as_str);
            let (Some(old), Some(new)) = (a.outputs.get(port), b.outputs.get(port)) else {
                let (a, b) = (a.outputs.get(port).copied(), b.outputs.get(port).copied());
                self.found.push(Finding::Bytes { id: id.to_owned(), port: port.clone(), a, b });
                continue;
            };
            let pair = Pair { id: id.to_owned(), port: port.clone(), digests: [*old, *new] };
            let is_read =
                name.ends_with(".json") || name.ends_with(".csv") || (reads_tables && is_table(port));
            match is_read {
                true if self.is_gone(&pair) => {}
                true if is_table(port) => {
                    self.tables.entry((stage_of(id).to_owned(), port.clone())).or_default().push(pair);
                }
                true if table => {}
                true => self.in_text(pair, name)?,
                false if table && is_print(name) => {}
                false => self.bytes(pair),
            }
        }
        Ok(())
    }

    /// Returns whether one of two outputs is gone, and notes it.
    fn is_gone(&mut self, pair: &Pair) -> bool {
        let gone: Vec<Which> = [Which::A, Which::B]
            .into_iter()
            .zip(&pair.digests)
            .filter(|(_, digest)| !self.store.object(digest).exists())
            .map(|(which, _)| which)
            .collect();
        self.found.extend(gone.iter().map(|which| {
            let what = format!("output `{}`", pair.port);
            Finding::Gone { id: pair.id.clone(), which: *which, what }
        }));
        !gone.is_empty()
    }

    fn bytes(&mut self, pair: Pair) {
        let [a, b] = pair.digests.map(Some);
        self.found.push(Finding::Bytes { id: pair.id, port: pair.port, a, b });
    }

    fn in_text(&mut self, pair: Pair, name: &str) -> Result<(), Failure> {
        let [a, b] = [self.store.read(&pair.digests[0])?, self.store.read(&pair.digests[1])?];
        let values = if name.ends_with(".json") {
            of_json(&a).zip(of_json(&b))
        } else {
            of_csv(&a).zip(of_csv(&b)).map(|(a, b)| of_rows(&a, &b))
        };
        match values {
            Some((a, b)) => self.values(&pair, &a, &b),
            None => self.bytes(pair),
        }
        Ok(())
    }

    fn values(&mut self, pair: &Pair, a: &Values, b: &Values) {
        let value = |((row, column), a, b)| Finding::Value {
            id: pair.id.clone(),
            port: pair.port.clone(),
            row,
            column,
            a,
            b,
        };
        self.found.extend(different(a, b, self.tolerance).into_iter().map(value));
    }

    /// Reads the tables that are left, and returns everything that was found.
    pub(super) fn close(mut self) -> Vec<Finding> {
        for pairs in std::mem::take(&mut self.tables).into_values() {
            let file = |(at, digest): (usize, &Digest)| (at.to_string(), self.store.object(digest));
            let digests = || pairs.iter().flat_map(|pair| &pair.digests);
            let files: Vec<(String, PathBuf)> = digests().enumerate().map(file).collect();
            let Some(read) = rows(self.project, &files) else {
                pairs.into_iter().for_each(|pair| self.bytes(pair));
                continue;
            };
            let mut by_file: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            for (file, row) in read {
                by_file.entry(file).or_default().push(row);
            }
            let mut of = |at: usize| by_file.remove(&at.to_string()).unwrap_or_default();
            for (at, pair) in pairs.iter().enumerate() {
                let (a, b) = of_rows(&of(2 * at), &of(2 * at + 1));
                self.values(pair, &a, &b);
            }
        }
        self.found
    }
}

/// Returns whether a file is a table as it is printed.
fn is_print(name: &str) -> bool {
    [".md", ".tex"].iter().any(|ending| name.ends_with(ending))
}
