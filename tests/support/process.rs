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

    /// Returns what it has printed on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.stderr).expect("its stderr is a file")
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
    let stat = format!("/proc/{}/stat", process.as_raw_nonzero());
    eventually("the process ends", || {
        // Where nobody is there to collect it, a process that ended stays as a zombie.
        fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
    });
}
