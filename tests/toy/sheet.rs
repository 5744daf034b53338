//! Kinds that foresee: what one makes tells the other what it will need.

use std::collections::BTreeMap;
use std::fs;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes a sheet of so many rows.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// How many.
    rows: u64,
}

impl Stage for Sheet {
    const KIND: &'static str = "sheet";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Makes a sheet of so many rows.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = &[Output::new("rows", "rows.txt", "rows", "The rows.")];

    fn forecast(&self, _known: &Known) -> Result<Forecast, Issue> {
        let facts = serde_json::json!({ "rows": self.rows });
        Ok(Forecast { outputs: BTreeMap::from([("rows", facts)]), ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let rows: String = (0..self.rows).map(|row| format!("{row}\n")).collect();
        fs::write(ctx.output("rows")?, rows).map_err(|error| Issue::new(error.to_string()))
    }
}

/// Adds up the rows of a sheet; holds all of them in memory, a gibibyte each.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sum {}

impl Stage for Sum {
    const KIND: &'static str = "sum";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Adds up the rows of a sheet.";
    const INPUTS: &'static [Input] = &[Input::one("rows", "rows", "The sheet.")];
    const OUTPUTS: &'static [Output] = &[Output::new("sum", "sum.txt", "text", "The sum.")];

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let memory = known.number("rows", "rows").map(|rows| rows.saturating_mul(1 << 30));
        let seconds = known.number("rows", "rows").map(|_| 120.0);
        Ok(Forecast { memory, seconds, ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let rows = fs::read_to_string(ctx.input("rows")?).map_err(|error| Issue::new(error.to_string()))?;
        let sum: u64 = rows.lines().filter_map(|row| row.parse::<u64>().ok()).sum();
        fs::write(ctx.output("sum")?, format!("{sum}\n")).map_err(|error| Issue::new(error.to_string()))
    }
}
