use fastrand::Rng;

use crate::grammar::Grammar;

/// A part is repeated less than two to the power of this, if the length of an input allows it.
const TIMES: u32 = 13;

/// Changes `input` in a few places; `other` lends it parts.
pub fn mutate(random: &mut Rng, grammar: &Grammar, input: &mut Vec<u8>, other: &[u8], longest: usize) {
    for _ in 0..1 << random.u32(0..4) {
        match random.u8(0..4) {
            0 => change_bytes(random, input),
            1 => change_part(random, grammar, input, longest),
            2 => borrow_part(random, grammar, input, other),
            _ => match grammar.own {
                Some(own) => own(random, input),
                None => change_bytes(random, input),
            },
        }
        input.truncate(longest);
    }
}

fn change_bytes(random: &mut Rng, input: &mut Vec<u8>) {
    let at = place(random, input);
    match random.u8(0..6) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..(at + random.usize(1..64)).min(input.len()))),
        2 => insert(input, at, &[random.u8(..)]),
        _ => {
            let Some(byte) = input.get_mut(at) else { return };
            *byte = match random.u8(0..3) {
                0 => *byte ^ 1 << random.u8(0..8),
                1 => random.choice([0, 0x7F, 0x80, 0xFF, b'\n', b'"', b'\\', b'%']).unwrap_or_default(),
                _ => random.u8(..),
            };
        }
    }
}

fn change_part(random: &mut Rng, grammar: &Grammar, input: &mut Vec<u8>, longest: usize) {
    let range = (grammar.part)(random, input);
    let part = input[range.clone()].to_vec();
    let times = (1 << random.u32(0..TIMES)).min(longest / part.len().max(1));
    match random.u8(0..5) {
        0 => drop(input.drain(range)),
        1 => {
            let at = place(random, input);
            insert(input, at, &part);
        }
        2 => {
            let there = (grammar.part)(random, input);
            input.splice(there, part);
        }
        3 => insert(input, range.end, &part.repeat(times)),
        _ => {
            // The part within itself, and again.
            let inner = (grammar.part)(random, &part);
            let (before, after) = (&part[..inner.start], &part[inner.end..]);
            let nested = [&before.repeat(times), &part[inner.clone()], &after.repeat(times)].concat();
            input.splice(range, nested);
        }
    }
}

fn borrow_part(random: &mut Rng, grammar: &Grammar, input: &mut Vec<u8>, other: &[u8]) {
    let range = (grammar.part)(random, input);
    if random.u8(0..8) == 0 {
        // The head of the one and the tail of the other.
        input.truncate(range.end);
        input.extend(&other[place(random, other)..]);
        return;
    }
    let part = if random.bool() {
        random.choice(grammar.words).map_or(&[][..], |word| word.as_bytes())
    } else {
        &other[(grammar.part)(random, other)]
    };
    if random.bool() {
        input.splice(range, part.iter().copied());
    } else {
        insert(input, range.end, part);
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

/// Returns a place in `input`, or its end.
fn place(random: &mut Rng, input: &[u8]) -> usize {
    random.usize(0..=input.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_none_is_too_long() {
        let inputs = |seed| {
            let mut random = Rng::with_seed(seed);
            let mut input = b"a = [1, {b = 2}]\nc = \"d e\"\n".to_vec();
            (0..1000).for_each(|_| mutate(&mut random, &Grammar::text(&["x"]), &mut input, b"y = 3", 200));
            input
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(3).len() <= 200);
    }
}
