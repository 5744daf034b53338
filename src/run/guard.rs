//! The guard of a run: a process that outlives the engine by a moment, to end what the engine started.
//!
//! The engine tells it of each group of processes that begins or has ended, a line each. When the engine is gone,
//! however it went, the guard reads the end of its input, kills the groups that are left, and ends too. Only a process
//! that left its group escapes; the lock of the key that it works on stays held as long as it keeps its files open.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// The engine's side.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    input: Option<ChildStdin>,
}

impl Guard {
    /// Starts the guard in a group of its own, so that what ends the engine's group does not end it.
    pub(super) fn start(executable: &Path) -> io::Result<Self> {
        let mut command = Command::new(executable);
        command.args(["worker", "--guard"]).process_group(0).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// A group begins.
    pub(super) fn watch(&mut self, group: Pid) {
        self.tell('+', group);
    }

    /// A group has ended.
    pub(super) fn forget(&mut self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&mut self, sign: char, group: Pid) {
        if let Some(input) = &mut self.input {
            // A guard that is gone protects nothing any more, which is no reason to stop the work.
            let _unguarded = input.write_all(format!("{sign}{}\n", group.as_raw_nonzero()).as_bytes());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.child.wait();
    }
}

/// The guard's side: serves until its input ends.
pub fn guard() {
    let mut groups = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_at_checked(1).map(|(sign, group)| (sign, group.parse::<i32>())) {
            Some(("+", Ok(group))) => {
                groups.insert(group);
            }
            Some(("-", Ok(group))) => {
                groups.remove(&group);
            }
            _ => {}
        }
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        let _gone_already = kill_process_group(group, Signal::KILL);
    }
}
