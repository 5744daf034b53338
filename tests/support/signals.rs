use std::fs;
use std::sync::Once;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Lets the programs that the tests start hear signals which the tests themselves ignore, as they do under `nohup` and behind
/// a shell: what is ignored stays ignored in a child, and the program does not hear what its starter ignores.
///
/// A handler does not stay in a child; this one does nothing, so the tests go on as deaf as they were.
pub fn deaf_to_none() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).expect("it is a mask"));
        for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 1)
        {
            signal_hook::flag::register(signal, std::sync::Arc::default()).expect("it can be heard");
        }
    });
}
