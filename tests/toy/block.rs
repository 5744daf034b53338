use std::fs;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note;

/// Waits until a test lets it go on.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// How the log calls it; while it waits, the note `running-<name>` holds the number of its process.
    name: String,
}

impl Stage for Block {
    const KIND: &'static str = "block";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Waits until the note `go` is there.";
    const INPUTS: &'static [Input] = &[Input::optional("after", contract::ANY, "What it comes after.")];
    const OUTPUTS: &'static [Output] = &[Output::new("done", "done.txt", "text", "Its name.")];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(&self.name);
        note::wait(&format!("running-{}", self.name), "go");
        fs::write(ctx.output("done")?, &self.name).map_err(|error| Issue::new(error.to_string()))
    }
}
