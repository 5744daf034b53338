use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::support::Project;

#[test]
fn a_kind_tells_what_it_takes_and_makes() {
    assert_snapshot!(Project::new("").osteon("schema copy").ok().stdout(), @r#"
    copy  version 1
    Copies a file so many times.

    inputs
      from  (any)  The file.

    outputs
      copy  copy.txt  (text)  The copies.

    params
    {
      "$schema": "http://json-schema.org/draft-07/schema#",
      "additionalProperties": false,
      "description": "Copies its input so many times.",
      "properties": {
        "label": {
          "default": "",
          "description": "How a table would call it.",
          "type": "string"
        },
        "name": {
          "default": "copy",
          "description": "How the log calls it.",
          "type": "string"
        },
        "times": {
          "default": 1.0,
          "description": "How often the text is repeated; any number, so that 2 and 2.0 are the same.",
          "format": "double",
          "type": "number"
        }
      },
      "title": "Copy",
      "type": "object"
    }
    "#);
    assert_snapshot!(Project::new("").osteon("schema join").ok().stdout(), @r#"
    join  version 1
    Lists the cells that it gathers, with the types of their values.

    inputs
      parts  (text, gathered)  The files.
      title  (any, may be left out)  What stands above them.

    outputs
      list  list.txt  (list)  A line for each file.

    params
    {
      "$schema": "http://json-schema.org/draft-07/schema#",
      "additionalProperties": false,
      "description": "Lists the cells that it gathers.",
      "title": "Join",
      "type": "object"
    }
    "#);
}

#[test]
fn a_kind_that_does_not_exist_is_refused_with_a_suggestion() {
    assert_snapshot!(Project::new("").osteon("schema cpoy").exits(2).text(), @"
    exit 2
    ── stderr
    error: there is no kind 'cpoy'; did you mean `copy`?
    ");
}

#[test]
fn the_schema_of_a_manifest_knows_every_key_and_every_kind() {
    let output = Project::new("").osteon("schema").ok();
    let schema: Json = serde_json::from_str(output.stdout()).unwrap();
    let keys = |table: &Json| table.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_snapshot!(keys(&schema["properties"]), @"default-profile experiments name profile source stage variables");
    let stage = &schema["definitions"]["stage"];
    assert_snapshot!(keys(&stage["properties"]), @"command env grid inputs kind needs outputs over params private title");
    assert_snapshot!(keys(&stage["properties"]["grid"]["properties"]), @"axes exclude include rows");
    let kinds = stage["properties"]["kind"]["enum"].as_array().unwrap();
    assert!(kinds.contains(&"copy".into()) && kinds.contains(&"train".into()));
    assert_eq!(stage["allOf"].as_array().unwrap().len(), kinds.len(), "each kind has its own parameters");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn a_schema_needs_no_manifest() {
    let project = Project::new("");
    std::fs::remove_file(project.path("pipeline.toml")).unwrap();
    project.ok("schema");
}
