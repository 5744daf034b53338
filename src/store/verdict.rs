use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// What a sweep has to keep: something goes only if every rule that is given lets it go.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What the last runs of any project used.
    pub keep_runs: Option<NonZeroUsize>,
    /// What was used within this time.
    pub older_than: Option<Duration>,
    /// As much as fits into so many bytes, what was used last first.
    pub max_size: Option<u64>,
    /// What was written within this time, by whomever: its record may be about to follow.
    pub grace: Duration,
}

/// What is known before a sweep, by path.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Records, and folders that attempts left: what is kept or goes as a whole.
    pub(super) holders: BTreeMap<PathBuf, Holder>,
    /// Where the bytes are.
    pub(super) blobs: BTreeMap<PathBuf, Blob>,
}

/// What is known of a record, or of a folder that attempts left.
#[derive(Clone, Debug, Default)]
pub(super) struct Holder {
    /// The blobs that it cannot be read without.
    pub(super) needs: BTreeSet<PathBuf>,
    /// How long ago a run used it last.
    pub(super) unused: Duration,
    /// Its place among what that run used: what others are made from comes first.
    pub(super) turn: usize,
    /// How long ago it was written.
    pub(super) age: Duration,
    /// How many runs ago it was used; none if no run says so.
    pub(super) runs_ago: Option<usize>,
    pub(super) pinned: bool,
    /// Whether nothing can ever use it: a damaged record, or what a killed run left.
    pub(super) useless: bool,
}

/// What is known of some bytes.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) size: u64,
    /// How long ago it was written.
    pub(super) age: Duration,
}

/// What goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) holders: BTreeSet<PathBuf>,
    pub(super) blobs: BTreeSet<PathBuf>,
    /// How many holders are kept only because they were written a moment ago.
    pub(super) young: usize,
    /// How many bytes are left.
    pub(super) left: u64,
}

impl Rules {
    fn let_go(&self, holder: &Holder) -> bool {
        holder.useless
            || (self.older_than.is_none_or(|limit| holder.unused >= limit)
                && self.keep_runs.is_none_or(|count| holder.runs_ago.is_none_or(|ago| ago > count.get())))
    }

    fn fits(&self, bytes: u64) -> bool {
        self.max_size.is_some_and(|limit| bytes <= limit)
    }
}

/// Decides what goes; looks at nothing but its arguments.
pub(super) fn decide(facts: &Facts, rules: &Rules) -> Verdict {
    let mut needed: BTreeMap<&PathBuf, usize> = BTreeMap::new();
    for blob in facts.holders.values().flat_map(|holder| &holder.needs) {
        *needed.entry(blob).or_default() += 1;
    }
    let stays = |blob: &PathBuf, needed: &BTreeMap<&PathBuf, usize>| {
        needed.get(blob).is_some_and(|count| *count > 0) || facts.blobs[blob].age < rules.grace
    };
    let kept = facts.blobs.iter().filter(|(path, _)| stays(path, &needed));
    let mut left: u64 = kept.map(|(_, blob)| blob.size).sum();

    let mut verdict = Verdict::default();
    let mut candidates: Vec<(&PathBuf, &Holder)> = Vec::new();
    for (path, holder) in facts.holders.iter().filter(|(_, holder)| !holder.pinned && rules.let_go(holder)) {
        if holder.age < rules.grace { verdict.young += 1 } else { candidates.push((path, holder)) }
    }
    candidates.sort_by_key(|(_, holder)| (!holder.useless, Reverse(holder.unused), holder.turn));
    let mut gone: Vec<(&PathBuf, &Holder)> = Vec::new();
    for (path, holder) in candidates {
        if rules.fits(left) && !holder.useless {
            break;
        }
        gone.push((path, holder));
        for blob in &holder.needs {
            *needed.entry(blob).or_default() -= 1;
            if let Some(known) = facts.blobs.get(blob).filter(|_| !stays(blob, &needed)) {
                left -= known.size;
            }
        }
    }
    for (path, holder) in gone.into_iter().rev() {
        // What others keep anyway takes no room: a limit of size is no reason to forget what made it.
        let free = holder.needs.iter().all(|blob| !facts.blobs.contains_key(blob) || stays(blob, &needed));
        if rules.max_size.is_some() && !holder.useless && free {
            holder.needs.iter().for_each(|blob| *needed.entry(blob).or_default() += 1);
        } else {
            verdict.holders.insert(path.clone());
        }
    }
    verdict.blobs = facts.blobs.keys().filter(|blob| !stays(blob, &needed)).cloned().collect();
    verdict.left = left;
    verdict
}

#[cfg(test)]
mod tests;
