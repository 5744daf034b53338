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
    let rows: Vec<Object> = serde_json::from_slice(bytes)
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
                (None, Some(float)) if number.is_f64() && float.is_finite() => {
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
