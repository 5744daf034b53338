use contract::{Arity, Catalogue, Kind};
use serde_json::{Value as Json, json};

use super::print::print;
use crate::cli::Schema;
use crate::failure::{Exit, Failure};
use crate::manifest::problem::nearest;

/// Prints the schema of a manifest, or what one kind takes and makes.
pub(super) fn schema(catalogue: &Catalogue, arguments: &Schema) -> Result<Option<Exit>, Failure> {
    let text = match &arguments.kind {
        None => format!("{:#}\n", manifest(catalogue)),
        Some(name) => {
            let kind = catalogue.kind(name).ok_or_else(|| {
                let help = nearest(name, catalogue.kinds.iter().map(|kind| kind.name));
                let help = help.map_or(String::new(), |help| format!("; {help}"));
                Failure::usage(format!("error: there is no kind '{name}'{help}"))
            })?;
            one(kind)
        }
    };
    print(&text)?;
    Ok(None)
}

fn one(kind: &Kind) -> String {
    let mut text = format!("{}  version {}\n{}\n\ninputs\n", kind.name, kind.version, kind.doc);
    for input in kind.inputs {
        let arity = match input.arity {
            Arity::One => "",
            Arity::Optional => ", may be left out",
            Arity::Many => ", gathered",
            Arity::Any => ", gathered, may be left out",
        };
        text.push_str(&format!("  {}  ({}{arity})  {}\n", input.name, input.table, input.doc));
    }
    text.push_str("\noutputs\n");
    for output in kind.outputs {
        text.push_str(&format!("  {}  {}  ({})  {}\n", output.name, output.file, output.table, output.doc));
    }
    text.push_str(&format!("\nparams\n{:#}\n", (kind.schema)()));
    text
}

fn manifest(catalogue: &Catalogue) -> Json {
    let mut definitions = serde_json::Map::new();
    let mut kinds = Vec::new();
    for kind in catalogue.kinds {
        let mut schema = (kind.schema)();
        if let Some(Json::Object(own)) =
            schema.as_object_mut().and_then(|schema| schema.remove("definitions"))
        {
            definitions.extend(own);
        }
        // Every value may come from a variable or an axis.
        let mut properties = schema["properties"].as_object().cloned().unwrap_or_default();
        for property in properties.values_mut() {
            let own = property.take();
            let mut open = json!({ "anyOf": [own, { "type": "string", "pattern": "^\\$" }] });
            if let Some(text) = open["anyOf"][0].get("description").cloned() {
                open["description"] = text;
            }
            *property = open;
        }
        let inputs: serde_json::Map<String, Json> = kind
            .inputs
            .iter()
            .map(|input| (input.name.to_owned(), json!({ "type": "string", "description": input.doc })))
            .collect();
        let params = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        kinds.push(json!({
            "if": { "properties": { "kind": { "const": kind.name } }, "required": ["kind"] },
            "then": {
                "description": kind.doc,
                "properties": {
                    "params": params,
                    "inputs": { "type": "object", "properties": inputs, "additionalProperties": false },
                },
            },
        }));
    }
    definitions.insert("stage".to_owned(), stage(catalogue, &kinds));
    let names = json!({ "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "pipeline.toml of osteon",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "description": "Name of the pipeline." },
            "default-profile": { "type": "string", "description": "Profile if --profile names none." },
            "experiments": { "type": "string", "description": "Glob of files that are one more stage each, named by the file." },
            "variables": { "type": "object", "propertyNames": names, "description": "Every variable with its default." },
            "profile": { "type": "object", "additionalProperties": { "type": "object" }, "description": "Named sets of variables." },
            "source": {
                "type": "object",
                "propertyNames": names,
                "description": "Files from outside.",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["path"],
                    "properties": { "path": {
                        "description": "A file, a folder, a glob, or a list of these; \"!glob\" leaves out; {axis} makes a cell of each file.",
                        "type": ["string", "array"],
                        "items": { "type": "string" },
                    } },
                },
            },
            "stage": {
                "type": "object",
                "propertyNames": names,
                "description": "Named units of work.",
                "additionalProperties": { "$ref": "#/definitions/stage" },
            },
        },
        "definitions": definitions,
    })
}

fn stage(catalogue: &Catalogue, kinds: &[Json]) -> Json {
    let names: Vec<&str> = catalogue.kinds.iter().map(|kind| kind.name).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "title": { "type": "string", "description": "Title of an experiment's table." },
            "kind": { "enum": names, "description": "A built-in implementation." },
            "command": { "type": "string", "description": "A command for sh -c, with {inputs.P}, {outputs.P} and {params.P}." },
            "grid": {
                "description": "A table (axes, exclude, include; or rows), the cells of another stage or source, or an open list of axes.",
                "type": ["object", "string", "array"],
                "additionalProperties": false,
                "properties": {
                    "axes": { "type": "object", "description": "The values of each axis." },
                    "exclude": { "type": ["object", "array"], "description": "Every cell with these values is left out." },
                    "include": { "type": ["object", "array"], "description": "Whole cells that come in." },
                    "rows": { "type": "string", "description": "A CSV or JSON table that a stage makes or a source holds: its rows are the cells, its columns the axes." },
                },
            },
            "over": { "description": "The cells that [over] gathers: a table of axes, or a list of such tables.", "type": ["object", "array"] },
            "inputs": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Port = reference." },
            "outputs": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Port = file name; a name ending in / is a folder." },
            "params": { "type": "object", "description": "Parameters, part of the key." },
            "env": { "type": ["array", "string"], "items": { "type": "string" }, "description": "Environment variables that the command sees, part of the key." },
            "needs": {
                "type": "object",
                "additionalProperties": false,
                "description": "What it asks of the machine, never part of the key.",
                "properties": {
                    "cpus": { "type": ["integer", "string"] },
                    "memory": { "type": ["integer", "string"] },
                    "gpus": { "type": ["integer", "string"] },
                    "timeout": { "type": ["number", "string"] },
                    "retries": { "type": ["integer", "string"] },
                },
            },
            "private": { "type": "boolean", "description": "Runs the command in an empty folder in which each input lies under its port's name." },
        },
        "allOf": kinds,
    })
}
