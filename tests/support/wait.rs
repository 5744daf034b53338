use std::thread;
use std::time::{Duration, Instant};

/// Longest time that a process may take to get to a state that a test waits for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until another process has come so far; the one place where a test waits.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}: not within {} s", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(1));
    }
}
