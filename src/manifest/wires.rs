//! The inputs of a stage.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use super::name;
use super::pipeline::Work;
use super::problem::{Problem, nearest};
use super::read::Reading;
use super::reference::{Pick, Reference, Select};
use super::text::Span;
use super::value::Table;

/// Reads the references that a stage reads, by port.
pub(super) fn wires(
    reading: &mut Reading<'_>,
    what: &str,
    span: &Span,
    declared: &Table,
    work: &Work,
    private: bool,
) -> BTreeMap<String, Box<Reference>> {
    let mut wires = BTreeMap::new();
    for (port, entry) in declared {
        let inside = Path::new(port).components().all(|part| matches!(part, Component::Normal(_)));
        if let Some(why) = name::refuse(port).filter(|_| !(private && inside && !port.is_empty())) {
            let message = format!("`{port}` cannot be the name of an input");
            reading.problems.push(Problem::new("name", message, &entry.key, "this name").help(why));
            continue;
        }
        let Some(text) = entry.value.as_text() else {
            let message = format!("the input `{port}` of {what} is a reference");
            let found = format!("this is {}", entry.value.type_name());
            reading.problems.push(
                Problem::new("wrong-type", message, &entry.value.span, found)
                    .help("write \"stage.port\" or \"source.name\""),
            );
            continue;
        };
        let reference = match Reference::parse(text, &entry.value.span, &reading.texts) {
            Ok(reference) => reference,
            Err(problem) => {
                reading.problems.push(problem);
                continue;
            }
        };
        if let Work::Kind(kind, _) = work {
            match kind.input(port) {
                None => reading.problems.push(
                    Problem::new(
                        "unknown-port",
                        format!("the kind `{}` has no input `{port}`", kind.name),
                        &entry.key,
                        "this port",
                    )
                    .suggest(nearest(port, kind.inputs.iter().map(|input| input.name))),
                ),
                Some(input) if !input.arity.is_many() && reference.gathers() => {
                    let message =
                        format!("the input `{port}` of the kind `{}` takes one artifact", kind.name);
                    reading.problems.push(Problem::new(
                        "gather",
                        message,
                        &entry.value.span,
                        "this gathers several",
                    ));
                }
                Some(_) => {}
            }
        }
        wires.insert(port.clone(), Box::new(reference));
    }
    if let Work::Kind(kind, kind_span) = work {
        let required = kind.inputs.iter().filter(|input| !input.arity.is_optional());
        for input in required.filter(|input| !declared.contains_key(input.name)) {
            let message = format!("{what} lacks the input `{}` of its kind", input.name);
            reading.problems.push(
                Problem::new("missing-input", message, kind_span, format!("`{}` reads it", kind.name))
                    .also(span, "in this stage")
                    .help(format!("inputs.{} = \"stage.port\": {}", input.name, input.doc)),
            );
        }
    }
    wires
}

impl Reference {
    /// Returns whether it means several artifacts at once.
    pub fn gathers(&self) -> bool {
        match &self.select {
            Select::All | Select::Over => true,
            Select::Where(picks) => picks.iter().any(|(_, pick)| *pick == Pick::All),
        }
    }
}
