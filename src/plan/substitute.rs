use std::collections::{BTreeMap, BTreeSet};

use contract::{Cell, Scalar};

use crate::manifest::Problem;
use crate::manifest::name;
use crate::manifest::problem::nearest;
use crate::manifest::value::{Entry, Form, Table, Value};

/// More cells than any grid of experiments has: the product of a few axes is beyond any memory.
const MOST_CELLS: usize = 1_000_000;

/// What `$name` means: the axis of that name, else the variable.
pub(super) struct Scope<'a> {
    pub(super) cell: &'a Cell,
    pub(super) variables: &'a BTreeMap<String, Value>,
}

impl Scope<'_> {
    /// Returns `value` with every string that is wholly `$` and a name replaced.
    pub(super) fn substitute(&self, value: &Value) -> Result<Value, Problem> {
        let form = match &value.form {
            Form::Scalar(Scalar::Text(text)) if text.starts_with('$') => {
                if text.starts_with("$$") {
                    Form::Scalar(Scalar::Text(text[1..].to_owned()))
                } else {
                    self.look_up(text, value)?
                }
            }
            Form::Scalar(scalar) => Form::Scalar(scalar.clone()),
            Form::List(items) => {
                Form::List(items.iter().map(|item| self.substitute(item)).collect::<Result<_, _>>()?)
            }
            Form::Table(table) => Form::Table(self.substitute_table(table)?),
        };
        Ok(Value { span: value.span.clone(), form })
    }

    fn substitute_table(&self, table: &Table) -> Result<Table, Problem> {
        let entries = table.iter().map(|(key, entry)| {
            let value = self.substitute(&entry.value)?;
            Ok((key.clone(), Box::new(Entry { key: entry.key.clone(), value })))
        });
        entries.collect()
    }

    fn look_up(&self, text: &str, value: &Value) -> Result<Form, Problem> {
        let Some(name) = name::variable(text) else {
            let message = format!("`{text}` begins with `$` but names nothing");
            return Err(Problem::new("unknown-variable", message, &value.span, "no name")
                .help(format!("write `${text}` for the text {text}")));
        };
        match (self.cell.get(name), self.variables.get(name)) {
            (Some(_), Some(variable)) => {
                let message = format!("the axis `{name}` hides the variable of that name");
                Err(Problem::new("hidden-variable", message, &value.span, "which one?")
                    .also(&variable.span, "the variable")
                    .help("rename one of them"))
            }
            (Some(scalar), None) => Ok(Form::Scalar(scalar.clone())),
            (None, Some(variable)) => Ok(variable.form.clone()),
            (None, None) => {
                let known = self.cell.keys().chain(self.variables.keys()).map(String::as_str);
                let message = format!("there is no axis and no variable `{name}`");
                Err(Problem::new("unknown-variable", message, &value.span, "unknown")
                    .suggest(nearest(name, known))
                    .help_if_none("declare it with its default under [variables]"))
            }
        }
    }

    /// Returns every cell of a table of axes, the last axis fastest.
    pub(super) fn product(&self, axes: &Table) -> Result<Vec<Cell>, Problem> {
        let mut cells = vec![Cell::new()];
        for (axis, entry) in axes {
            if self.variables.contains_key(axis) && self.cell.is_empty() {
                let message = format!("the axis `{axis}` hides the variable of that name");
                return Err(Problem::new("hidden-variable", message, &entry.key, "this axis")
                    .also(&self.variables[axis].span, "the variable")
                    .help("rename one of them"));
            }
            let values = self.values(axis, &entry.value)?;
            if cells.len().saturating_mul(values.len()) > MOST_CELLS {
                let message = format!("a grid has at most {MOST_CELLS} cells");
                return Err(Problem::new(
                    "grid",
                    message,
                    &entry.value.span,
                    "with these values it has more",
                )
                .help(
                    "leave out values, or make an open grid of it: its cells are those that are asked for",
                ));
            }
            cells = cells
                .iter()
                .flat_map(|cell| {
                    values.iter().map(|value| {
                        let mut cell = cell.clone();
                        cell.insert(axis.clone(), value.clone());
                        cell
                    })
                })
                .collect();
        }
        Ok(cells)
    }

    fn values(&self, axis: &str, value: &Value) -> Result<Vec<Scalar>, Problem> {
        let value = self.substitute(value)?;
        let mut seen = BTreeSet::new();
        let mut values = Vec::new();
        for item in value.items() {
            let Form::Scalar(scalar) = &item.form else {
                let message = format!("a value of the axis `{axis}` is a string, a number or a boolean");
                let found = format!("this is {}", item.type_name());
                return Err(Problem::new("wrong-type", message, &item.span, found));
            };
            if !seen.insert(scalar.to_string()) {
                let message = format!("two values of the axis `{axis}` print as `{scalar}`");
                return Err(Problem::new("duplicate", message, &item.span, "again")
                    .help("cells are named by their values: each has to print differently"));
            }
            values.push(scalar.clone());
        }
        Ok(values)
    }
}

/// Notes the names that `value` uses as `$name`.
pub(super) fn uses(value: &Value, names: &mut BTreeSet<String>) {
    match &value.form {
        Form::Scalar(Scalar::Text(text)) => names.extend(name::variable(text).map(str::to_owned)),
        Form::Scalar(_) => {}
        Form::List(items) => items.iter().for_each(|item| uses(item, names)),
        Form::Table(table) => table.values().for_each(|entry| uses(&entry.value, names)),
    }
}

/// Reads a value that stands in brackets as TOML would: a number or a truth value, else text.
pub fn typed(text: &str) -> Scalar {
    // 007 is no number: the name of a person or a file stays what it is.
    let digits = text.trim_start_matches(['+', '-']).as_bytes();
    if digits.first() == Some(&b'0') && digits.get(1).is_some_and(u8::is_ascii_digit) {
        return Scalar::Text(text.to_owned());
    }
    if let Ok(value) = text.parse::<i64>() {
        return Scalar::Int(value);
    }
    match (text, text.parse::<f64>()) {
        ("true", _) => Scalar::Bool(true),
        ("false", _) => Scalar::Bool(false),
        (_, Ok(value)) if value.is_finite() && text.contains(['.', 'e']) => Scalar::Float(value),
        _ => Scalar::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_toml_takes_for_a_number_is_one_and_what_it_refuses_is_text() {
        let written = |text: &str| serde_json::to_string(&typed(text)).unwrap();
        assert_eq!(["7", "-7", "+7", "0", "0.5", "1e3"].map(written), ["7", "-7", "7", "0", "0.5", "1000.0"]);
        assert_eq!(["true", "7a", "", "nan"].map(written), ["true", "\"7a\"", "\"\"", "\"nan\""]);
        assert_eq!(["007", "-07", "00.5"].map(written), ["\"007\"", "\"-07\"", "\"00.5\""]);
    }
}
