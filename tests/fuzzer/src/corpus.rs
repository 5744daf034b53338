use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

/// Inputs that joined because of their outcome, at most.
const MOST_GROWN: usize = 1000;

/// The inputs that others are made from.
#[derive(Debug, Default)]
pub struct Corpus {
    inputs: Vec<Vec<u8>>,
    seeds: usize,
    shapes: BTreeSet<String>,
}

impl Corpus {
    /// Begins with what is always tried.
    pub fn new(inputs: Vec<Vec<u8>>) -> Self {
        Self { seeds: inputs.len(), inputs, shapes: BTreeSet::new() }
    }

    /// Returns what is always tried.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        self.inputs[..self.seeds].to_vec()
    }

    /// Returns one of the inputs.
    pub fn any(&self, random: &mut Rng) -> &[u8] {
        random.choice(&self.inputs).map_or(&[], Vec::as_slice)
    }

    /// Notes the outcome of an input, which joins if none had this shape before.
    pub fn learn(&mut self, input: &[u8], outcome: &str) {
        let shape = shape(outcome);
        if self.shapes.insert(shape) && self.inputs.len() < self.seeds + MOST_GROWN {
            self.inputs.push(input.to_vec());
        }
    }

    /// Returns how many shapes of outcomes were seen.
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }
}

/// Returns an outcome without what differs from input to input: numbers, and what stands in quotes.
fn shape(outcome: &str) -> String {
    let mut quote = None;
    let kept = outcome.chars().filter(|char| match quote {
        Some(open) => {
            if *char == open {
                quote = None;
            }
            false
        }
        None => {
            if matches!(char, '`' | '"') {
                quote = Some(*char);
            }
            !char.is_ascii_digit()
        }
    });
    kept.take(400).collect()
}

/// Returns the files in `folder` and below that have one of these endings, or all.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.is_empty()
            || path.extension().is_some_and(|its| endings.iter().any(|end| its == *end))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_numbers_and_quotes_has_one_shape() {
        assert_eq!(shape("no `a` at 12"), shape("no `bc` at 3"));
        assert_ne!(shape("no `a`"), shape("two `a`"));
    }
}
