use contract::Scalar;

use super::problem::{Problem, meant, nearest};
use super::text::Span;
use super::value::{Entry, Form, Table, Value};

/// Takes the known keys out of a table, one after the other.
///
/// Of each table the first mistake alone is reported: an unknown key or a wrong type is often the same slip.
pub struct Fields<'a> {
    table: &'a Table,
    what: String,
    asked: Vec<&'static str>,
    problem: Option<Problem>,
}

impl<'a> Fields<'a> {
    /// Begins with `table`, which messages call `what`.
    pub fn new(table: &'a Table, what: impl Into<String>) -> Self {
        Self { table, what: what.into(), asked: Vec::new(), problem: None }
    }

    /// Returns the entry called `key`.
    pub fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        self.table.get(key).map(Box::as_ref)
    }

    /// Returns the value called `key` as `read` understands it; what it refuses is a mistake.
    pub fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entry(key)?;
        let value = read(&entry.value);
        if value.is_none() {
            self.wrong_type(key, &entry.value, expected);
        }
        value
    }

    /// Returns the string called `key`.
    pub fn text(&mut self, key: &'static str) -> Option<(&'a str, &'a Span)> {
        self.read(key, "a string", |value| value.as_text().map(|text| (text, &value.span)))
    }

    /// Returns the truth value called `key`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", |value| match value.form {
            Form::Scalar(Scalar::Bool(flag)) => Some(flag),
            _ => None,
        })
    }

    /// Returns the table called `key`.
    pub fn table(&mut self, key: &'static str) -> Option<&'a Table> {
        self.read(key, "a table", |value| match &value.form {
            Form::Table(table) => Some(table),
            _ => None,
        })
    }

    /// Returns the string or the strings called `key`.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<(&'a str, &'a Span)>> {
        self.read(key, "a string or a list of strings", |value| {
            value.items().iter().map(|item| item.as_text().map(|text| (text, &item.span))).collect()
        })
    }

    /// Notes that the value of `key` has the wrong type.
    pub fn wrong_type(&mut self, key: &str, value: &Value, expected: &str) {
        let message = format!("`{key}` of {} is {expected}", self.what);
        let found = format!("this is {}", value.type_name());
        self.problem.get_or_insert_with(|| Problem::new("wrong-type", message, &value.span, found));
    }

    /// Ends: a key that was never asked for is a mistake. Returns the key that it seems to stand for.
    pub fn finish(self, problems: &mut Vec<Problem>) -> Option<&'static str> {
        let unknown = self.table.iter().filter(|(key, _)| !self.asked.contains(&key.as_str()));
        let first = unknown.min_by_key(|(_, entry)| entry.key.range.start);
        let unknown = first.map(|(key, entry)| {
            let message = format!("{} has no key `{key}`", self.what);
            Problem::new("unknown-key", message, &entry.key, "unknown key")
                .suggest(nearest(key, self.asked.iter().copied()))
        });
        problems.extend(self.problem.or(unknown));
        first.and_then(|(key, _)| meant(key, self.asked))
    }
}
