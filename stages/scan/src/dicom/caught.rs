use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` and returns nothing if it panics.
///
/// The panic's own message is not printed, since a decoder may quote the file in it.
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                earlier(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    // What `work` leaves half done is dropped with it.
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_nothing_and_the_thread_goes_on() {
        assert_eq!(caught(|| -> u8 { panic!("Doe^Jane") }), None);
        assert_eq!(caught(|| 1), Some(1));
    }
}
