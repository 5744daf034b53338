//! What can be wrong with one stage although everything that it names is there.

use std::collections::BTreeSet;

use super::cells::Cells;
use super::substitute::uses;
use super::wire::Reader;
use crate::manifest::problem::nearest;
use crate::manifest::reference::{Reference, Select};
use crate::manifest::template::{Group, Template};
use crate::manifest::text::{Span, Texts};
use crate::manifest::value::{Form, Value};
use crate::manifest::{Problem, Stage};

/// Returns the mistakes that a placeholder of a command stands for no word.
pub(super) fn words(
    texts: &Texts,
    stage: &Stage,
    template: &Template,
    span: &Span,
    params: &Value,
) -> Vec<Problem> {
    let of_params = template.places.iter().filter(|place| place.group == Group::Param);
    let mistakes = of_params.filter_map(|place| {
        let why = match params.get(&place.path).map(|value| &value.form) {
            None => format!("{} has no parameter `{}`", stage.name, place.path),
            Some(Form::Table(_)) => {
                format!("the parameter `{}` of {} is a table, which is no word", place.path, stage.name)
            }
            Some(Form::Scalar(_) | Form::List(_)) => return None,
        };
        let here = texts.within(span, &template.text[place.range.clone()]);
        Some(
            Problem::new("placeholder", why, &here, "in its command")
                .help("name one value: {params.name.key}"),
        )
    });
    mistakes.collect()
}

/// Returns the mistakes that an axis of the grid, or of `over`, changes nothing.
pub(super) fn unused_axes(reader: &Reader<'_>, grid: &Cells) -> Vec<Problem> {
    let stage = reader.stage;
    if reader.pipeline.mistaken.contains(&stage.name) {
        return Vec::new();
    }
    // Whose axes are not known yet may have them all.
    let awaited =
        |reference: &Reference| matches!(reader.owner(reference), Ok(Some((_, grid, _))) if grid.awaited);
    if stage.inputs.values().any(|reference| awaited(reference)) {
        return Vec::new();
    }
    let mut used = BTreeSet::new();
    uses(&stage.params, &mut used);
    stage.over.iter().flat_map(|axes| axes.values()).for_each(|entry| uses(&entry.value, &mut used));
    let mut of_over = BTreeSet::new();
    for reference in stage.inputs.values() {
        reader.axes_used(reference, &mut used);
        if reference.select == Select::Over {
            reader.axes_used(reference, &mut of_over);
        }
    }
    let mut problems = Vec::new();
    for axis in grid.axes.iter().filter(|axis| !used.contains(*axis)) {
        let message = format!("the axis `{axis}` of {} changes nothing", stage.name);
        problems.push(
            Problem::new("unused-axis", message, &stage.span, "no parameter and no input uses it")
                .help(format!("use it: params.{axis} = \"${axis}\", or leave it out")),
        );
    }
    let gathers = stage.inputs.values().filter(|reference| reference.select == Select::Over);
    // Whose axes are not known may have them all.
    if gathers.clone().any(|reference| !matches!(reader.owner(reference), Ok(Some(_)))) {
        return problems;
    }
    for (axis, entry) in stage.over.iter().flatten().filter(|(axis, _)| !of_over.contains(*axis)) {
        let message = format!("the axis `{axis}` of `over` changes nothing");
        problems.push(
            Problem::new("unused-axis", message, &entry.key, "no stage that is gathered with [over] has it")
                .suggest(nearest(axis, of_over.iter().map(String::as_str))),
        );
    }
    problems
}

/// Returns where the key stands that `message` calls an unknown field.
pub(super) fn key_span(params: &Value, message: &str) -> Option<Span> {
    let field = message.split("unknown field `").nth(1)?.split('`').next()?;
    let mut open = vec![params];
    while let Some(value) = open.pop() {
        match &value.form {
            Form::Table(table) => {
                if let Some(entry) = table.get(field) {
                    return Some(entry.key.clone());
                }
                open.extend(table.values().map(|entry| &entry.value));
            }
            Form::List(items) => open.extend(items),
            Form::Scalar(_) => {}
        }
    }
    None
}
