//! The guard of a run: a process that outlives the engine by a moment, to end what the engine started.
//!
//! The engine tells it of each group of processes that begins or has ended, a line each. When the engine is gone,
//! however it went, the guard reads the end of its input, kills the groups that are left, and ends too. Only a process
//! that left its group escapes; the lock of the key that it works on stays held as long as it keeps its files open.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::worker::worker;

/// How long the guard lets what it is told gather.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// The engine's side.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    input: Option<ChildStdin>,
}

impl Guard {
    /// Starts the guard in a group of its own, so that what ends the engine's group does not end it.
    pub(super) fn start(executable: &Path) -> io::Result<Self> {
        let mut command = worker(executable);
        command.arg("--guard").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| {
            let message = format!("no process can be started to guard the others: {error}");
            io::Error::new(error.kind(), message)
        })?;
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
///
/// It reads what it is told only now and then: to be woken for every command would cost half as much as a command.
///
/// # Errors
/// If its input is none.
pub fn guard() -> io::Result<()> {
    let input = io::stdin();
    let input = input.as_fd();
    let wait = |events: PollFlags, limit: Option<&Timespec>| {
        // Whatever woke it, it looks.
        let _looked_at = poll(&mut [PollFd::from_borrowed_fd(input, events)], limit);
    };
    let mut groups = BTreeSet::new();
    let mut told = Vec::new();
    // As much as a pipe holds.
    let mut read = vec![0; 1 << 16];
    loop {
        wait(PollFlags::IN, None);
        // Nothing but the end of the input ends this pause early.
        wait(PollFlags::empty(), Some(&PAUSE));
        match rustix::io::read(input, &mut read) {
            Ok(0) => break,
            Ok(count) => told.extend(&read[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        let whole = told.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        String::from_utf8_lossy(&told[..whole]).lines().for_each(|line| note(line, &mut groups));
        told.drain(..whole);
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        let _gone_already = kill_process_group(group, Signal::KILL);
    }
    Ok(())
}

fn note(line: &str, groups: &mut BTreeSet<i32>) {
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
