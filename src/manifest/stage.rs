use std::path::Path;

use super::fields::Fields;
use super::grid::read_grid;
use super::needs::KEYS;
use super::outputs::{command_outputs, kind_outputs};
use super::pipeline::{Grid, Output, Stage, Work};
use super::problem::{Problem, nearest};
use super::quotes;
use super::read::Reading;
use super::template::{Group, Template};
use super::text::Span;
use super::value::{Form, Table, Value};
use super::wires::wires;

/// Reads one stage; `None` if too little of it could be read to go on.
pub(super) fn read_stage(
    reading: &mut Reading<'_>,
    name: &str,
    span: &Span,
    table: &Table,
    experiment: bool,
) -> Option<Stage> {
    let what = if experiment { format!("the experiment {name}") } else { format!("stage.{name}") };
    let mut fields = Fields::new(table, what.as_str());
    let title = fields.text("title").map(|(title, _)| title.to_owned());
    let kind = fields.text("kind");
    let command = fields.text("command");
    let inputs = fields.table("inputs").cloned().unwrap_or_default();
    let params = fields.table("params").cloned().unwrap_or_default();
    let outputs = fields.table("outputs");
    let env = fields.texts("env");
    let needs = fields.table("needs").cloned().unwrap_or_default();
    let private = fields.flag("private").unwrap_or(false);
    let grid = fields.entry("grid");
    let over = fields.read("over", "a table of axes, or a list of such tables", |value| {
        value.items().iter().map(as_table).collect::<Option<Vec<Table>>>()
    });
    let misspelled = fields.finish(&mut reading.problems);

    let unreadable = |key, read: bool| !read && (table.contains_key(key) || misspelled == Some(key));
    if unreadable("kind", kind.is_some()) || unreadable("command", command.is_some()) {
        return None;
    }
    let work = work(reading, &what, span, kind, command)?;
    let outputs = match &work {
        Work::Kind(kind, _) => {
            let meant_for_commands =
                [("outputs", outputs.is_some()), ("env", env.is_some()), ("private", private)];
            for (key, _) in meant_for_commands.iter().filter(|(_, given)| *given) {
                let message = format!("{what} has a kind, whose {key} are its own");
                let message = if *key == "outputs" {
                    message
                } else {
                    format!("`{key}` is for commands; {what} has a kind")
                };
                let place = table.get(*key).map_or(span, |entry| &entry.key);
                reading.problems.push(Problem::new("kind", message, place, "leave this out"));
            }
            kind_outputs(kind, span)
        }
        Work::Command(..) if unreadable("outputs", outputs.is_some()) => Vec::new(),
        Work::Command(..) => command_outputs(reading, &what, span, outputs),
    };
    let declared: [Vec<&str>; 2] = [
        inputs.keys().map(String::as_str).collect(),
        table.get("outputs").map_or(Vec::new(), |entry| keys(&entry.value)),
    ];
    if let (Work::Command(template, span), true) = (&work, misspelled.is_none() && well_formed(table)) {
        check_template(reading, &what, template, span, &declared);
        let quoted = quotes::mistakes(&reading.texts, &what, template, span);
        reading.problems.extend(quoted);
    }
    for (name, span) in env.iter().flatten() {
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("{name:?} is no name of a variable of the environment");
            reading.problems.push(
                Problem::new("env", message, span, "this name")
                    .help("name it alone: its value is the one that osteon itself is started with"),
            );
        }
    }
    if private {
        check_overlaps(reading, &what, &inputs, &outputs);
    }
    let inputs = wires(reading, &what, span, &inputs, &work, private);
    for (key, entry) in &needs {
        if !KEYS.iter().any(|(known, _)| known == key) {
            let message = format!("`needs` of {what} has no key `{key}`");
            reading.problems.push(
                Problem::new("unknown-key", message, &entry.key, "unknown key")
                    .suggest(nearest(key, KEYS.map(|(known, _)| known))),
            );
        }
    }
    let grid = grid.map_or(Some(Grid::Single), |entry| read_grid(reading, &what, entry))?;
    Some(Stage {
        name: name.to_owned(),
        span: span.clone(),
        title,
        experiment,
        grid,
        over: over.unwrap_or_default(),
        inputs,
        params: Value {
            span: table.get("params").map_or(span, |entry| &entry.value.span).clone(),
            form: Form::Table(params),
        },
        outputs,
        env: env.unwrap_or_default().into_iter().map(|(name, _)| name.to_owned()).collect(),
        needs,
        work,
        private,
    })
}

/// Returns the table that a value is.
pub(super) fn as_table(value: &Value) -> Option<Table> {
    match &value.form {
        Form::Table(table) => Some(table.clone()),
        _ => None,
    }
}

fn work(
    reading: &mut Reading<'_>,
    what: &str,
    span: &Span,
    kind: Option<(&str, &Span)>,
    command: Option<(&str, &Span)>,
) -> Option<Work> {
    match (kind, command) {
        (None, Some((command, span))) if command.trim().is_empty() => {
            let message = format!("{what} does nothing");
            let problem = Problem::new("work", message, span, "an empty command");
            reading.problems.push(problem.help("write what it does: command = \"…\""));
            None
        }
        (None, Some((command, span))) => Some(Work::Command(Template::parse(command), span.clone())),
        (Some((name, span)), None) => {
            let found = reading.catalogue.kind(name).map(|kind| Work::Kind(kind, span.clone()));
            let lacks_all = reading.catalogue.kinds.is_empty();
            let said = reading.problems.iter().any(|problem| problem.code == "unknown-kind");
            if found.is_none() && !(lacks_all && said) {
                let known = reading.catalogue.kinds.iter().map(|kind| kind.name);
                let lacking =
                    reading.catalogue.kinds.is_empty().then(|| "this build has no kinds".to_owned());
                reading.problems.push(
                    Problem::new("unknown-kind", format!("there is no kind `{name}`"), span, "this kind")
                        .suggest(lacking.or_else(|| nearest(name, known))),
                );
            }
            found
        }
        (Some((_, first)), Some((_, second))) => {
            let message = format!("{what} has a kind and a command");
            reading
                .problems
                .push(Problem::new("work", message, first, "either this").also(second, "or this"));
            None
        }
        (None, None) => {
            reading.problems.push(
                Problem::new("work", format!("{what} does nothing"), span, "neither `command` nor `kind`")
                    .help("add command = \"…\" or kind = \"…\""),
            );
            None
        }
    }
}

/// Notes the inputs and outputs of a private stage that would lie where another of its inputs does.
fn check_overlaps(reading: &mut Reading<'_>, what: &str, inputs: &Table, outputs: &[Output]) {
    let paths: Vec<(&str, &Span)> =
        inputs.iter().map(|(input, entry)| (input.as_str(), &entry.key)).collect();
    for (at, (second, here)) in paths.iter().enumerate() {
        let lies_in =
            |first: &str| Path::new(second).starts_with(first) || Path::new(first).starts_with(second);
        if let Some((first, there)) = paths[..at].iter().find(|(first, _)| lies_in(first)) {
            let message = format!("the inputs `{first}` and `{second}` of {what} overlap");
            reading
                .problems
                .push(Problem::new("overlap", message, here, "these overlap").also(there, "the other"));
        }
    }
    for output in outputs {
        let file = Path::new(&output.file);
        let lies_in = |input: &str| file.starts_with(input) || Path::new(input).starts_with(file);
        if let Some((input, entry)) = inputs.iter().find(|(input, _)| lies_in(input)) {
            let message = format!("the input `{input}` and the output `{}` of {what} overlap", output.port);
            reading.problems.push(
                Problem::new("overlap", message, &output.span, "this lies in the input")
                    .also(&entry.key, "the input")
                    .help("write the output to a folder of its own"),
            );
        }
    }
}

/// Returns whether the tables of ports are tables at all: if not, that is the one mistake.
fn well_formed(table: &Table) -> bool {
    let is_table = |key| table.get(key).is_none_or(|entry| matches!(entry.value.form, Form::Table(_)));
    is_table("inputs") && is_table("outputs")
}

fn check_template(
    reading: &mut Reading<'_>,
    what: &str,
    template: &Template,
    span: &Span,
    [inputs, outputs]: &[Vec<&str>; 2],
) {
    for place in &template.places {
        let text = &template.text[place.range.clone()];
        let (group, known) = match place.group {
            Group::Input => ("input", inputs),
            Group::Output => ("output", outputs),
            // Parameters may come from variables: they are checked when these are known.
            Group::Param => continue,
        };
        if !known.contains(&place.path.as_str()) {
            let message = format!("{what} has no {group} `{}`", place.path);
            reading.problems.push(
                Problem::new("unknown-port", message, &reading.texts.within(span, text), "in its command")
                    .suggest(nearest(&place.path, known.iter().copied())),
            );
        }
    }
}

fn keys(value: &Value) -> Vec<&str> {
    match &value.form {
        Form::Table(table) => table.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
