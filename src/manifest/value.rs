//! Values with their places.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use contract::Scalar;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

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

/// The entries of a table, by key; most tables are small, and a map keeps room for eleven.
pub type Table = BTreeMap<String, Box<Entry>>;

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

/// Reads the text of a file: what it says, unless it is not TOML at all, and the mistakes in its values.
///
/// A value with a mistake is stood in for by another of its type, so that what is wrong elsewhere is found too.
pub fn parse(file: FileId, text: &str) -> (Option<Table>, Vec<Problem>) {
    let mut reader = Reader { file, problems: Vec::new() };
    if let Some(range) = abyss(text) {
        let problem =
            Problem::new("syntax", "the file is not TOML", &Span { file, range }, "too many are open");
        return (None, vec![problem.suggest(Some("close the brackets before".to_owned()))]);
    }
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let span = Span { file, range: error.span().unwrap_or(0..0) };
            let said = error.message().to_owned();
            return (None, vec![Problem::new("syntax", "the file is not TOML", &span, said)]);
        }
    };
    (Some(reader.table(root.get_ref(), 0)), reader.problems)
}

/// Returns the bracket at which more are open than a value may have: behind a mistake, the parser calls itself for each.
fn abyss(text: &str) -> Option<Range<usize>> {
    let mut open = Vec::new();
    for token in Source::new(text).lex() {
        let opener = match token.kind() {
            kind @ (TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket) => {
                open.push(kind);
                if open.len() > 4 * DEEPEST {
                    return Some(token.span().start()..token.span().end());
                }
                continue;
            }
            TokenKind::RightCurlyBracket => TokenKind::LeftCurlyBracket,
            TokenKind::RightSquareBracket => TokenKind::LeftSquareBracket,
            _ => continue,
        };
        if open.last() == Some(&opener) {
            open.pop();
        }
    }
    None
}

struct Reader {
    file: FileId,
    problems: Vec<Problem>,
}

impl Reader {
    fn table(&mut self, raw: &DeTable<'_>, depth: usize) -> Table {
        let mut table = Table::new();
        for (key, item) in raw {
            let span = Span { file: self.file, range: key.span() };
            let entry = Entry { key: span, value: self.value(item, depth + 1) };
            table.insert(key.get_ref().to_string(), Box::new(entry));
        }
        table
    }

    fn value(&mut self, raw: &Spanned<DeValue<'_>>, depth: usize) -> Value {
        let span = Span { file: self.file, range: raw.span() };
        let mut mistaken = |code, message: &str, label: &str, instead| {
            self.problems.push(Problem::new(code, message, &span, label));
            Form::Scalar(instead)
        };
        if depth > DEEPEST {
            let message = format!("tables and lists lie at most {DEEPEST} deep within each other");
            let form = mistaken("depth", &message, "too deep", Scalar::Text(String::new()));
            return Value { span, form };
        }
        let form = match raw.get_ref() {
            DeValue::String(text) => Form::Scalar(Scalar::Text(text.to_string())),
            DeValue::Boolean(value) => Form::Scalar(Scalar::Bool(*value)),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(whole) => Form::Scalar(Scalar::Int(whole)),
                Err(_) => mistaken("number", "a whole number has 64 bits", "too big", Scalar::Int(i64::MAX)),
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                // -0.0 equals 0.0 and must have its key.
                Ok(0.0) => Form::Scalar(Scalar::Float(0.0)),
                Ok(number) if number.is_finite() => Form::Scalar(Scalar::Float(number)),
                _ => {
                    mistaken("number", "a value is a finite number", "this is none", Scalar::Float(f64::MAX))
                }
            },
            DeValue::Datetime(date) => {
                let text = Scalar::Text(date.to_string());
                mistaken("type", "a date is no value here", "write it as a string", text)
            }
            DeValue::Array(items) => {
                Form::List(items.iter().map(|item| self.value(item, depth + 1)).collect())
            }
            DeValue::Table(entries) => Form::Table(self.table(entries, depth)),
        };
        Value { span, form }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::text::Texts;

    #[test]
    fn brackets_that_are_never_closed_end_no_program() {
        let file = Texts::default().add("pipeline.toml".into(), String::new());
        for line in ["c{{}\n", "c{{o = 1 }\n", "c[{]\n", "[{\n", "a.b = [[\n"] {
            let text = format!("x = {{{}", line.repeat(100_000));
            let (read, problems) = parse(file, &text);
            assert!(read.is_none() && problems.len() == 1, "{line:?}");
        }
        let text = "[[a]]\nx = [{ y = [1, 2] }]\n".repeat(1000);
        assert!(parse(file, &text).0.is_some());
    }
}
