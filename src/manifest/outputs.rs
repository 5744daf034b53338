//! The outputs of a stage.

use std::path::{Component, Path};

use contract::Kind;

use super::pipeline::Output;
use super::problem::Problem;
use super::read::Reading;
use super::text::Span;
use super::value::Table;

/// Returns the outputs that a kind has.
pub(super) fn kind_outputs(kind: &Kind, span: &Span) -> Vec<Output> {
    let outputs = kind.outputs.iter().map(|output| Output {
        port: output.name.to_owned(),
        file: output.file.trim_end_matches('/').to_owned(),
        folder: output.file.ends_with('/'),
        table: Some(output.table),
        span: span.clone(),
    });
    outputs.collect()
}

/// Reads the outputs that a command declares.
pub(super) fn command_outputs(
    reading: &mut Reading<'_>,
    what: &str,
    span: &Span,
    declared: Option<&Table>,
) -> Vec<Output> {
    let Some(declared) = declared.filter(|table| !table.is_empty()) else {
        reading.problems.push(
            Problem::new("outputs", format!("{what} makes nothing"), span, "no outputs")
                .help("add outputs = { name = \"file\" }, and write {outputs.name} in the command"),
        );
        return Vec::new();
    };
    reading.check_names("port", super::name::refuse, declared);
    let mut outputs: Vec<Output> = Vec::new();
    for (port, entry) in declared {
        let Some(text) = entry.value.as_text() else {
            let message = format!("the output `{port}` of {what} is a file name");
            let found = format!("this is {}", entry.value.type_name());
            reading.problems.push(Problem::new("wrong-type", message, &entry.value.span, found));
            continue;
        };
        let parts = Path::new(text).components().filter(|part| *part != Component::CurDir);
        let parts: Option<Vec<&str>> =
            parts.map(|part| if let Component::Normal(name) = part { name.to_str() } else { None }).collect();
        let Some(parts) = parts.filter(|parts| !parts.is_empty() && text != "/") else {
            let why = if text.trim_matches(['/', '.']).is_empty() && !text.contains("..") {
                "has no file name"
            } else {
                "would lie outside its folder"
            };
            let message = format!("the output `{port}` of {what} {why}");
            reading.problems.push(
                Problem::new("outputs", message, &entry.value.span, "this path")
                    .help("write a relative path without `..`"),
            );
            continue;
        };
        let file = parts.join("/");
        let overlap = outputs.iter().find(|other| {
            Path::new(&other.file).starts_with(&file) || Path::new(&file).starts_with(&other.file)
        });
        if let Some(other) = overlap {
            let message = format!("the outputs `{}` and `{port}` of {what} overlap", other.port);
            reading.problems.push(
                Problem::new("overlap", message, &entry.value.span, "this lies in the other")
                    .also(&other.span, "the other"),
            );
        }
        outputs.push(Output {
            port: port.clone(),
            file,
            folder: text.ends_with('/'),
            table: None,
            span: entry.value.span.clone(),
        });
    }
    outputs
}
