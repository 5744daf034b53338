use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::guard::Guard;
use super::made::Failed;
use crate::store::Claim;

/// How long a process may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is looked whose time is up.
const TICK: Duration = Duration::from_millis(100);

/// The processes that run stages, each with its group: what it starts ends with it.
#[derive(Debug)]
pub(super) struct Processes {
    executable: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Started before the first process.
    guard: Option<Guard>,
    running: BTreeMap<usize, Process>,
    /// Whether all were asked to end: nothing starts after that.
    ending: bool,
}

impl State {
    /// Returns the guard, which is started if it is not there.
    fn guard(&mut self, executable: &Path) -> io::Result<&mut Guard> {
        match &mut self.guard {
            Some(guard) => Ok(guard),
            none => Ok(none.insert(Guard::start(executable)?)),
        }
    }
}

#[derive(Debug)]
struct Process {
    group: Pid,
    deadline: Option<Instant>,
    overdue: bool,
    asked: bool,
    mute: bool,
}

impl Process {
    /// Sends a signal to its group, which may be gone.
    fn signal(&self, signal: Signal) {
        let _gone_already = kill_process_group(self.group, signal);
        // One that was stopped hears nothing before it goes on.
        let _gone_already = kill_process_group(self.group, Signal::CONT);
    }
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Whether it was ended because its time was up.
    pub(super) overdue: bool,
    /// Whether it was asked to end: whatever it then made of its outputs is not what it was started for.
    pub(super) asked: bool,
    /// Whether it was ended because it waited for a terminal, where nobody answers.
    pub(super) mute: bool,
}

impl Processes {
    /// Begins without any; `executable` is this program, which guards them.
    pub(super) fn new(executable: PathBuf) -> Self {
        Self { executable, state: Mutex::default() }
    }

    /// Returns this program.
    pub(super) fn executable(&self) -> &Path {
        &self.executable
    }

    /// Starts the process of a unit in a group of its own, under its claim.
    pub(super) fn start(
        &self,
        unit: usize,
        claim: &Claim,
        command: &mut Command,
        timeout: Option<Duration>,
    ) -> Result<Child, Failed> {
        // Held over both steps, so that no signal falls between them, and nothing else inherits the claim.
        let mut state = self.lock();
        if state.ending {
            return Err(Failed::cancelled());
        }
        let guard = state.guard(&self.executable)?;
        guard.expect(command);
        let child = claim.hand_on(|| command.process_group(0).spawn()).map_err(|error| {
            let program = command.get_program().display();
            io::Error::new(error.kind(), format!("failed to start `{program}`: {error}"))
        })?;
        let group = Pid::from_child(&child);
        guard.watch(group);
        // Who has more time than there is has no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        state.running.insert(unit, Process { group, deadline, overdue: false, asked: false, mute: false });
        Ok(child)
    }

    /// Waits for the process of a unit, and ends what it left behind.
    pub(super) fn wait(&self, unit: usize, child: &mut Child) -> io::Result<Ended> {
        let pid = Pid::from_child(child);
        // Its number stays taken until it is reaped, so that no signal reaches a stranger.
        while let Err(error) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            if error != rustix::io::Errno::INTR {
                break;
            }
        }
        let _none_left = kill_process_group(pid, Signal::KILL);
        let process = {
            let mut state = self.lock();
            if let Some(guard) = &mut state.guard {
                guard.forget(pid);
            }
            state.running.remove(&unit)
        };
        let status = child.wait()?;
        let (overdue, asked, mute) =
            process.map_or((false, false, false), |process| (process.overdue, process.asked, process.mute));
        Ok(Ended { status, overdue, asked, mute })
    }

    /// Sends a signal to all of them, and starts no more.
    pub(super) fn signal(&self, signal: Signal) {
        let mut state = self.lock();
        state.ending = true;
        for process in state.running.values_mut() {
            process.asked = true;
            process.signal(signal);
        }
    }

    /// Ends all of them as if their time was up, and starts no more.
    pub(super) fn end(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.ending = true;
        for process in state.running.values_mut() {
            process.asked = true;
            process.deadline = Some(process.deadline.map_or(now, |deadline| deadline.min(now)));
        }
        drop(state);
        self.end_overdue();
    }

    /// Ends those whose time is up, and those that wait for a terminal, until `run` has no sender any more.
    pub(super) fn keep_time(&self, run: &Receiver<()>) {
        while run.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.end_overdue();
            self.end_mute();
        }
    }

    /// Ends those that the system stopped because they asked a terminal: none of ours is in its foreground, and they
    /// would wait for ever. Who stops one by hand will let it go on.
    fn end_mute(&self) {
        for process in self.lock().running.values_mut() {
            let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            let Ok(Some(status)) = waitid(WaitId::Pid(process.group), look) else { continue };
            let asks = [Signal::TTIN, Signal::TTOU].map(Signal::as_raw);
            if !process.mute && status.stopping_signal().is_some_and(|signal| asks.contains(&signal)) {
                process.mute = true;
                let _gone_already = kill_process_group(process.group, Signal::KILL);
            }
        }
    }

    /// Ends those whose time is up: first asked, then killed.
    fn end_overdue(&self) {
        let now = Instant::now();
        for process in self.lock().running.values_mut() {
            let Some(deadline) = process.deadline.filter(|deadline| now >= *deadline) else { continue };
            let is_late = now.saturating_duration_since(deadline) >= GRACE;
            let signal = if is_late { Signal::KILL } else { Signal::TERM };
            if !process.overdue || signal == Signal::KILL {
                process.signal(signal);
            }
            process.overdue = true;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
