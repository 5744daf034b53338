use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::finding::{Finding, Which, difference};
use super::side::Side;
use crate::command::asked::{count, stage_of};
use crate::run::brief;

/// Values of one output that are shown.
const SHOWN: usize = 30;

/// Writes for people in what two sides differ: equal changes of the cells of a stage once.
pub(super) fn text(a: &Side, b: &Side, found: &[Finding]) -> String {
    let mut variables = Vec::new();
    let mut stages: Vec<(String, Vec<&str>)> = Vec::new();
    let mut results: Vec<String> = Vec::new();
    let mut outputs: Vec<(String, Vec<&str>)> = Vec::new();
    let mut shown: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in found {
        match finding {
            Finding::Variable { name, a, b } => {
                variables.push(format!("{name}  {} → {}", show(a.as_ref()), show(b.as_ref())));
            }
            Finding::Only { id, which } => {
                let side = if *which == Which::A { "A" } else { "B" };
                add(&mut stages, format!("'{}'  only in {side}", stage_of(id)), id);
            }
            Finding::Change { id, change } => {
                add(&mut stages, format!("'{}'  {}", stage_of(id), brief(change)), id);
            }
            Finding::Gone { id, which, what } => {
                let side = if *which == Which::A { "A" } else { "B" };
                let line =
                    format!("'{}'  {what} of {side} is gone from the cache: not compared", stage_of(id));
                add(&mut stages, line, id);
            }
            Finding::Bytes { id, port, .. } => {
                add(&mut outputs, format!("'{}'.{port}  other bytes", stage_of(id)), id);
            }
            Finding::Value { id, port, row, column, a, b } => {
                let before = shown.entry((id, port)).or_default();
                *before += 1;
                if *before == 1 {
                    results.push(format!("'{id}'.{port}"));
                }
                if *before <= SHOWN {
                    let by = difference(a.as_ref(), b.as_ref());
                    let by = by.map_or(String::new(), |by| format!("  ({by:+.6})"));
                    let row = if row.is_empty() { String::new() } else { format!("{}  ", row.join(", ")) };
                    results.push(format!("  {row}{column}  {} → {}{by}", show(a.as_ref()), show(b.as_ref())));
                }
            }
        }
    }
    for ((id, port), count) in shown.into_iter().filter(|(_, count)| *count > SHOWN) {
        results.push(format!("'{id}'.{port}  {} more values (--json has all)", count - SHOWN));
    }
    let stages: Vec<String> = stages.into_iter().map(collapsed).collect();
    results.extend(outputs.into_iter().map(collapsed));
    let mut text = format!("A is {}\nB is {}\n", a.title, b.title);
    for (head, lines) in [("variables", variables), ("stages", stages), ("results", results)] {
        if !lines.is_empty() {
            text.push_str(&format!("\n{head}\n"));
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text
}

fn add<'a>(groups: &mut Vec<(String, Vec<&'a str>)>, line: String, id: &'a str) {
    match groups.iter_mut().find(|(known, _)| *known == line) {
        Some((_, ids)) => ids.push(id),
        None => groups.push((line, vec![id])),
    }
}

fn collapsed((line, ids): (String, Vec<&str>)) -> String {
    match ids.as_slice() {
        [one] if one.contains('[') => format!("{line}  '{one}'"),
        [_] => line,
        several => format!("{line}  {}", count(several.iter().copied())),
    }
}

fn show(value: Option<&Json>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
