//! The guard of a run: a process that outlives the engine by a moment, to end what the engine started.
//!
//! The engine tells it of each group of processes that begins or has ended, a line each. When the engine is gone,
//! however it went, the guard reads the end of its input, kills the groups that are left, and ends too. Before a process
//! is started, nobody knows its number: if the engine goes before it can tell, the process is found by its TMPDIR, which
//! no other has. Only a process that left its group escapes; the lock of the key that it works on stays held as long as
//! it keeps its files open.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use crate::worker::worker;

/// How long the guard lets what it is told gather.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// The variable that names the folder for temporary files, one for each attempt.
pub(super) const TMPDIR: &str = "TMPDIR";

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

    /// A command is about to be started.
    pub(super) fn expect(&mut self, command: &Command) {
        let temporary = command.get_envs().find(|(name, _)| *name == TMPDIR).and_then(|(_, value)| value);
        if let Some(temporary) = temporary {
            self.tell(b'?', temporary.as_bytes());
        }
    }

    /// It was started, and has a group of its own.
    pub(super) fn watch(&mut self, group: Pid) {
        self.tell(b'+', group.as_raw_nonzero().to_string().as_bytes());
    }

    /// A group has ended.
    pub(super) fn forget(&mut self, group: Pid) {
        self.tell(b'-', group.as_raw_nonzero().to_string().as_bytes());
    }

    fn tell(&mut self, sign: u8, what: &[u8]) {
        if let Some(input) = &mut self.input {
            // A guard that is gone protects nothing any more, which is no reason to stop the work.
            let _unguarded = input.write_all(&[&[sign], what, b"\n"].concat());
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
    let mut watched = Watched::default();
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
        told[..whole].split(|byte| *byte == b'\n').for_each(|line| watched.note(line));
        told.drain(..whole);
    }
    for group in watched.groups.into_iter().filter_map(Pid::from_raw) {
        let _gone_already = kill_process_group(group, Signal::KILL);
    }
    if let Some(temporary) = watched.expected {
        end_those_of(&temporary);
        // One that is just becoming the command has no environment for a moment.
        wait(PollFlags::empty(), Some(&PAUSE));
        end_those_of(&temporary);
    }
    Ok(())
}

/// Ends all processes that have this TMPDIR, where the system tells.
fn end_those_of(temporary: &[u8]) {
    let variable = [TMPDIR.as_bytes(), b"=", temporary].concat();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| Pid::from_raw(name.parse().ok()?))
        else {
            continue;
        };
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        if !environment.split(|byte| *byte == 0).any(|one| one == variable) {
            continue;
        }
        let _gone_already = match getpgid(Some(pid)) {
            Ok(group) if group == pid => kill_process_group(group, Signal::KILL),
            _ => kill_process(pid, Signal::KILL),
        };
    }
}

/// What the guard was told.
#[derive(Default)]
struct Watched {
    groups: BTreeSet<i32>,
    /// The TMPDIR of a command of which nothing was told but that it is about to be started.
    expected: Option<Vec<u8>>,
}

impl Watched {
    fn note(&mut self, line: &[u8]) {
        let Some((sign, what)) = line.split_first() else { return };
        let group = std::str::from_utf8(what).ok().and_then(|group| group.parse().ok());
        match (sign, group) {
            (b'?', _) => self.expected = Some(what.to_owned()),
            (b'+', Some(group)) => {
                self.expected = None;
                self.groups.insert(group);
            }
            (b'-', Some(group)) => drop(self.groups.remove(&group)),
            _ => {}
        }
    }
}
