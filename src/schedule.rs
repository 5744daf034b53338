//! Which stage runs next: a state machine without threads, clocks or files.

#[cfg(test)]
mod faults;
mod growth;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use growth::Growth;

/// What one unit takes of the machine while it runs, or what the machine has free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tokens {
    /// Processors.
    pub cpus: usize,
    /// Memory, in bytes.
    pub memory: u64,
    /// Devices.
    pub gpus: usize,
}

impl Tokens {
    fn covers(&self, other: &Self) -> bool {
        self.cpus >= other.cpus && self.memory >= other.memory && self.gpus >= other.gpus
    }

    fn take(&mut self, other: &Self) {
        self.cpus -= other.cpus;
        self.memory -= other.memory;
        self.gpus -= other.gpus;
    }

    fn give(&mut self, other: &Self) {
        self.cpus += other.cpus;
        self.memory += other.memory;
        self.gpus += other.gpus;
    }
}

/// How far a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something that it reads is not done.
    Pending,
    /// All that it reads is done: its key can be known, and looked up.
    Ready,
    /// It has to run and waits for a slot.
    Queued,
    /// It has a slot.
    Running,
    /// Another run, or another unit of this one, makes what it would make.
    Blocked,
    /// Its outputs are known.
    Done,
    /// It ran and failed.
    Failed,
    /// Something that it reads failed.
    Skipped,
    /// The run ended before its turn.
    Cancelled,
}

impl State {
    fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Skipped | Self::Cancelled)
    }
}

/// The units of a run and how far each is.
#[derive(Debug)]
pub struct Schedule {
    states: Vec<State>,
    awaits: Vec<BTreeSet<usize>>,
    readers: Vec<Vec<usize>>,
    costs: Vec<Tokens>,
    /// The most urgent first: the rank of each unit is its place in the order of urgency.
    rank: Vec<usize>,
    ready: BTreeSet<usize>,
    /// What waits for a slot by what it takes: most units take the same.
    queued: BTreeMap<Tokens, BTreeSet<(usize, usize)>>,
    free: Tokens,
    stopped: bool,
    /// How many units are not in a final state.
    open: usize,
}

impl Schedule {
    /// Begins with every unit pending or ready.
    ///
    /// `reads` and `readers` are the edges in both directions, `urgency` sorts those that wait for a slot (the larger
    /// the earlier), and each of `costs` is covered by `free`.
    pub fn new(
        reads: &[Vec<usize>],
        readers: Vec<Vec<usize>>,
        costs: Vec<Tokens>,
        urgency: &[f64],
        free: Tokens,
    ) -> Self {
        let rank = ranks(urgency);
        let awaits: Vec<BTreeSet<usize>> =
            reads.iter().map(|reads| reads.iter().copied().collect()).collect();
        let ready: BTreeSet<usize> = (0..reads.len()).filter(|unit| awaits[*unit].is_empty()).collect();
        let states = awaits
            .iter()
            .map(|awaits| if awaits.is_empty() { State::Ready } else { State::Pending })
            .collect();
        Self {
            states,
            awaits,
            readers,
            costs,
            rank,
            ready,
            queued: BTreeMap::new(),
            free,
            stopped: false,
            open: reads.len(),
        }
    }

    /// Returns how far a unit is.
    pub fn state(&self, unit: usize) -> State {
        self.states[unit]
    }

    /// Returns the units that are in `state`.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = usize> {
        (0..self.states.len()).filter(move |unit| self.states[*unit] == state)
    }

    /// Returns the next unit whose key can be looked up.
    pub fn take_ready(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// A unit that was ready, blocked or running has its outputs.
    pub fn done(&mut self, unit: usize) {
        self.set(unit, State::Done);
        for position in 0..self.readers[unit].len() {
            let reader = self.readers[unit][position];
            if self.awaits[reader].remove(&unit)
                && self.awaits[reader].is_empty()
                && self.states[reader] == State::Pending
            {
                self.make_ready(reader);
            }
        }
    }

    /// A ready unit has to run.
    pub fn queue(&mut self, unit: usize) {
        self.set(unit, if self.stopped { State::Cancelled } else { State::Queued });
    }

    /// A ready unit has to run, but the bytes of these units that it reads are gone: they are made anew first.
    ///
    /// Returns those that are skipped, because one of these failed when it was made anew for another unit.
    pub fn remake(&mut self, unit: usize, lost: &[usize]) -> Vec<usize> {
        let failed =
            |producer: &usize| self.states[*producer].is_final() && self.states[*producer] != State::Done;
        if lost.iter().any(failed) {
            self.set(unit, State::Skipped);
            return [vec![unit], self.skip(vec![unit])].concat();
        }
        self.set(unit, State::Pending);
        self.awaits[unit].extend(lost);
        for &producer in lost {
            if self.states[producer] == State::Done {
                self.make_ready(producer);
            }
        }
        Vec::new()
    }

    /// Gives the most urgent unit that the free tokens cover a slot.
    pub fn start(&mut self) -> Option<usize> {
        let covered = self.queued.iter().filter(|(cost, _)| self.free.covers(cost));
        let (_, unit) = *covered.filter_map(|(_, units)| units.first()).min()?;
        self.set(unit, State::Running);
        Some(unit)
    }

    /// Returns whether a slot more would find something to do.
    pub fn can_start(&self) -> bool {
        let covered = |(cost, units): (&Tokens, &BTreeSet<_>)| !units.is_empty() && self.free.covers(cost);
        !self.ready.is_empty() || self.queued.iter().any(covered)
    }

    /// A unit waits for what another makes, without a slot.
    pub fn block(&mut self, unit: usize) {
        self.set(unit, if self.stopped { State::Cancelled } else { State::Blocked });
    }

    /// What a blocked unit waited for has ended: its key is looked up again.
    pub fn unblock(&mut self, unit: usize) {
        if self.states[unit] == State::Blocked {
            self.make_ready(unit);
        }
    }

    /// A unit failed; returns those that are skipped because they read it, directly or not.
    pub fn fail(&mut self, unit: usize) -> Vec<usize> {
        self.set(unit, State::Failed);
        self.skip(vec![unit])
    }

    /// Skips what reads one of these units, directly or not.
    fn skip(&mut self, mut open: Vec<usize>) -> Vec<usize> {
        let mut skipped = Vec::new();
        while let Some(failed) = open.pop() {
            for position in 0..self.readers[failed].len() {
                let reader = self.readers[failed][position];
                if matches!(
                    self.states[reader],
                    State::Pending | State::Ready | State::Queued | State::Blocked
                ) {
                    self.set(reader, State::Skipped);
                    skipped.push(reader);
                    open.push(reader);
                }
            }
        }
        skipped
    }

    /// Nothing starts any more; returns the units that are cancelled.
    pub fn stop(&mut self) -> Vec<usize> {
        self.stopped = true;
        let mut cancelled = Vec::new();
        for unit in 0..self.states.len() {
            if matches!(self.states[unit], State::Pending | State::Ready | State::Queued | State::Blocked) {
                self.set(unit, State::Cancelled);
                cancelled.push(unit);
            }
        }
        cancelled
    }

    /// Returns whether nothing more starts.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Returns whether nothing runs and nothing will.
    pub fn is_over(&self) -> bool {
        self.open == 0
    }

    fn make_ready(&mut self, unit: usize) {
        self.set(unit, if self.stopped { State::Cancelled } else { State::Ready });
    }

    fn enqueue(&mut self, unit: usize) {
        self.queued.entry(self.costs[unit]).or_default().insert((self.rank[unit], unit));
    }

    /// The one place where a unit changes its state.
    fn set(&mut self, unit: usize, state: State) {
        let old = std::mem::replace(&mut self.states[unit], state);
        match old {
            State::Ready => {
                self.ready.remove(&unit);
            }
            State::Queued => {
                if let Some(units) = self.queued.get_mut(&self.costs[unit]) {
                    units.remove(&(self.rank[unit], unit));
                }
            }
            State::Running => {
                let cost = self.costs[unit];
                self.free.give(&cost);
            }
            _ => {}
        }
        match state {
            State::Ready => {
                self.ready.insert(unit);
            }
            State::Queued => self.enqueue(unit),
            State::Running => {
                let cost = self.costs[unit];
                self.free.take(&cost);
            }
            _ => {}
        }
        self.open += usize::from(old.is_final());
        self.open -= usize::from(state.is_final());
    }
}

/// Returns the place of each unit in the order of urgency.
fn ranks(urgency: &[f64]) -> Vec<usize> {
    let mut by_urgency: Vec<usize> = (0..urgency.len()).collect();
    by_urgency.sort_by(|a, b| urgency[*b].total_cmp(&urgency[*a]).then(a.cmp(b)));
    let mut rank = vec![0; urgency.len()];
    by_urgency.iter().enumerate().for_each(|(place, unit)| rank[*unit] = place);
    rank
}
