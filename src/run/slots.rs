//! The slots of a run: threads that share its state, and take their next job from it themselves.
//!
//! Nobody stands between the end of one command and the start of the next, so no slot waits to be told what it could
//! look up; a message to another thread and back would cost a third of a short command.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::attempt::{Job, News, Workshop};
use super::drive::Run;
use super::folder::Folder;
use super::made::Made;
use crate::failure::Failure;

/// How often those who watch are told that time went by.
const TICK: Duration = Duration::from_millis(100);

/// What happens beside the work of the slots.
pub(super) enum Message {
    /// What another run made may be there.
    Unlocked(usize),
    /// Somebody asked this process to end.
    Signal,
    /// A slot ended, because nothing is left to do, or by a mistake in this program.
    Left { panicked: bool },
}

/// The slots, and the run that they work for.
pub(super) struct Slots<'a, 'b> {
    workshop: &'a Workshop<'a>,
    floor: Mutex<Floor<'a, 'b>>,
    /// Slots wait here for something to do.
    idle: Condvar,
}

/// What the slots share; whoever holds it says what became of a job, and takes the next.
struct Floor<'a, 'b> {
    run: Run<'a, 'b>,
    /// Why the run cannot go on.
    failure: Option<Failure>,
}

/// A job that is done, with its claim, and the folder that it worked in.
type Done = (Box<Job>, Folder);

/// Tells the run of the end of a slot, however it ends.
struct Bell(Sender<Message>);

impl Drop for Bell {
    fn drop(&mut self) {
        let _run_is_over = self.0.send(Message::Left { panicked: std::thread::panicking() });
    }
}

impl<'a, 'b> Slots<'a, 'b> {
    /// Opens slots for a run.
    pub(super) fn new(run: Run<'a, 'b>) -> Self {
        let workshop = run.workshop;
        Self { workshop, floor: Mutex::new(Floor { run, failure: None }), idle: Condvar::new() }
    }

    /// Works in `count` slots until nothing is left to do; returns the run, and why it could not go on.
    pub(super) fn work(
        self,
        count: usize,
        receiver: &Receiver<Message>,
    ) -> (Run<'a, 'b>, Result<(), Failure>) {
        let this = &self;
        std::thread::scope(|scope| {
            let thread = || std::thread::Builder::new();
            let (run, is_over) = channel();
            let (mut slots, mut lacking) = (Vec::new(), None);
            // On a thread of its own: whose time is up waits for nobody who looks at large files or prints.
            match thread().spawn_scoped(scope, move || this.workshop.processes.keep_time(&is_over)) {
                Ok(_) => {}
                Err(error) => lacking = Some(error),
            }
            while lacking.is_none() && slots.len() < count {
                let sender = self.lock().run.sender.clone();
                let serve = move || {
                    let _bell = Bell(sender);
                    this.serve();
                };
                match thread().spawn_scoped(scope, serve) {
                    Ok(slot) => slots.push(slot),
                    Err(error) => lacking = Some(error),
                }
            }
            if let Some(error) = lacking {
                self.lock().lacks_threads(slots.len(), &error);
            }
            self.attend(slots.len(), receiver);
            drop(run);
            // One that panicked has told so.
            slots.into_iter().for_each(|slot| drop(slot.join()));
        });
        let Floor { run, failure } = self.floor.into_inner().unwrap_or_else(PoisonError::into_inner);
        (run, failure.map_or(Ok(()), Err))
    }

    /// Does one job after another.
    fn serve(&self) {
        let mut done = None;
        let mut floor = self.lock();
        while !floor.is_over() {
            let next = floor.next();
            if floor.run.schedule.can_start() {
                self.idle.notify_one();
            }
            drop(floor);
            floor = match next {
                Some(job) => {
                    let (floor, made) = self.perform(job, done.take());
                    done = made;
                    floor
                }
                None => {
                    self.clear_up(done.take());
                    self.wait()
                }
            };
        }
        self.idle.notify_all();
        drop(floor);
        self.clear_up(done);
    }

    /// Waits until there may be something to do, or nothing is left to do.
    fn wait(&self) -> MutexGuard<'_, Floor<'a, 'b>> {
        let idle = |floor: &mut Floor<'_, '_>| !floor.is_over() && !floor.run.schedule.can_start();
        self.idle.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries a job until it is done or given up; clears up after the one before while it runs.
    fn perform(
        &self,
        mut job: Box<Job>,
        before: Option<Done>,
    ) -> (MutexGuard<'_, Floor<'a, 'b>>, Option<Done>) {
        let unit = job.unit;
        let before = Cell::new(before);
        let hear = |news: News| match news {
            News::Begun => self.clear_up(before.take()),
            News::Progress(progress) => self.lock().run.progress(unit, &progress),
        };
        loop {
            let tried = self.workshop.attempt(&job, &hear);
            // It may never have begun.
            self.clear_up(before.take());
            let mut floor = self.lock();
            match tried {
                Ok((made, folder)) => {
                    floor.made(&mut job, made);
                    return (floor, Some((job, folder)));
                }
                Err(failed) => match floor.run.failed(job, failed) {
                    Some(again) => job = again,
                    None => return (floor, None),
                },
            }
        }
    }

    /// Removes what a job needs no longer. Whoever reads what it made need not wait for that; who makes the same does.
    fn clear_up(&self, done: Option<Done>) {
        if let Some((job, folder)) = done {
            folder.remove(self.workshop.store);
            drop(job);
        }
    }

    /// Hears what happens beside the work until all slots are left.
    fn attend(&self, mut count: usize, receiver: &Receiver<Message>) {
        let mut told = Instant::now();
        while count > 0 {
            let message = receiver.recv_timeout(TICK);
            let mut floor = self.lock();
            match message {
                Ok(Message::Unlocked(unit)) => {
                    floor.run.schedule.unblock(unit);
                    self.idle.notify_one();
                }
                Ok(Message::Signal) => {
                    floor.run.interrupt();
                    self.idle.notify_all();
                }
                Ok(Message::Left { panicked }) => {
                    count -= 1;
                    if panicked {
                        let why =
                            "error: a slot of the run panicked: a mistake in osteon; what was recorded holds";
                        floor.note::<()>(Err(Failure::usage(why)));
                        self.idle.notify_all();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the run itself can send"),
            }
            if told.elapsed() >= TICK {
                told = Instant::now();
                floor.run.tick();
                floor.run.look_again();
                if floor.run.schedule.can_start() {
                    self.idle.notify_one();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Floor<'a, 'b>> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor<'_, '_> {
    fn is_over(&self) -> bool {
        self.failure.is_some() || self.run.schedule.is_over()
    }

    /// Returns what can be done now; if nothing can, that may be because all is done.
    fn next(&mut self) -> Option<Box<Job>> {
        if self.failure.is_some() {
            return None;
        }
        let next = self.run.next();
        self.note(next).flatten()
    }

    fn made(&mut self, job: &mut Job, made: Made) {
        let gpus = std::mem::take(&mut job.gpus);
        let finished = self.run.made(job.unit, gpus, made);
        self.note(finished);
    }

    /// Not one thread more can be had.
    fn lacks_threads(&mut self, slots: usize, error: &std::io::Error) {
        if slots == 0 {
            self.note::<()>(Err(Failure::usage(format!("error: no thread can be started: {error}"))));
        } else {
            self.run.watcher.note(&format!("warning: no more than {slots} can run at once: {error}"));
        }
    }

    /// Notes why the run cannot go on, if it cannot: what runs is ended.
    fn note<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        let failure = match result {
            Ok(done) => return Some(done),
            Err(failure) => failure,
        };
        if self.failure.is_none() {
            self.run.give_up(&failure);
            // It was said.
            self.failure = Some(Failure { text: String::new(), ..failure });
        }
        None
    }
}
