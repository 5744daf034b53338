use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals as Incoming};

use super::processes::Processes;
use super::slots::Message;
use crate::failure::Exit;

/// Listens for the signals that ask this process to end, until it is dropped: then nobody hears them.
pub(super) struct Signals {
    handle: Handle,
}

impl Signals {
    /// Begins to tell `sender` of each signal. The second asks `processes` to end and the third kills them, whoever is busy
    /// or waits for a reader of what this process prints; the fourth ends this process, whose guard ends what is left.
    pub(super) fn listen(sender: &Sender<Message>, processes: Arc<Processes>) -> io::Result<Self> {
        let ignored = ignored();
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let mut incoming = Incoming::new(heard)?;
        let handle = incoming.handle();
        let sender = sender.clone();
        let started = std::thread::Builder::new().spawn(move || {
            for (before, _) in incoming.forever().enumerate() {
                match before {
                    0 => {}
                    1 => processes.signal(Signal::TERM),
                    2 => processes.signal(Signal::KILL),
                    _ => std::process::exit(Exit::Interrupted as i32),
                }
                if sender.send(Message::Signal).is_err() {
                    break;
                }
            }
        });
        started
            .map_err(|error| io::Error::new(error.kind(), format!("no thread can be started: {error}")))?;
        Ok(Self { handle })
    }
}

/// Returns the signals that whoever started this program does not want to be heard, as `nohup`: a bit for each.
fn ignored() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}
