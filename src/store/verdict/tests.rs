use proptest::prelude::*;

use super::*;

const HOUR: u64 = 3600;

fn hours(count: u64) -> Duration {
    Duration::from_secs(count * HOUR)
}

fn path(name: usize) -> PathBuf {
    PathBuf::from(name.to_string())
}

prop_compose! {
    /// A holder of some of eight blobs, of which the last two are never there.
    fn any_holder()(
        needs in prop::collection::btree_set(0_usize..8, 0..4),
        unused in 0_u64..10,
        turn in 0_usize..3,
        age in 0_u64..10,
        runs_ago in prop::option::of(1_usize..5),
        pinned in prop::bool::weighted(0.1),
        useless in prop::bool::weighted(0.1),
    ) -> Holder {
        let needs = needs.into_iter().map(path).collect();
        Holder { needs, unused: hours(unused), turn, age: hours(age), runs_ago, pinned, useless }
    }
}

prop_compose! {
    fn any_facts()(
        holders in prop::collection::vec(any_holder(), 0..12),
        blobs in prop::collection::vec((0_u64..100, 0_u64..10), 6),
    ) -> Facts {
        let blob = |(size, age)| Blob { size, age: hours(age) };
        Facts {
            holders: holders.into_iter().enumerate().map(|(at, holder)| (path(100 + at), holder)).collect(),
            blobs: blobs.into_iter().map(blob).enumerate().map(|(at, blob)| (path(at), blob)).collect(),
        }
    }
}

prop_compose! {
    fn any_rules()(
        keep_runs in prop::option::of(1_usize..5),
        older_than in prop::option::of(0_u64..10),
        max_size in prop::option::of(0_u64..500),
        grace in 0_u64..5,
    ) -> Rules {
        Rules {
            keep_runs: keep_runs.and_then(NonZeroUsize::new),
            older_than: older_than.map(hours),
            max_size,
            grace: hours(grace),
        }
    }
}

/// Returns what is left after a verdict.
fn after(facts: &Facts, verdict: &Verdict) -> Facts {
    let mut left = facts.clone();
    left.holders.retain(|path, _| !verdict.holders.contains(path));
    left.blobs.retain(|path, _| !verdict.blobs.contains(path));
    left
}

fn needed(facts: &Facts) -> BTreeSet<&PathBuf> {
    facts.holders.values().flat_map(|holder| &holder.needs).collect()
}

fn may_go(holder: &Holder, rules: &Rules) -> bool {
    !holder.pinned && holder.age >= rules.grace && rules.let_go(holder)
}

proptest! {
    #[test]
    fn nothing_goes_that_something_kept_needs(facts in any_facts(), rules in any_rules()) {
        let verdict = decide(&facts, &rules);
        let left = after(&facts, &verdict);
        prop_assert!(needed(&left).iter().all(|blob| !verdict.blobs.contains(*blob)));
    }

    #[test]
    fn everything_goes_that_nothing_needs_unless_it_is_young(facts in any_facts(), rules in any_rules()) {
        let left = after(&facts, &decide(&facts, &rules));
        let needed = needed(&left);
        for (path, blob) in &left.blobs {
            prop_assert!(needed.contains(path) || blob.age < rules.grace);
        }
    }

    #[test]
    fn only_what_every_rule_lets_go_goes(facts in any_facts(), rules in any_rules()) {
        let verdict = decide(&facts, &rules);
        prop_assert!(verdict.holders.iter().all(|path| may_go(&facts.holders[path], &rules)));
        prop_assert!(verdict.blobs.iter().all(|path| facts.blobs[path].age >= rules.grace));
        let at_once = |holder: &Holder| holder.useless && may_go(holder, &rules);
        let left = after(&facts, &verdict);
        prop_assert!(!left.holders.values().any(at_once), "what is useless goes whatever the rules");
        if rules.max_size.is_none() {
            prop_assert!(!left.holders.values().any(|holder| may_go(holder, &rules)));
        }
    }

    #[test]
    fn what_is_left_is_counted_and_fits_if_it_can(facts in any_facts(), rules in any_rules()) {
        let verdict = decide(&facts, &rules);
        let left = after(&facts, &verdict);
        prop_assert_eq!(verdict.left, left.blobs.values().map(|blob| blob.size).sum::<u64>());
        if let Some(limit) = rules.max_size.filter(|limit| verdict.left > *limit) {
            let least = decide(&facts, &Rules { max_size: None, ..rules }).left;
            prop_assert_eq!(verdict.left, least, "{} is more than {}, and more could go", verdict.left, limit);
        }
    }

    #[test]
    fn a_limit_of_size_takes_what_was_used_least_recently(facts in any_facts(), rules in any_rules()) {
        prop_assume!(rules.max_size.is_some());
        let verdict = decide(&facts, &rules);
        let left = after(&facts, &verdict);
        let gone = verdict.holders.iter().map(|path| &facts.holders[path]).filter(|holder| !holder.useless);
        let Some(latest) = gone.map(|holder| holder.unused).min() else { return Ok(()) };
        for (path, holder) in left.holders.iter().filter(|(_, holder)| may_go(holder, &rules)) {
            let mut without = left.clone();
            without.holders.remove(path);
            let others = needed(&without);
            let free = |blob: &PathBuf| {
                others.contains(blob) || left.blobs.get(blob).is_none_or(|blob| blob.age < rules.grace)
            };
            prop_assert!(holder.unused <= latest || holder.needs.iter().all(free), "{:?} should go first", path);
        }
    }

    #[test]
    fn a_second_sweep_finds_nothing(facts in any_facts(), rules in any_rules()) {
        let left = after(&facts, &decide(&facts, &rules));
        let again = decide(&left, &rules);
        prop_assert!(again.holders.is_empty() && again.blobs.is_empty(), "{:?}", again);
    }
}

#[test]
fn a_record_that_frees_nothing_stays_under_a_limit_of_size() {
    let holder = |needs: &[usize], unused, pinned| Holder {
        needs: needs.iter().copied().map(path).collect(),
        unused: hours(unused),
        age: hours(9),
        pinned,
        ..Holder::default()
    };
    let blob = || Blob { size: 10, age: hours(9) };
    let facts = Facts {
        holders: [holder(&[0], 9, false), holder(&[1], 8, false), holder(&[0], 1, true)]
            .into_iter()
            .enumerate()
            .map(|(at, holder)| (path(100 + at), holder))
            .collect(),
        blobs: [(path(0), blob()), (path(1), blob())].into(),
    };
    let rules = Rules { max_size: Some(10), ..Rules::default() };
    let verdict = decide(&facts, &rules);
    assert_eq!(verdict.holders, BTreeSet::from([path(101)]));
    assert_eq!(verdict.left, 10);
}
