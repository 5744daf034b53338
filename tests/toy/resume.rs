use std::fs;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note;

/// Dies halfway, and goes on from there in the next attempt.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {}

impl Stage for Resume {
    const KIND: &'static str = "resume";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Needs two attempts, and leaves a checkpoint for the second.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = &[Output::new("sum", "sum.txt", "text", "Both halves.")];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let checkpoint = ctx.scratch().join("checkpoint");
        let Ok(half) = fs::read_to_string(&checkpoint) else {
            note::ran("first half");
            // By a rename: whoever is killed here leaves all of it or nothing.
            let staged = ctx.scratch().join("checkpoint.new");
            let written = fs::write(&staged, "one").and_then(|()| fs::rename(&staged, &checkpoint));
            written.map_err(|error| Issue::new(error.to_string()))?;
            return Err(Issue::new("the power went out"));
        };
        note::ran("second half");
        fs::write(ctx.output("sum")?, half + " two\n").map_err(|error| Issue::new(error.to_string()))
    }
}
