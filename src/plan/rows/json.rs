use std::collections::BTreeMap;
use std::fmt;
use std::mem::{Discriminant, discriminant};

use contract::{Issue, Scalar};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

use super::{Reading, lacking, wrong};

/// The way out where the table is something else.
const SHAPE: &str = "write a list of objects with the same keys: [{\"x\": 1}, {\"x\": 2}]";

/// Reads a list of objects with the same keys.
pub(super) fn read(bytes: &[u8]) -> Result<Reading, Issue> {
    let rows: Vec<Object> = serde_json::from_slice(&with_every_digit(bytes))
        .map_err(|error| Issue::new(format!("it is no list of objects: {error}")).help(SHAPE))?;
    let Some(first) = rows.first() else { return Ok(Reading::default()) };
    let mut reading = Reading::new(first.0.iter().map(|(key, _)| key.clone()).collect())?;
    if reading.columns.is_empty() {
        return Err(Issue::new("row 1 is an object without keys").help(SHAPE));
    }
    // Two values of one axis must not print alike.
    let mut forms: BTreeMap<(usize, String), Discriminant<Scalar>> = BTreeMap::new();
    for Object(fields) in rows {
        let row = reading.next();
        let mut values: BTreeMap<String, Json> = BTreeMap::new();
        for (key, value) in fields {
            if !reading.columns.contains(&key) {
                return Err(
                    Issue::new(format!("row {row} has a column `{key}`, which row 1 lacks")).help(SHAPE)
                );
            }
            if values.insert(key.clone(), value).is_some() {
                return Err(Issue::new(format!("row {row} has two values in column `{key}`")).help(SHAPE));
            }
        }
        let mut scalars = Vec::with_capacity(reading.columns.len());
        for (at, column) in reading.columns.iter().enumerate() {
            let json = values.remove(column).ok_or_else(|| lacking(row, column))?;
            let scalar = scalar(row, column, json)?;
            let form = discriminant(&scalar);
            if *forms.entry((at, scalar.to_string())).or_insert(form) != form {
                let what = format!("`{scalar}` is a text in one row and none in another");
                return Err(
                    wrong(row, column, &what).help("write it one way: cells are named by their values")
                );
            }
            scalars.push(scalar);
        }
        reading.push(scalars)?;
    }
    Ok(reading)
}

/// Puts quotes around the whole numbers that a value of 64 bits does not print as they were written.
fn with_every_digit(bytes: &[u8]) -> Vec<u8> {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(*byte);
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut in_text = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'\\' if in_text => 2,
            b'"' => {
                in_text = !in_text;
                1
            }
            _ if in_text => 1,
            _ => bytes[at..].iter().take_while(is_part).count().max(1),
        };
        let part = &bytes[at..bytes.len().min(at + length)];
        if !in_text && loses_digits(part) {
            out.extend([b"\"", part, b"\""].concat());
        } else {
            out.extend(part);
        }
        at += length;
    }
    out
}

/// Returns whether this is a whole number of JSON that prints in another way once it is one of 64 bits.
fn loses_digits(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let whole = digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || !digits.starts_with(b"0"));
    let text = std::str::from_utf8(number).unwrap_or_default();
    whole && !digits.is_empty() && text.parse::<i64>().map_or(true, |value| value.to_string() != text)
}

fn scalar(row: usize, column: &str, json: Json) -> Result<Scalar, Issue> {
    let scalars = "a value is a string, a number or a boolean";
    match json {
        Json::Null => Err(lacking(row, column)),
        Json::String(text) if text.is_empty() => Err(lacking(row, column)),
        Json::String(text) => Ok(Scalar::Text(text)),
        Json::Bool(value) => Ok(Scalar::Bool(value)),
        Json::Number(number) => {
            match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Ok(Scalar::Int(whole)),
                (None, Some(float)) if float.is_finite() => {
                    // -0.0 equals 0.0 and must have its key.
                    Ok(Scalar::Float(if float == 0.0 { 0.0 } else { float }))
                }
                _ => Err(wrong(row, column, &format!("{number} has more than 64 bits"))
                    .help("write it as a string")),
            }
        }
        Json::Array(_) => Err(wrong(row, column, "this is a list").help(scalars)),
        Json::Object(_) => Err(wrong(row, column, "this is an object").help(scalars)),
    }
}

/// The fields of an object in their order, so that none hides another of the same name.
struct Object(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Object(fields))
    }
}
