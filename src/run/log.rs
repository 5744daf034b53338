use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Child;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Bytes that are read at once.
const READ: usize = 1 << 14;

/// Bytes that a pipe can hold where nobody has raised the limit of the system.
const LARGEST_PIPE: usize = 1 << 20;

/// How often it is asked whether a process has ended.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// What a command prints, both streams in one, written to a file as it comes; of a silent command there is no file.
#[derive(Debug)]
pub(super) struct Log {
    pipe: PipeReader,
    path: PathBuf,
    file: Option<fs::File>,
    /// Whether it may hold what only its owner may know, until it is masked.
    is_secret: bool,
}

impl Log {
    /// Begins a log at `path`; the command writes into what is returned beside it.
    pub(super) fn begin(path: &Path, is_secret: bool) -> io::Result<(Self, PipeWriter)> {
        let (pipe, writer) = io::pipe()?;
        Ok((Self { pipe, path: path.to_owned(), file: None, is_secret }, writer))
    }

    /// Writes down what is printed until `child` has ended, or all that can print.
    pub(super) fn follow(self, child: &Child) -> io::Result<Self> {
        self.follow_until(end_of(child).as_ref(), child)
    }

    fn follow_until(mut self, ended: Option<&OwnedFd>, child: &Child) -> io::Result<Self> {
        // Where no file tells of the end of a process, it is asked for now and then.
        let pause = if ended.is_none() { Some(&PAUSE) } else { None };
        loop {
            let mut watched = vec![PollFd::new(&self.pipe, PollFlags::IN)];
            watched.extend(ended.map(|ended| PollFd::new(ended, PollFlags::IN)));
            match poll(&mut watched, pause) {
                Err(Errno::INTR) => continue,
                polled => polled?,
            };
            let is_told = watched.get(1).is_some_and(|ended| !ended.revents().is_empty());
            let has_text = !watched[0].revents().is_empty();
            // What it leaves behind may print for ever.
            if is_told || (ended.is_none() && has_ended(child)) || (has_text && !self.read()?) {
                return Ok(self);
            }
        }
    }

    /// Writes down what is still in the pipe, after all that belongs to the command was ended.
    pub(super) fn end(mut self) -> io::Result<()> {
        // What left the group may hold it open, and print, for ever.
        ioctl_fionbio(self.pipe.as_fd(), true)?;
        for _ in 0..LARGEST_PIPE / READ {
            match self.read() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads once; returns whether more may come.
    fn read(&mut self) -> io::Result<bool> {
        let mut text = [0; READ];
        let count = match self.pipe.read(&mut text) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            read => read?,
        };
        if count == 0 {
            return Ok(false);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true).mode(if self.is_secret { 0o600 } else { 0o666 });
                none.insert(options.open(&self.path)?)
            }
        };
        file.write_all(&text[..count])?;
        Ok(true)
    }
}

/// Removes a log that nothing was printed to.
pub(super) fn remove_if_empty(log: &Path) -> io::Result<()> {
    if fs::metadata(log)?.len() == 0 { fs::remove_file(log) } else { Ok(()) }
}

/// Returns what can be read once a process has ended.
#[cfg(target_os = "linux")]
fn end_of(child: &Child) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};

    pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn end_of(_child: &Child) -> Option<OwnedFd> {
    None
}

fn has_ended(child: &Child) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    waitid(WaitId::Pid(Pid::from_child(child)), options).is_ok_and(|status| status.is_some())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Returns what is logged of a command; `told` is whether the end of a process can be read from a file.
    fn logged(line: &str, told: bool) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (log, printed) = Log::begin(&path, false).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null()).stdout(printed.try_clone().unwrap()).stderr(printed);
        let mut child = command.spawn().unwrap();
        drop(command);
        let ended = if told { end_of(&child) } else { None };
        let log = log.follow_until(ended.as_ref(), &child).unwrap();
        child.wait().unwrap();
        log.end().unwrap();
        path.exists().then(|| fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn the_end_of_a_command_is_noticed_with_and_without_a_file_that_tells_it() {
        for told in [true, false] {
            assert_eq!(logged("echo out; echo err >&2", told).as_deref(), Some("out\nerr\n"));
            assert_eq!(logged("true", told), None, "a silent command has no log");
            let closed = "echo first; exec >/dev/null 2>&1; sleep 0.05";
            assert_eq!(logged(closed, told).as_deref(), Some("first\n"));
        }
    }

    #[test]
    fn what_a_command_leaves_behind_keeps_nobody_waiting() {
        for told in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let pipe = folder.path().join("end");
            // What is left behind holds the log open until the test lets it go.
            let line = format!("mkfifo {0}; (read end < {0}) & echo done", pipe.display());
            assert_eq!(logged(&line, told).as_deref(), Some("done\n"));
            fs::write(pipe, "go\n").unwrap();
        }
    }
}
