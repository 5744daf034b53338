use std::borrow::Cow;

use contract::Scalar;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A text, number or truth value as a table prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct Word(pub Scalar);

impl TryFrom<Value> for Word {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let scalar = match &value {
            Value::Bool(truth) => Some(Scalar::Bool(*truth)),
            Value::String(text) => Some(Scalar::Text(text.clone())),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(Scalar::Int(whole)),
                None => number.as_f64().map(|number| Scalar::Float(number + 0.0)),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        scalar.map(Self).ok_or_else(|| format!("{value} is no text, number or truth value"))
    }
}

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// What the paper prints under one name: a word, or the layers of a network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Claim {
    /// One word.
    One(Word),
    /// The layers of a network, from the input to the output.
    Layers(Vec<Word>),
}

impl TryFrom<Value> for Claim {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(layers) => {
                layers.into_iter().map(Word::try_from).collect::<Result<_, _>>().map(Self::Layers)
            }
            value => Word::try_from(value).map(Self::One),
        }
    }
}

impl Serialize for Claim {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(word) => word.serialize(serializer),
            Self::Layers(layers) => layers.serialize(serializer),
        }
    }
}

impl JsonSchema for Claim {
    fn schema_name() -> Cow<'static, str> {
        "Claim".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Word>();
        json_schema!({ "type": ["string", "number", "boolean", "array"], "items": word })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_and_lists_of_words_read_back() {
        for value in [json!("8/16"), json!(300), json!(0.0001), json!(true), json!(["conv 11x11", 4096])] {
            let claim: Claim = serde_json::from_value(value.clone()).expect("it is a claim");
            assert_eq!(serde_json::to_value(&claim).expect("it has a written form"), value);
        }
    }

    #[test]
    fn tables_and_nested_lists_are_refused() {
        for value in [json!({ "a": 1 }), json!([["a"]]), json!(null)] {
            let error = serde_json::from_value::<Claim>(value).expect_err("it is no claim").to_string();
            assert!(error.ends_with("is no text, number or truth value"), "{error}");
        }
    }
}
