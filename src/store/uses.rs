use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Digest;
use fs_err as fs;
use rayon::prelude::*;

use super::shelf::{entries, write};
use crate::event::{self, Event};
use crate::key::Key;

/// When a key was used last, and by what.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// The unit.
    pub(super) id: String,
    /// When its run last told something.
    pub(super) when: SystemTime,
    /// The folder of that run.
    pub(super) run: PathBuf,
    /// Its place among the uses of that run.
    pub(super) turn: usize,
    /// How many runs ago some project used the key: 1 is its last run.
    pub(super) runs_ago: usize,
}

/// What the runs of all projects used of a cache.
#[derive(Debug, Default)]
pub(super) struct Uses {
    by_key: BTreeMap<Key, Use>,
    /// The notes of projects whose runs are not there, with where they should be.
    pub(super) absent: Vec<(PathBuf, PathBuf)>,
}

impl Uses {
    /// Reads the events of the runs in `own` and in every project that the cache knows.
    ///
    /// # Errors
    /// If runs are there and cannot be read: what they used must not be taken for unused.
    pub(super) fn read(root: &Path, own: &Path) -> io::Result<Self> {
        let mut uses = Self::default();
        let mut projects = vec![own.to_owned()];
        for note in entries(&root.join("projects"))? {
            let runs = PathBuf::from(OsString::from_vec(fs::read(&note)?));
            if runs == own {
                continue;
            }
            if runs.exists() { projects.push(runs) } else { uses.absent.push((note, runs)) }
        }
        for runs in projects {
            let folders = runs_in(&runs)?;
            let told = folders.par_iter().map(|run| keys_in(run)).collect::<io::Result<Vec<_>>>()?;
            let mut told: Vec<_> = folders.iter().zip(told).collect();
            // A run that is repeated with nothing to do counts as one of now.
            told.sort_by(|(a, (a_when, _)), (b, (b_when, _))| (b_when, b).cmp(&(a_when, a)));
            for (at, (run, (when, keys))) in told.into_iter().enumerate() {
                for (key, (turn, id)) in keys {
                    uses.add(key, Use { id, when, run: run.clone(), turn, runs_ago: at + 1 });
                }
            }
        }
        Ok(uses)
    }

    fn add(&mut self, key: Key, new: Use) {
        match self.by_key.get_mut(&key) {
            None => drop(self.by_key.insert(key, new)),
            Some(known) => {
                let runs_ago = known.runs_ago.min(new.runs_ago);
                if new.when > known.when {
                    *known = new;
                }
                known.runs_ago = runs_ago;
            }
        }
    }

    /// Returns when a key was used last.
    pub(super) fn of(&self, key: &Key) -> Option<&Use> {
        self.by_key.get(key)
    }
}

/// Returns the folders of the runs of one project, in the order of time.
///
/// # Errors
/// If the folder of the runs is there and cannot be listed.
pub fn runs_in(runs: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(runs)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Returns when a run last told something, and the keys that it used, each with its last turn and the unit that had it.
fn keys_in(run: &Path) -> io::Result<(SystemTime, BTreeMap<Key, (usize, String)>)> {
    let told = match fs::metadata(run.join("events.jsonl")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => SystemTime::UNIX_EPOCH,
        metadata => metadata?.modified()?,
    };
    let mut keys = BTreeMap::new();
    for (turn, event) in event::read(run)?.into_iter().flatten().enumerate() {
        if let Event::StageFinished { id, key: Some(key), .. } | Event::StageStarted { id, key, .. } = event {
            keys.insert(Key(key), (turn, id));
        }
    }
    Ok((told, keys))
}

/// Notes in a cache that a project uses it, by the folder of its runs: a sweep keeps what any project used.
pub fn note_project(root: &Path, runs: &Path) -> io::Result<()> {
    let note = note_of(root, runs);
    // By a rename: half a note would name another folder.
    if note.exists() { Ok(()) } else { write(root, &note, runs.as_os_str().as_encoded_bytes()) }
}

/// Returns where a cache has the note of the project with this folder of runs.
pub fn note_of(root: &Path, runs: &Path) -> PathBuf {
    root.join("projects").join(Digest::of(runs.as_os_str().as_encoded_bytes()).short())
}
