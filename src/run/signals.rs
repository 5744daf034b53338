use std::io;
use std::sync::mpsc::Sender;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals as Incoming};

use super::slots::Message;

/// Listens for the signals that ask this process to end.
pub(super) struct Signals {
    handle: Handle,
}

impl Signals {
    /// Begins to tell `sender` of each signal.
    pub(super) fn listen(sender: &Sender<Message>) -> io::Result<Self> {
        let mut incoming = Incoming::new([SIGINT, SIGTERM, SIGHUP])?;
        let handle = incoming.handle();
        let sender = sender.clone();
        std::thread::spawn(move || {
            for _ in incoming.forever() {
                if sender.send(Message::Signal).is_err() {
                    break;
                }
            }
        });
        Ok(Self { handle })
    }

    /// Listens no more.
    pub(super) fn close(&self) {
        self.handle.close();
    }
}
