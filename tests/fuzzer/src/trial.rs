use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use rustix::time::{ClockId, clock_gettime};

/// Name of the threads that try inputs.
pub const THREAD: &str = "fuzzing";

/// Longest time of the processor for one input.
const LONGEST: Duration = Duration::from_secs(1);

thread_local! {
    /// What the last panic said, and where.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What one input cost, and how it ended.
#[derive(Debug)]
pub struct Trial {
    /// What the check returned, or why the input is a finding.
    pub outcome: Result<String, String>,
    /// Time of the processor.
    pub time: Duration,
    /// Most bytes at one time.
    pub memory: u64,
}

impl Trial {
    /// Gives an input to a check; `memory` is how many bytes it may need.
    pub fn of(check: &impl Fn(&[u8]) -> String, input: &[u8], memory: u64) -> Self {
        listen();
        let mut outcome = Ok(String::new());
        let start = clock();
        let needed = measure(|| {
            // What the check leaves half done is dropped with it.
            outcome = panic::catch_unwind(AssertUnwindSafe(|| check(input))).map_err(|_| SAID.take());
        });
        let time = clock().saturating_sub(start);
        if time > LONGEST {
            outcome = Err(format!("it took {time:?}"));
        } else if needed.bytes_max > memory {
            outcome = Err(format!("it needed {} bytes, and {memory} is the most", needed.bytes_max));
        }
        Self { outcome, time, memory: needed.bytes_max }
    }
}

fn clock() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// Keeps what a panic of a check says instead of printing it: thousands of them make a finding smaller.
fn listen() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some(THREAD) {
                SAID.set(info.to_string());
            } else {
                earlier(info);
            }
        }));
    });
}
