use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Child;

use fs_err as fs;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};

/// What a command prints, both streams in one, written to a file as it comes; of a silent command there is no file.
#[derive(Debug)]
pub(super) struct Log {
    pipe: PipeReader,
    path: PathBuf,
    file: Option<File>,
}

impl Log {
    /// Begins a log at `path`; the command writes into what is returned beside it.
    pub(super) fn begin(path: &Path) -> io::Result<(Self, PipeWriter)> {
        let (pipe, writer) = io::pipe()?;
        Ok((Self { pipe, path: path.to_owned(), file: None }, writer))
    }

    /// Writes down what is printed until `child` has ended, or all that can print.
    pub(super) fn follow(mut self, child: &Child) -> io::Result<Self> {
        let ended = end_of(child);
        loop {
            let mut watched = vec![PollFd::new(&self.pipe, PollFlags::IN)];
            watched.extend(ended.as_ref().map(|ended| PollFd::new(ended, PollFlags::IN)));
            match poll(&mut watched, None) {
                Err(Errno::INTR) => continue,
                polled => polled?,
            };
            let has_text = !watched[0].revents().is_empty();
            if !has_text || !self.read()? {
                return Ok(self);
            }
        }
    }

    /// Writes down what is still in the pipe, after all that belongs to the command was ended; returns whether nobody is
    /// left who could print.
    pub(super) fn end(mut self) -> io::Result<bool> {
        // What left the group may hold it open for ever.
        ioctl_fionbio(self.pipe.as_fd(), true)?;
        loop {
            match self.read() {
                Ok(true) => {}
                Ok(false) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads once; returns whether more may come.
    fn read(&mut self) -> io::Result<bool> {
        let mut text = [0; 1 << 14];
        let count = match self.pipe.read(&mut text) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            read => read?,
        };
        if count == 0 {
            return Ok(false);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(fs::File::create(&self.path)?.into_file()),
        };
        file.write_all(&text[..count])?;
        Ok(true)
    }
}

/// Returns what can be read once a process has ended; where the machine has none, what the process leaves behind is
/// waited for as long as it can print.
#[cfg(target_os = "linux")]
fn end_of(child: &Child) -> Option<OwnedFd> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn end_of(_child: &Child) -> Option<OwnedFd> {
    None
}
