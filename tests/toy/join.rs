use std::fs;

use contract::{Ctx, Input, Issue, Output, Scalar, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note;

/// Lists the cells that it gathers.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {}

impl Stage for Join {
    const KIND: &'static str = "join";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Lists the cells that it gathers, with the types of their values.";
    const INPUTS: &'static [Input] = &[
        Input::many("parts", "text", "The files."),
        Input::optional("title", contract::ANY, "What stands above them."),
    ];
    const OUTPUTS: &'static [Output] = &[Output::new("list", "list.txt", "list", "A line for each file.")];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(Self::KIND);
        let mut text = String::new();
        if let Some(title) = ctx.optional("title") {
            text.push_str(&read(title)?);
        }
        for part in ctx.gathered("parts") {
            for (axis, value) in &part.cell {
                let of_type = match value {
                    Scalar::Bool(_) => "truth",
                    Scalar::Int(_) => "whole",
                    Scalar::Float(_) => "float",
                    Scalar::Text(_) => "text",
                };
                text.push_str(&format!("{axis} = {value} ({of_type})  "));
            }
            text.push_str(&read(&part.path)?);
        }
        fs::write(ctx.output("list")?, text).map_err(|error| Issue::new(error.to_string()))
    }
}

fn read(path: &std::path::Path) -> Result<String, Issue> {
    fs::read_to_string(path).map_err(|error| Issue::new(error.to_string()).file(path))
}
