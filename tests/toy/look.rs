use std::fs;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Writes what a kind can see besides its inputs.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {}

impl Stage for Look {
    const KIND: &'static str = "look";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Writes its threads, and the names of its environment.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = &[Output::new("seen", "seen.txt", "text", "What it saw.")];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let pool = std::env::var("RAYON_NUM_THREADS").unwrap_or_default();
        let text = format!("threads {}, pool {pool}\n{}\n", ctx.threads(), names.join("\n"));
        ctx.progress(1, 1, "looks");
        ctx.warn("it looked around");
        fs::write(ctx.output("seen")?, text).map_err(|error| Issue::new(error.to_string()))
    }
}
