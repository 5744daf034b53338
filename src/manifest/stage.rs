use std::collections::BTreeMap;
use std::path::{Component, Path};

use contract::Kind;

use super::fields::Fields;
use super::name;
use super::needs::KEYS;
use super::pipeline::{Grid, Output, Stage, Work};
use super::problem::{Problem, nearest};
use super::read::Reading;
use super::reference::{Pick, Reference, Select};
use super::template::{Group, Template};
use super::text::Span;
use super::value::{Entry, Form, Table, Value};

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
    fields.finish(&mut reading.problems);

    let unreadable = |key, read: bool| table.contains_key(key) && !read;
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
    if let (Work::Command(template, span), true) = (&work, well_formed(table)) {
        check_template(reading, &what, template, span, &declared);
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

fn as_table(value: &Value) -> Option<Table> {
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

fn kind_outputs(kind: &Kind, span: &Span) -> Vec<Output> {
    let outputs = kind.outputs.iter().map(|output| Output {
        port: output.name.to_owned(),
        file: output.file.trim_end_matches('/').to_owned(),
        folder: output.file.ends_with('/'),
        table: Some(output.table),
        span: span.clone(),
    });
    outputs.collect()
}

fn command_outputs(
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
    reading.check_names("port", declared);
    let mut outputs: Vec<Output> = Vec::new();
    for (port, entry) in declared {
        let Some(text) = entry.value.as_text() else {
            let message = format!("the output `{port}` of {what} is a file name");
            let found = format!("this is {}", entry.value.type_name());
            reading.problems.push(Problem::new("wrong-type", message, &entry.value.span, found));
            continue;
        };
        let file = text.trim_end_matches('/');
        let inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        if file.is_empty() || !inside {
            let message = format!("the output `{port}` of {what} would lie outside its folder");
            reading.problems.push(
                Problem::new("outputs", message, &entry.value.span, "this path")
                    .help("write a relative path without `..`"),
            );
            continue;
        }
        let file: String = Path::new(file)
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
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

fn wires(
    reading: &mut Reading<'_>,
    what: &str,
    span: &Span,
    declared: &Table,
    work: &Work,
    private: bool,
) -> BTreeMap<String, Reference> {
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
        wires.insert(port.clone(), reference);
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

fn read_grid(reading: &mut Reading<'_>, what: &str, entry: &Entry) -> Option<Grid> {
    let value = &entry.value;
    if let Some(text) = value.as_text() {
        return match Reference::cells(text, &value.span, &reading.texts) {
            Ok(reference) => Some(Grid::Of(reference)),
            Err(problem) => {
                reading.problems.push(problem);
                None
            }
        };
    }
    match &value.form {
        Form::List(items) => {
            let mut axes: Vec<(String, Span)> = Vec::new();
            for item in items {
                let Some(axis) = item.as_text().filter(|axis| name::refuse(axis).is_none()) else {
                    let message = format!("an open grid of {what} is a list of axis names");
                    reading.problems.push(Problem::new("grid", message, &item.span, "this is no name"));
                    return None;
                };
                if axes.iter().any(|(known, _)| known == axis) {
                    let message = format!("the axis `{axis}` stands twice");
                    reading.problems.push(Problem::new("duplicate", message, &item.span, "again"));
                    return None;
                }
                axes.push((axis.to_owned(), item.span.clone()));
            }
            axes.sort_by(|a, b| a.0.cmp(&b.0));
            Some(Grid::Open(axes))
        }
        Form::Table(table) => {
            let mut fields = Fields::new(table, format!("grid of {what}"));
            let axes = fields.table("axes").cloned().unwrap_or_default();
            let tables = |value: &Value| -> Option<Vec<(Table, Span)>> {
                value.items().iter().map(|item| Some((as_table(item)?, item.span.clone()))).collect()
            };
            let exclude = fields.read("exclude", "a list of tables", tables).unwrap_or_default();
            let include = fields.read("include", "a list of tables", tables).unwrap_or_default();
            fields.finish(&mut reading.problems);
            reading.check_names("axis", &axes);
            for (cell, _) in exclude.iter().chain(&include) {
                for (axis, entry) in cell.iter().filter(|(axis, _)| !axes.contains_key(*axis)) {
                    let message = format!("the grid of {what} has no axis `{axis}`");
                    reading.problems.push(
                        Problem::new("unknown-axis", message, &entry.key, "this axis")
                            .suggest(nearest(axis, axes.keys().map(String::as_str))),
                    );
                }
            }
            Some(Grid::Axes { axes, exclude, include, span: value.span.clone() })
        }
        Form::Scalar(_) => {
            let message = format!("the grid of {what} is a table, the name of a stage, or a list of axes");
            let found = format!("this is {}", value.type_name());
            reading.problems.push(Problem::new("wrong-type", message, &value.span, found));
            None
        }
    }
}
