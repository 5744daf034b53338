//! Values with their places.

use std::collections::BTreeMap;
use std::fmt;

use contract::Scalar;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::text::{FileId, Span};

/// A value of a manifest with the place where it stands.
#[derive(Clone, Debug)]
pub struct Value {
    /// Where it stands; a value that came in through a variable stands where the variable is used.
    pub span: Span,
    /// What it is.
    pub form: Form,
}

/// What a [`Value`] is.
#[derive(Clone, Debug)]
pub enum Form {
    /// A string, number or truth value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(Table),
}

/// The entries of a table, by key.
pub type Table = BTreeMap<String, Entry>;

/// One entry of a table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: Value,
}

/// How deep tables and lists may lie within each other: whatever walks a value does so in a stack of some size.
const DEEPEST: usize = 64;

/// Reads the text of a file; stops at the first error of syntax.
pub fn parse(file: FileId, text: &str) -> Result<Table, Problem> {
    let root = DeTable::parse(text).map_err(|error| {
        let range = error.span().unwrap_or(0..0);
        Problem::new("syntax", "the file is not TOML", &Span { file, range }, error.message().to_owned())
    })?;
    table(file, root.get_ref(), 0)
}

fn table(file: FileId, raw: &DeTable<'_>, depth: usize) -> Result<Table, Problem> {
    raw.iter()
        .map(|(key, item)| {
            let entry = Entry { key: Span { file, range: key.span() }, value: value(file, item, depth + 1)? };
            Ok((key.get_ref().to_string(), entry))
        })
        .collect()
}

fn value(file: FileId, raw: &Spanned<DeValue<'_>>, depth: usize) -> Result<Value, Problem> {
    let span = Span { file, range: raw.span() };
    if depth > DEEPEST {
        let message = format!("tables and lists lie at most {DEEPEST} deep within each other");
        return Err(Problem::new("depth", message, &span, "too deep"));
    }
    let form = match raw.get_ref() {
        DeValue::String(text) => Form::Scalar(Scalar::Text(text.to_string())),
        DeValue::Boolean(value) => Form::Scalar(Scalar::Bool(*value)),
        DeValue::Integer(digits) => {
            let parsed = i64::from_str_radix(digits.as_str(), digits.radix());
            let too_big = |_| Problem::new("number", "a whole number has 64 bits", &span, "too big");
            Form::Scalar(Scalar::Int(parsed.map_err(too_big)?))
        }
        DeValue::Float(digits) => {
            let parsed: f64 = digits.as_str().parse().unwrap_or(f64::NAN);
            if !parsed.is_finite() {
                return Err(Problem::new("number", "a value is a finite number", &span, "this is none"));
            }
            // -0.0 equals 0.0 and must have its key.
            Form::Scalar(Scalar::Float(if parsed == 0.0 { 0.0 } else { parsed }))
        }
        DeValue::Datetime(_) => {
            return Err(Problem::new("type", "a date is no value here", &span, "write it as a string"));
        }
        DeValue::Array(items) => {
            Form::List(items.iter().map(|item| value(file, item, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => Form::Table(table(file, entries, depth)?),
    };
    Ok(Value { span, form })
}

impl Value {
    /// Returns the string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.form {
            Form::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns what it is, for a message.
    pub fn type_name(&self) -> &'static str {
        match &self.form {
            Form::Scalar(Scalar::Bool(_)) => "a boolean",
            Form::Scalar(Scalar::Int(_)) => "an integer",
            Form::Scalar(Scalar::Float(_)) => "a float",
            Form::Scalar(Scalar::Text(_)) => "a string",
            Form::List(_) => "a list",
            Form::Table(_) => "a table",
        }
    }

    /// Returns its items: those of a list, or itself alone.
    pub fn items(&self) -> &[Self] {
        match &self.form {
            Form::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Returns the value as JSON.
    pub fn to_json(&self) -> Json {
        match &self.form {
            Form::Scalar(Scalar::Bool(value)) => Json::from(*value),
            Form::Scalar(Scalar::Int(value)) => Json::from(*value),
            Form::Scalar(Scalar::Float(value)) => Json::from(*value),
            Form::Scalar(Scalar::Text(value)) => Json::from(value.as_str()),
            Form::List(items) => items.iter().map(Self::to_json).collect(),
            Form::Table(table) => to_json(table),
        }
    }

    /// Returns the part at a path of keys such as `a.b`.
    pub fn get(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |here, key| match &here.form {
            Form::Table(table) => table.get(key).map(|entry| &entry.value),
            Form::List(_) | Form::Scalar(_) => None,
        })
    }

    /// Returns the part at a path of keys and positions such as `a.b[2].c`, or the nearest part above it.
    pub fn at(&self, path: &str) -> &Self {
        let mut here = self;
        for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')) {
            let next = match &here.form {
                Form::Table(table) => table.get(step).map(|entry| &entry.value),
                Form::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                Form::Scalar(_) => None,
            };
            match next {
                Some(value) => here = value,
                None => break,
            }
        }
        here
    }
}

/// Returns a table as JSON.
pub fn to_json(table: &Table) -> Json {
    table.iter().map(|(key, entry)| (key.clone(), entry.value.to_json())).collect()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Scalar(Scalar::Text(text)) => write!(f, "{text:?}"),
            Form::Scalar(scalar) => write!(f, "{scalar}"),
            Form::List(_) | Form::Table(_) => write!(f, "{}", self.to_json()),
        }
    }
}
