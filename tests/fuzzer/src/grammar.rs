use std::ops::Range;

use fastrand::Rng;

use crate::text;

/// What inputs of one sort are made of.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    /// Words that mean something.
    pub words: &'static [&'static str],
    /// Returns a part that belongs together, such as a line or a table.
    pub part: fn(&mut Rng, &[u8]) -> Range<usize>,
    /// Makes a change that no other sort of input needs.
    pub own: Option<fn(&mut Rng, &mut Vec<u8>)>,
}

impl Grammar {
    /// Text of lines, words, quotes and brackets, such as TOML and JSON.
    pub const fn text(words: &'static [&'static str]) -> Self {
        Self { words, part: text::part, own: Some(text::change_number) }
    }
}
