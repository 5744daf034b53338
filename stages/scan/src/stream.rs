use contract::Issue;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Images that are in memory at one time.
pub const CHUNK: usize = 32;

/// Passes `items` through `work` on all threads and hands the results to `sink` in the order of the items.
///
/// No more than [`CHUNK`] items are in memory at one time.
///
/// # Errors
/// The first of an item, or of `sink`.
pub fn in_order<T: Send, U: Send>(
    mut items: impl Iterator<Item = Result<T, Issue>>,
    work: impl Fn(T) -> U + Sync,
    mut sink: impl FnMut(U) -> Result<(), Issue>,
) -> Result<(), Issue> {
    loop {
        let chunk: Vec<T> = items.by_ref().take(CHUNK).collect::<Result<_, _>>()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let done: Vec<U> = chunk.into_par_iter().map(&work).collect();
        done.into_iter().try_for_each(&mut sink)?;
    }
}

/// Returns the memory that a stream over images needs, in bytes: what the program itself takes, and a chunk of
/// images of `pixels` pixels at `bytes` bytes a pixel.
pub fn memory(pixels: u64, bytes: u64) -> u64 {
    (128 << 20) + CHUNK as u64 * pixels * bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        let sink = |value| {
            seen.push(value);
            Ok(())
        };
        in_order((0..100).map(Ok), |item| item * 2, sink).unwrap();
        assert_eq!(seen, (0..200).step_by(2).collect::<Vec<i32>>());
    }

    #[test]
    fn an_item_that_failed_ends_the_stream() {
        let items = [Ok(1), Err(Issue::new("no")), Ok(3)];
        assert_eq!(in_order(items.into_iter(), |item| item, |_| Ok(())), Err(Issue::new("no")));
    }
}
