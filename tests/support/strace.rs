use std::process::Command;

/// Returns whether strace is there and may trace.
///
/// Without it the tests that need it are skipped, and say so; under CI that is a failure.
pub fn strace() -> bool {
    let traced = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).status();
    if traced.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var("CI").is_err(), "CI needs strace, and to be allowed to trace");
    eprintln!("SKIPPED: strace is not there, or may not trace");
    false
}
