//! Kinds that do what a kind must not do.

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note;

const OUTPUTS: &[Output] = &[Output::new("out", "out.txt", "text", "Never written.")];

/// Fails.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fail {}

impl Stage for Fail {
    const KIND: &'static str = "fail";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Fails.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn run(&self, _ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(Self::KIND);
        eprintln!("it was going so well");
        Err(Issue::new("it does not add up").file("ledger.csv").help("count again"))
    }
}

/// Panics.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panic {}

impl Stage for Panic {
    const KIND: &'static str = "panic";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Panics.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn run(&self, _ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(Self::KIND);
        panic!("the roof is on fire");
    }
}

/// Says that it is done, and wrote nothing.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Liar {}

impl Stage for Liar {
    const KIND: &'static str = "liar";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Writes nothing, and says that all went well.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn run(&self, _ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(Self::KIND);
        Ok(())
    }
}

/// Knows beforehand that it cannot run.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Huge {}

impl Stage for Huge {
    const KIND: &'static str = "huge";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Refuses before it starts.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn forecast(&self, _known: &Known) -> Result<Forecast, Issue> {
        Err(Issue::new("it is too big for every machine").help("make it smaller"))
    }

    fn run(&self, _ctx: &Ctx<'_>) -> Result<(), Issue> {
        note::ran(Self::KIND);
        Ok(())
    }
}
