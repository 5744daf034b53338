//! What a toy does beside its work: the tests look for it in the home of the stages.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Returns where the note called `name` lies.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(name)
}

/// Notes in `~/log` that `name` ran.
pub fn ran(name: &str) {
    let log = OpenOptions::new().create(true).append(true).open(path("log"));
    let noted = log.and_then(|mut log| log.write_all(format!("{name}\n").as_bytes()));
    noted.expect("a home can be written to");
}

/// Leaves a note that holds the number of this process, then waits for the note called `gate`.
pub fn wait(name: &str, gate: &str) {
    let staged = path(&format!("{name}.new"));
    fs::write(&staged, std::process::id().to_string()).expect("a home can be written to");
    fs::rename(&staged, path(name)).expect("a home can be written to");
    while !path(gate).exists() {
        thread::sleep(Duration::from_millis(2));
    }
}
