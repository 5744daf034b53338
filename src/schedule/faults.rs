//! Whatever happens to whom, in whatever order: a model of a run that plays against the schedule.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::{Schedule, State, Tokens};

/// What a unit that is blocked waits for.
#[derive(Clone, Copy, PartialEq)]
enum Maker {
    /// Another run.
    Elsewhere,
    /// A unit of this run with the same key.
    Twin(usize),
}

/// A run as the schedule sees it, with its own accounts.
struct Run {
    reads: Vec<Vec<usize>>,
    costs: Vec<Tokens>,
    all: Tokens,
    schedule: Schedule,
    keep_going: bool,
    running: BTreeSet<usize>,
    blocked: BTreeMap<usize, Maker>,
    /// The reads that each unit was promised anew.
    awaits: Vec<BTreeSet<usize>>,
    /// Whether the outputs of each unit were ever known.
    made: Vec<bool>,
    ran: Vec<usize>,
    /// How often each unit may run: once, and once more each time that its bytes were lost.
    may_run: Vec<usize>,
    /// How many more bytes are lost, and keys found to be made elsewhere.
    mishaps: usize,
    stopped: bool,
}

impl Run {
    /// A unit is ready: its key is looked up.
    fn look_up(&mut self, unit: usize, choice: u8) -> TestCaseResult {
        prop_assert!(
            self.reads[unit].iter().all(|read| self.made[*read]),
            "{unit} is ready before what it reads"
        );
        prop_assert!(self.awaits[unit].is_empty(), "{unit} is ready before what is made anew for it");
        let lost: Vec<usize> =
            self.reads[unit].iter().copied().filter(|read| (choice >> 3) & (1 << (read % 4)) != 0).collect();
        match choice % 8 {
            0 | 1 => self.done(unit),
            2 if !self.running.is_empty() => {
                let twin = self.running.iter().copied().nth(usize::from(choice) % self.running.len());
                self.block(unit, twin.map_or(Maker::Elsewhere, Maker::Twin));
            }
            3..=5 if self.mishaps > 0 && !lost.is_empty() => {
                self.mishaps -= 1;
                let anew = lost.iter().filter(|read| self.schedule.state(**read) == State::Done);
                anew.for_each(|read| self.may_run[*read] += 1);
                if self.schedule.remake(unit, &lost).is_empty() {
                    self.awaits[unit].extend(lost);
                }
            }
            _ => self.schedule.queue(unit),
        }
        Ok(())
    }

    /// A unit has a slot.
    fn begin(&mut self, unit: usize, choice: u8) -> TestCaseResult {
        prop_assert!(!self.stopped, "{unit} starts after the run was stopped");
        prop_assert!(self.awaits[unit].is_empty(), "{unit} starts before what is made anew for it");
        match choice % 8 {
            0 if self.mishaps > 0 => {
                self.mishaps -= 1;
                self.block(unit, Maker::Elsewhere);
            }
            1 => self.done(unit),
            _ => {
                self.ran[unit] += 1;
                prop_assert!(self.ran[unit] <= self.may_run[unit], "{unit} ran twice");
                self.running.insert(unit);
            }
        }
        Ok(())
    }

    /// Something happens outside.
    fn happen(&mut self, choice: u8, which: u8) {
        let of = |count: usize| usize::from(which) % count.max(1);
        let others: Vec<usize> = self
            .blocked
            .iter()
            .filter(|(_, maker)| **maker == Maker::Elsewhere)
            .map(|(unit, _)| *unit)
            .collect();
        let running = self.running.iter().copied().nth(of(self.running.len()));
        match (choice % 16, running, others.get(of(others.len())).copied()) {
            (0, _, _) => self.stop(),
            (1..=5, _, Some(other)) | (_, None, Some(other)) => {
                self.blocked.remove(&other);
                self.schedule.unblock(other);
            }
            (6..=9, Some(unit), _) => self.fail(unit),
            (_, Some(unit), _) => {
                self.running.remove(&unit);
                self.done(unit);
                for twin in self.twins(unit) {
                    self.schedule.unblock(twin);
                }
            }
            (_, None, None) => {}
        }
    }

    fn block(&mut self, unit: usize, maker: Maker) {
        self.schedule.block(unit);
        self.blocked.insert(unit, maker);
    }

    fn done(&mut self, unit: usize) {
        self.made[unit] = true;
        for awaits in &mut self.awaits {
            awaits.remove(&unit);
        }
        self.schedule.done(unit);
    }

    fn fail(&mut self, unit: usize) {
        self.running.remove(&unit);
        self.schedule.fail(unit);
        for twin in self.twins(unit) {
            if self.schedule.state(twin) == State::Blocked {
                self.schedule.fail(twin);
            }
        }
        if !self.keep_going {
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.schedule.stop();
    }

    /// Returns the units that wait for this one, which has ended.
    fn twins(&mut self, unit: usize) -> Vec<usize> {
        let of_unit = |maker: &mut Maker| *maker == Maker::Twin(unit);
        self.blocked.extract_if(.., |_, maker| of_unit(maker)).map(|(twin, _)| twin).collect()
    }

    fn adds_up(&self, before: &[State]) -> TestCaseResult {
        let sum = self.running.iter().fold(Tokens::default(), |mut sum, unit| {
            sum.give(&self.costs[*unit]);
            sum
        });
        prop_assert!(self.all.covers(&sum), "more runs than there is room for");
        let mut whole = self.schedule.free;
        whole.give(&sum);
        prop_assert_eq!(whole, self.all, "what is not taken is free");
        prop_assert!(self.schedule.in_state(State::Running).eq(self.running.iter().copied()));
        for (unit, before) in before.iter().enumerate() {
            let ended = matches!(before, State::Failed | State::Skipped | State::Cancelled);
            prop_assert!(!ended || self.schedule.state(unit) == *before, "{unit} ended twice");
        }
        Ok(())
    }

    fn ended_well(&self) -> TestCaseResult {
        prop_assert_eq!(self.schedule.free, self.all);
        for unit in 0..self.reads.len() {
            let state = self.schedule.state(unit);
            prop_assert!(state.is_final());
            prop_assert!(state != State::Done || self.made[unit]);
            prop_assert!(state != State::Cancelled || self.stopped);
            let failed = |read: &usize| matches!(self.schedule.state(*read), State::Failed | State::Skipped);
            prop_assert!(
                state != State::Skipped || self.reads[unit].iter().any(failed),
                "{unit} was skipped for nothing"
            );
        }
        Ok(())
    }
}

/// Units that read units before them, each with its cost.
fn graphs() -> impl Strategy<Value = Vec<(Vec<usize>, Tokens)>> {
    let cost = (1..4usize, 0..4u64, 0..2usize).prop_map(|(cpus, memory, gpus)| Tokens { cpus, memory, gpus });
    let unit = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), cost);
    prop::collection::vec(unit, 1..14).prop_map(|units| {
        let resolve = |(unit, (reads, cost)): (usize, (Vec<prop::sample::Index>, Tokens))| {
            let reads: BTreeSet<usize> =
                reads.iter().filter(|_| unit > 0).map(|read| read.index(unit)).collect();
            (reads.into_iter().collect(), cost)
        };
        units.into_iter().enumerate().map(resolve).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_nothing_runs_twice_or_too_early_and_all_of_it_ends(
        graph in graphs(),
        keep_going in any::<bool>(),
        choices in prop::collection::vec((any::<u8>(), any::<u8>()), 64),
    ) {
        let (reads, costs): (Vec<Vec<usize>>, Vec<Tokens>) = graph.into_iter().unzip();
        let mut readers = vec![Vec::new(); reads.len()];
        for (reader, reads) in reads.iter().enumerate() {
            reads.iter().for_each(|read| readers[*read].push(reader));
        }
        let (all, units) = (Tokens { cpus: 4, memory: 4, gpus: 1 }, reads.len());
        let schedule = Schedule::new(&reads, readers, costs.clone(), &vec![0.0; units], all);
        let mut run = Run {
            reads, costs, all, schedule, keep_going,
            running: BTreeSet::new(), blocked: BTreeMap::new(), awaits: vec![BTreeSet::new(); units],
            made: vec![false; units], ran: vec![0; units], may_run: vec![1; units], mishaps: 8, stopped: false,
        };
        let mut choices = choices.into_iter().cycle();
        let mut choice = || choices.next().expect("a cycle has no end");
        // Each step ends something, but for the few mishaps.
        for _ in 0..20 * (units + 8) {
            let before: Vec<State> = (0..units).map(|unit| run.schedule.state(unit)).collect();
            while let Some(unit) = run.schedule.take_ready() {
                run.look_up(unit, choice().0)?;
            }
            while let Some(unit) = run.schedule.start() {
                run.begin(unit, choice().0)?;
            }
            run.adds_up(&before)?;
            if run.schedule.is_over() {
                return run.ended_well();
            }
            let waits = !run.running.is_empty() || run.schedule.in_state(State::Blocked).next().is_some()
                || run.schedule.in_state(State::Ready).next().is_some();
            prop_assert!(waits, "nothing runs, and it is not over: {:?}", run.schedule.states);
            let (what, which) = choice();
            run.happen(what, which);
            run.adds_up(&before)?;
        }
        prop_assert!(false, "it does not end: {:?}", run.schedule.states);
    }
}
