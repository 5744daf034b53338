use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Ctx, Forecast, Input, Issue, Known, Output};

/// One kind of work, as the value of its parameters.
///
/// Two equal values, given equal inputs, write equal artifacts: no clock, no environment, no path but those of
/// [`Ctx`], and no randomness but what is forked from a [`crate::Seed`].
pub trait Stage: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The `kind` in a manifest. Never reused for another meaning.
    const KIND: &'static str;
    /// Raised by hand whenever a byte of an output may change.
    const VERSION: u32;
    /// What it does, in one sentence.
    const DOC: &'static str;
    /// Its inputs.
    const INPUTS: &'static [Input];
    /// Its outputs.
    const OUTPUTS: &'static [Output];
    /// Top-level parameters that change how a table is printed and nothing else: they are not in the key, and a
    /// running stage sees their defaults.
    const PRESENTATION: &'static [&'static str] = &[];

    /// Checks what no single parameter's type can say.
    ///
    /// # Errors
    /// An [`Issue`] whose message begins with the parameter at fault in backquotes.
    fn check(&self) -> Result<(), Issue> {
        Ok(())
    }

    /// Returns what can be said before anything runs.
    ///
    /// # Errors
    /// An [`Issue`] where it is already known that the stage cannot run here: the run is refused before it starts.
    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let _ = known;
        Ok(Forecast::default())
    }

    /// Reads the inputs and writes every output.
    ///
    /// # Errors
    /// An [`Issue`]; nothing is recorded then.
    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue>;
}
