use proptest::prelude::*;

use super::*;

const ONE: Tokens = Tokens { cpus: 1, memory: 0, gpus: 0 };

fn schedule(reads: &[Vec<usize>], slots: usize) -> Schedule {
    let mut readers = vec![Vec::new(); reads.len()];
    for (reader, reads) in reads.iter().enumerate() {
        reads.iter().for_each(|read| readers[*read].push(reader));
    }
    let free = Tokens { cpus: slots, memory: 0, gpus: 0 };
    Schedule::new(reads, readers, vec![ONE; reads.len()], &vec![0.0; reads.len()], free)
}

#[test]
fn a_chain_runs_in_order() {
    let mut schedule = schedule(&[vec![], vec![0]], 2);
    assert_eq!(schedule.take_ready(), Some(0));
    assert_eq!(schedule.take_ready(), None);
    schedule.queue(0);
    assert_eq!(schedule.start(), Some(0));
    schedule.done(0);
    assert_eq!(schedule.take_ready(), Some(1));
}

#[test]
fn the_longest_way_to_the_end_starts_first() {
    let mut schedule = Schedule::new(
        &[vec![], vec![]],
        vec![vec![], vec![]],
        vec![ONE; 2],
        &[1.0, 2.0],
        Tokens { cpus: 1, memory: 0, gpus: 0 },
    );
    schedule.queue(0);
    schedule.queue(1);
    assert_eq!(schedule.start(), Some(1));
    assert_eq!(schedule.start(), None);
}

#[test]
fn an_idle_slot_is_woken_only_for_what_it_can_do() {
    let mut schedule = schedule(&[vec![], vec![0], vec![]], 1);
    assert!(schedule.can_start(), "two units wait for their keys");
    while let Some(unit) = schedule.take_ready() {
        schedule.queue(unit);
    }
    assert!(schedule.can_start());
    let unit = schedule.start().unwrap();
    assert!(!schedule.can_start(), "what is queued has no room");
    schedule.done(unit);
    assert!(schedule.can_start());
    schedule.stop();
    assert!(!schedule.can_start());
}

#[test]
fn what_a_unit_lost_is_made_again_before_it() {
    let mut schedule = schedule(&[vec![], vec![0]], 1);
    schedule.take_ready();
    schedule.done(0);
    assert_eq!(schedule.take_ready(), Some(1));
    schedule.remake(1, &[0]);
    assert_eq!(schedule.take_ready(), Some(0));
    schedule.queue(0);
    schedule.start();
    schedule.done(0);
    assert_eq!(schedule.take_ready(), Some(1));
}

#[test]
fn those_that_read_a_failure_are_skipped_and_others_go_on() {
    let mut schedule = schedule(&[vec![], vec![0], vec![1], vec![]], 1);
    assert_eq!(schedule.fail(0), [1, 2]);
    assert_eq!(schedule.take_ready(), Some(3));
    schedule.done(3);
    assert!(schedule.is_over());
}

fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1..12usize).prop_flat_map(|size| {
        let of_unit = |unit: usize| prop::collection::btree_set(0..unit.max(1), 0..3);
        let all: Vec<_> = (0..size).map(of_unit).collect();
        all.prop_map(|all| {
            all.into_iter()
                .enumerate()
                .map(|(unit, reads)| reads.into_iter().filter(|read| *read < unit).collect())
                .collect()
        })
    })
}

proptest! {
    #[test]
    fn every_unit_runs_once_after_what_it_reads_and_never_after_a_failure(
        reads in graphs(),
        choices in prop::collection::vec((any::<u8>(), any::<u8>()), 64),
        slots in 1..4usize,
    ) {
        let mut schedule = schedule(&reads, slots);
        let (mut running, mut ran, mut failed) = (Vec::new(), vec![0; reads.len()], BTreeSet::new());
        let mut choices = choices.into_iter().cycle();
        for _ in 0..10 * reads.len() {
            while let Some(unit) = schedule.take_ready() {
                schedule.queue(unit);
            }
            while let Some(unit) = schedule.start() {
                prop_assert!(reads[unit].iter().all(|read| schedule.state(*read) == State::Done));
                ran[unit] += 1;
                running.push(unit);
            }
            prop_assert!(running.len() <= slots);
            if running.is_empty() {
                break;
            }
            let (which, fails) = choices.next().expect("a cycle has no end");
            let unit = running.remove(usize::from(which) % running.len());
            if fails % 5 == 0 {
                failed.insert(unit);
                schedule.fail(unit);
            } else {
                schedule.done(unit);
            }
        }
        prop_assert!(schedule.is_over());
        prop_assert!(ran.iter().all(|count| *count <= 1));
        for (unit, reads) in reads.iter().enumerate() {
            let below_a_failure = reads.iter().any(|read| {
                failed.contains(read) || schedule.state(*read) == State::Skipped
            });
            prop_assert_eq!(schedule.state(unit) == State::Skipped, below_a_failure);
        }
    }
}

/// Returns what a schedule grows by to consist of these units, none of which stood for others.
fn growth(reads: &[Vec<usize>], gone: Vec<usize>) -> Growth {
    let mut readers = vec![Vec::new(); reads.len()];
    for (reader, reads) in reads.iter().enumerate() {
        reads.iter().for_each(|read| readers[*read].push(reader));
    }
    let costs = (0..reads.len()).map(|unit| (unit, ONE)).collect();
    Growth { reads: reads.to_vec(), readers, costs, urgency: vec![0.0; reads.len()], gone }
}

#[test]
fn what_stood_for_others_gives_way_to_them() {
    // 0 tells what 1 stands for, which 2 reads.
    let mut schedule = schedule(&[vec![], vec![0], vec![1]], 1);
    schedule.take_ready();
    schedule.done(0);
    assert_eq!(schedule.take_ready(), Some(1));
    let skipped = schedule.grow(growth(&[vec![], vec![], vec![3, 4], vec![0], vec![0]], vec![1]));
    assert!(skipped.is_empty());
    assert_eq!(
        [schedule.take_ready(), schedule.take_ready(), schedule.take_ready()],
        [Some(3), Some(4), None]
    );
    schedule.done(3);
    schedule.done(4);
    assert_eq!(schedule.take_ready(), Some(2));
    schedule.done(2);
    assert!(schedule.is_over());
}

#[test]
fn what_stood_for_nothing_lets_its_readers_go_on() {
    let mut schedule = schedule(&[vec![], vec![0]], 1);
    schedule.take_ready();
    schedule.grow(growth(&[vec![], vec![]], vec![0]));
    assert_eq!(schedule.take_ready(), Some(1));
}

#[test]
fn what_is_new_and_reads_a_failure_is_skipped() {
    let mut schedule = schedule(&[vec![], vec![]], 1);
    schedule.fail(0);
    assert_eq!(schedule.grow(growth(&[vec![], vec![], vec![0], vec![2], vec![1]], vec![])), [2, 3]);
    schedule.done(1);
    assert_eq!(schedule.take_ready(), Some(4));
}

proptest! {
    #[test]
    fn a_schedule_that_grows_while_it_runs_does_what_a_whole_one_does(
        reads in graphs(),
        first in 1..12usize,
        when in 0..6usize,
        slots in 1..4usize,
    ) {
        let first = first.min(reads.len());
        let mut schedule = schedule(&reads[..first], slots);
        let (mut running, mut ran) = (Vec::new(), Vec::new());
        for turn in 0..4 * reads.len() + 10 {
            if turn == when {
                prop_assert!(schedule.grow(growth(&reads, vec![])).is_empty());
            }
            while let Some(unit) = schedule.take_ready() {
                schedule.queue(unit);
            }
            while let Some(unit) = schedule.start() {
                prop_assert!(reads[unit].iter().all(|read| schedule.state(*read) == State::Done));
                running.push(unit);
            }
            prop_assert!(running.len() <= slots);
            if let Some(unit) = running.pop() {
                ran.push(unit);
                schedule.done(unit);
            }
        }
        prop_assert!(schedule.is_over());
        ran.sort_unstable();
        prop_assert_eq!(ran, (0..reads.len()).collect::<Vec<_>>());
    }
}
