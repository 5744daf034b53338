use std::collections::BTreeSet;

use super::{Schedule, State, Tokens, ranks};

/// What becomes known of the units of a run while it runs: they keep their positions, new ones come behind.
#[derive(Clone, Debug, Default)]
pub struct Growth {
    /// What each unit reads.
    pub reads: Vec<Vec<usize>>,
    /// For each unit, those that read it.
    pub readers: Vec<Vec<usize>>,
    /// What units take of the machine: all that are new, and others of which it is known better.
    pub costs: Vec<(usize, Tokens)>,
    /// Sorts those that wait for a slot.
    pub urgency: Vec<f64>,
    /// Units that stood for others and are not to be done themselves.
    pub gone: Vec<usize>,
}

impl Schedule {
    /// Goes on with more units; returns those that are skipped because they read a failure.
    ///
    /// A unit that is beyond pending reads what it read before.
    pub fn grow(&mut self, growth: Growth) -> Vec<usize> {
        let units = growth.reads.len();
        self.open += units - self.states.len();
        self.states.resize(units, State::Pending);
        self.awaits.resize(units, BTreeSet::new());
        self.costs.resize(units, Tokens::default());
        for (unit, cost) in growth.costs {
            // What runs gives back what it took.
            if self.states[unit] != State::Running {
                self.costs[unit] = cost;
            }
        }
        self.readers = growth.readers;
        self.rank = ranks(&growth.urgency);
        self.queued.clear();
        let queued: Vec<usize> = self.in_state(State::Queued).collect();
        queued.into_iter().for_each(|unit| self.enqueue(unit));
        for unit in growth.gone {
            self.set(unit, State::Done);
        }
        let pending: Vec<usize> = self.in_state(State::Pending).collect();
        for &unit in &pending {
            let left = growth.reads[unit].iter().copied().filter(|read| self.states[*read] != State::Done);
            self.awaits[unit] = left.collect();
        }
        let failures = [State::Failed, State::Skipped].map(|state| self.in_state(state).collect::<Vec<_>>());
        let skipped = self.skip(failures.concat());
        for unit in pending {
            if self.states[unit] == State::Pending && self.awaits[unit].is_empty() {
                self.make_ready(unit);
            }
        }
        skipped
    }
}
