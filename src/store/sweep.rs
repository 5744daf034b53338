use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use contract::Digest;
use fs_err as fs;

use super::hold::{alone, beside_runs};
use super::inventory::Inventory;
use super::layout::Layout;
use super::leftover::Leftover;
use super::mark::refuse_foreign;
use super::object::Store;
use super::shelf::{Shelf, changed, remove, weigh};
use super::uses::runs_in;
use super::verdict::{Blob, Facts, Holder, Rules, Verdict, decide};
use crate::key::Key;

/// What a sweep removed, or would.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Records, and what attempts left, in the order of their names.
    pub gone: Vec<Gone>,
    /// How many records are among them.
    pub records: usize,
    /// How many objects.
    pub objects: usize,
    /// Bytes of what was removed.
    pub bytes: u64,
    /// How many records are kept.
    pub kept: usize,
    /// Bytes that are kept.
    pub left: u64,
    /// How many records are kept only because they were written within the grace period.
    pub young: usize,
    /// The notes of projects whose runs are not there, with where they should be.
    pub absent: Vec<(PathBuf, PathBuf)>,
}

/// Something that a sweep removed as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// What people know it by.
    pub name: String,
    /// Of a record, its key.
    pub key: Option<Key>,
    /// Bytes that it needs; others may need the same ones.
    pub bytes: u64,
    /// How long ago it was used last.
    pub unused: Duration,
}

/// Removes from the cache at `root` what the rules let go, and what nothing that is kept needs; `runs` is the folder of
/// the runs of the project that asks.
///
/// # Errors
/// If a run uses the cache now, or a file cannot be read or removed.
pub fn sweep(root: &Path, runs: &Path, rules: &Rules, dry_run: bool) -> io::Result<Swept> {
    refuse_foreign(root)?;
    refuse_foreign(runs.parent().unwrap_or(runs))?;
    if Layout::of(root)? == Layout::Untold {
        return Ok(Swept::default());
    }
    let (_held, is_alone) = match alone(root) {
        Ok(held) => (Some(held), true),
        // What would go can be told beside a run, but for what the run itself may be writing.
        Err(_) if dry_run => (beside_runs(root)?, false),
        Err(error) => return Err(error),
    };
    let now = SystemTime::now();
    let inventory = Inventory::take(root, runs)?;
    let leftovers = if is_alone { Leftover::all(root)? } else { Vec::new() };
    let facts = facts(&inventory, &leftovers, now);
    let verdict = decide(&facts, rules);
    if !dry_run {
        remove_all(root, &doomed(root, runs, rules, &inventory, &verdict, now)?)?;
        Store::look(root).forget_what_is_gone()?;
    }
    Ok(tell(inventory, &leftovers, &facts, &verdict, now))
}

fn since(now: SystemTime, then: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}

fn facts(inventory: &Inventory, leftovers: &[Leftover], now: SystemTime) -> Facts {
    let mut facts = Facts::default();
    for object in inventory.objects.values() {
        let blob = Blob { size: object.size, age: since(now, object.written) };
        facts.blobs.insert(object.path.clone(), blob);
    }
    for entry in &inventory.records {
        let objects = entry.needs.iter().filter_map(|digest| inventory.objects.get(digest));
        let holder = Holder {
            needs: objects.map(|object| object.path.clone()).collect(),
            unused: since(now, entry.used),
            turn: entry.last.as_ref().map_or(0, |last| last.turn),
            age: since(now, entry.written),
            runs_ago: entry.last.as_ref().map(|last| last.runs_ago),
            pinned: entry.pinned,
            useless: entry.record.is_none(),
        };
        facts.holders.insert(entry.path.clone(), holder);
    }
    let recorded: BTreeSet<&Key> =
        inventory.records.iter().filter(|entry| entry.record.is_some()).map(|entry| &entry.key).collect();
    for (path, needs) in &inventory.pins {
        let objects = needs.iter().filter_map(|digest| inventory.objects.get(digest));
        let holder = Holder {
            needs: objects.map(|object| object.path.clone()).collect(),
            unused: Duration::ZERO,
            turn: 0,
            age: Duration::ZERO,
            runs_ago: None,
            pinned: true,
            useless: false,
        };
        facts.holders.insert(path.clone(), holder);
    }
    for leftover in leftovers {
        let last = leftover.key.as_ref().and_then(|key| inventory.uses.of(key));
        let age = since(now, leftover.written);
        let holder = Holder {
            needs: BTreeSet::from([leftover.path.clone()]),
            unused: last.map_or(age, |last| since(now, last.when).min(age)),
            turn: 0,
            age,
            runs_ago: last.map(|last| last.runs_ago),
            pinned: false,
            useless: leftover.key.as_ref().is_none_or(|key| recorded.contains(key)),
        };
        facts.blobs.insert(leftover.path.clone(), Blob { size: leftover.bytes, age });
        facts.holders.insert(leftover.path.clone(), holder);
    }
    facts
}

/// Lists what goes, in the order in which it has to go: an interrupted sweep leaves no record whose objects it removed.
fn doomed(
    root: &Path,
    runs: &Path,
    rules: &Rules,
    inventory: &Inventory,
    verdict: &Verdict,
    now: SystemTime,
) -> io::Result<Vec<PathBuf>> {
    let mut doomed: Vec<PathBuf> = verdict.holders.difference(&verdict.blobs).cloned().collect();
    let kept = || inventory.records.iter().filter(|entry| !verdict.holders.contains(&entry.path));
    let needed: BTreeSet<&Digest> = kept().flat_map(|entry| &entry.needs).collect();
    for (digest, path) in Shelf::read(&root.join("trees"), "")?.named {
        let age = since(now, changed(&fs::symlink_metadata(&path)?));
        if !needed.contains(&digest) && age >= rules.grace {
            doomed.push(path);
        }
    }
    doomed.extend(verdict.blobs.iter().cloned());
    // A run that is the last use of something kept still has to tell so.
    let telling: BTreeSet<&PathBuf> = kept().filter_map(|entry| Some(&entry.last.as_ref()?.run)).collect();
    let count = rules.keep_runs.map_or(usize::MAX, std::num::NonZeroUsize::get);
    // What a link leads to is somebody's.
    let own = if runs.is_symlink() { Vec::new() } else { runs_in(runs)? };
    for run in own.into_iter().rev().skip(count).filter(|run| !telling.contains(run)) {
        let age = since(now, weigh(&run)?.1);
        if age >= rules.grace && rules.older_than.is_none_or(|limit| age >= limit) {
            doomed.push(run);
        }
    }
    Ok(doomed)
}

fn remove_all(root: &Path, doomed: &[PathBuf]) -> io::Result<()> {
    let staging = root.join("staging");
    fs::create_dir_all(&staging)?;
    let aside = tempfile::tempdir_in(&staging)?;
    for (at, path) in doomed.iter().enumerate() {
        let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
        if is_folder && path.starts_with(root) {
            // Moved away first: nobody finds half of it.
            let moved = aside.path().join(at.to_string());
            fs::rename(path, &moved)?;
            remove(&moved)?;
        } else {
            remove(path)?;
        }
    }
    Ok(())
}

fn tell(
    inventory: Inventory,
    leftovers: &[Leftover],
    facts: &Facts,
    verdict: &Verdict,
    now: SystemTime,
) -> Swept {
    let mut swept = Swept {
        objects: verdict.blobs.difference(&verdict.holders).count(),
        bytes: verdict.blobs.iter().map(|blob| facts.blobs[blob].size).sum(),
        young: verdict.young,
        left: verdict.left,
        ..Swept::default()
    };
    for entry in &inventory.records {
        if verdict.holders.contains(&entry.path) {
            let unused = since(now, entry.used);
            let gone = Gone { name: entry.name(), key: Some(entry.key), bytes: entry.bytes, unused };
            swept.gone.push(gone);
            swept.records += 1;
        } else {
            swept.kept += 1;
        }
    }
    for leftover in leftovers.iter().filter(|leftover| verdict.holders.contains(&leftover.path)) {
        let name = leftover.name(&inventory.uses);
        let unused = since(now, leftover.written);
        swept.gone.push(Gone { name, key: leftover.key, bytes: leftover.bytes, unused });
    }
    swept.gone.sort();
    swept.absent = inventory.uses.absent;
    swept
}

#[cfg(test)]
mod tests;
