use std::fs;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note;

/// Copies its input so many times.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Copy {
    /// How the log calls it.
    name: String,
    /// How often the text is repeated; any number, so that 2 and 2.0 are the same.
    times: f64,
    /// How a table would call it.
    label: String,
}

impl Default for Copy {
    fn default() -> Self {
        Self { name: Self::KIND.to_owned(), times: 1.0, label: String::new() }
    }
}

impl Stage for Copy {
    const KIND: &'static str = "copy";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Copies a file so many times.";
    const INPUTS: &'static [Input] = &[Input::one("from", contract::ANY, "The file.")];
    const OUTPUTS: &'static [Output] = &[Output::new("copy", "copy.txt", "text", "The copies.")];
    const PRESENTATION: &'static [&'static str] = &["label"];

    fn check(&self) -> Result<(), Issue> {
        if self.times >= 0.0 {
            return Ok(());
        }
        Err(Issue::new("`times` is negative").help("0 copies are the fewest"))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(&self.name);
        let text = fs::read_to_string(ctx.input("from")?).map_err(|error| Issue::new(error.to_string()))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked, and small")]
        let text = text.repeat(self.times as usize);
        fs::write(ctx.output("copy")?, text).map_err(|error| Issue::new(error.to_string()))
    }
}
