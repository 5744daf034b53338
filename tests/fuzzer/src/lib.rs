//! A small fuzzer for stable Rust: it changes inputs of a corpus and gives them to a parser, for some seconds.
//!
//! A check panics if its claim does not hold, else it returns the shape of its outcome. An input with a shape that was
//! not seen before joins the corpus; that is the cheap stand-in for coverage. For every input the driver also holds:
//!
//! - no panic, and no overflow of a stack of 2 MiB, which is what threads have here;
//! - less than a second of processor time;
//! - no more memory at one time than the target declares.
//!
//! The same seed tries the same inputs in the same order. What a check refuses is made smaller and written to a file,
//! and the message says how to try it again. The environment says what to do:
//!
//! | variable | means | else |
//! |---|---|---|
//! | `FUZZ_SECONDS` | how long each target is fuzzed | 1 |
//! | `FUZZ_SEED` | where its random numbers begin | 1 |
//! | `FUZZ_INPUT` | a file to try, and nothing else | |

mod corpus;
mod fuzzing;
mod grammar;
mod mutation;
mod target;
mod text;
mod trial;

pub use fastrand::Rng;
pub use grammar::Grammar;
pub use target::Target;
