use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::{Output, eventually};

/// The program while it runs; one that a failed test forgets is killed.
#[must_use = "wait for it"]
pub struct Process {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    project: PathBuf,
}

impl Process {
    pub(super) fn new(child: Child, stdout: PathBuf, stderr: PathBuf, project: PathBuf) -> Self {
        Self { child, stdout, stderr, project }
    }

    /// Sends a signal to the program itself, as Ctrl-C or `kill` would.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it was not waited for yet");
    }

    /// Returns its number.
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns what it has printed on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.stderr).expect("its stderr is a file")
    }

    /// Returns what it has printed on stdout so far.
    pub fn printed(&self) -> String {
        fs::read_to_string(&self.stdout).expect("its stdout is a file")
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Output {
        let mut status = None;
        eventually("it ends", || {
            status = self.child.try_wait().expect("it was not waited for yet");
            status.is_some()
        });
        let status = status.expect("it has ended");
        let read = |path: &Path| {
            let bytes = fs::read(path).expect("its streams are files");
            String::from_utf8(bytes).expect("it prints UTF-8")
        };
        Output::new(status, read(&self.stdout), read(&self.stderr), &self.project)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where it was waited for.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Waits for the end of a process that is not a child of this one.
pub fn has_ended(process: Pid) {
    eventually("the process ends", || is_over(process));
}

/// Returns whether a process has ended; where nobody is there to collect it, it stays as a zombie.
pub fn is_over(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

/// Returns the processes that another started and has not collected.
pub fn children(process: Pid) -> Vec<Pid> {
    let threads =
        fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).into_iter().flatten().flatten();
    let started =
        threads.map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    started
        .flat_map(|text| {
            text.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect::<Vec<_>>()
        })
        .collect()
}
