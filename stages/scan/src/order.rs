use contract::Seed;

/// Returns `items` in a random order that each item takes part in by its name alone.
///
/// An item's place among others stays when more items join, whatever order they come in.
pub fn shuffled<T>(items: impl IntoIterator<Item = T>, seed: Seed, name: impl Fn(&T) -> String) -> Vec<T> {
    let mut keyed: Vec<([u8; 32], T)> =
        items.into_iter().map(|item| (seed.fork_bytes(&name(&item)), item)).collect();
    keyed.sort_by_key(|(a, _)| *a);
    keyed.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(items: impl IntoIterator<Item = u32>, seed: u64) -> Vec<u32> {
        shuffled(items, Seed(seed), u32::to_string)
    }

    #[test]
    fn the_order_depends_on_the_seed_and_not_on_where_items_stood() {
        assert_eq!(order(0..100, 1), order((0..100).rev(), 1));
        assert_ne!(order(0..100, 1), order(0..100, 2));
        assert_ne!(order(0..100, 1), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn more_items_do_not_reorder_the_others() {
        let among_more: Vec<u32> = order(0..200, 1).into_iter().filter(|item| *item < 100).collect();
        assert_eq!(among_more, order(0..100, 1));
    }
}
