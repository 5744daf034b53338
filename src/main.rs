//! Hands the catalogue of stages to the engine; nothing else.

use std::process::ExitCode;

#[cfg(feature = "stages")]
use stages::CATALOGUE;

#[cfg(not(feature = "stages"))]
static CATALOGUE: contract::Catalogue = contract::Catalogue::EMPTY;

fn main() -> ExitCode {
    osteon::main(&CATALOGUE)
}
