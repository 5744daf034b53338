use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::event::{Event, Outcome};
use crate::key::{KeyManifest, KeyWork};
use crate::store::shelf::entries;
use crate::store::{Access, Pin, Record, Store};

/// One record: a file, a folder of two files, and when it was made.
#[derive(Clone, Debug)]
struct Made {
    file: u8,
    folder: [u8; 2],
    hours: u64,
}

/// A cache: records, the runs of two projects with what they used, pins, and checkpoints of keys that failed.
#[derive(Clone, Debug)]
struct World {
    made: Vec<Made>,
    runs: [Vec<(u64, Vec<usize>)>; 2],
    pins: Vec<Vec<usize>>,
    checkpoints: Vec<usize>,
}

fn any_world() -> impl Strategy<Value = World> {
    let made = (0_u8..8, [0_u8..8, 0_u8..8], 0_u64..50);
    let made = made.prop_map(|(file, folder, hours)| Made { file, folder, hours });
    let run = (0_u64..50, prop::collection::vec(0_usize..10, 0..4));
    let runs = prop::collection::vec(run, 0..4);
    let pin = prop::collection::vec(0_usize..10, 1..3);
    (
        prop::collection::vec(made, 1..8),
        [runs.clone(), runs],
        prop::collection::vec(pin, 0..2),
        prop::collection::vec(0_usize..10, 0..2),
    )
        .prop_map(|(made, runs, pins, checkpoints)| World { made, runs, pins, checkpoints })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let limits = (prop::option::of(1_usize..4), prop::option::of(0_u64..50), prop::option::of(0_u64..2000));
    limits.prop_map(|(runs, hours, max_size)| Rules {
        keep_runs: runs.and_then(NonZeroUsize::new),
        older_than: hours.map(|hours| Duration::from_secs(hours * 3600)),
        max_size,
        grace: Duration::ZERO,
    })
}

struct Cache {
    folder: TempDir,
    keys: Vec<Key>,
}

impl Cache {
    fn of(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        let store = Store::open(&root, Access::Rw).unwrap();
        let mut cache = Self { keys: (0..10).map(|at| manifest(at).key()).collect(), folder };
        for (at, made) in world.made.iter().enumerate() {
            let work = tempfile::tempdir_in(root.join("staging")).unwrap();
            fs::write(work.path().join("f"), made.file.to_string()).unwrap();
            fs::create_dir(work.path().join("d")).unwrap();
            for (name, byte) in ["x", "y"].iter().zip(made.folder) {
                fs::write(work.path().join("d").join(name), byte.to_string()).unwrap();
            }
            let adopt = |name: &str| (name.to_owned(), store.adopt(&work.path().join(name)).unwrap());
            let record = Record {
                manifest: manifest(at),
                outputs: BTreeMap::from(["f", "d"].map(adopt)),
                log: None,
                seconds: 1.0,
                host: String::new(),
                processor: String::new(),
                osteon: String::new(),
                sources: BTreeMap::new(),
            };
            store.lay_out(&record.outputs["d"].digest).unwrap();
            store.publish(&cache.keys[at], &record).unwrap();
            let path = Shelf::read(&root.join("records"), ".json").unwrap().named;
            let (_, path) = path.into_iter().find(|(digest, _)| *digest == cache.keys[at].0).unwrap();
            age(&path, made.hours);
        }
        for pin in &world.pins {
            let keys = pin.iter().map(|at| (at.to_string(), cache.keys[*at])).collect();
            let pin = Pin {
                target: "x".to_owned(),
                profile: None,
                settings: Vec::new(),
                project: None,
                keys,
                objects: BTreeSet::new(),
            };
            store.pin(pin).unwrap();
        }
        for at in &world.checkpoints {
            let scratch = store.scratch(&cache.keys[*at]);
            fs::create_dir_all(&scratch).unwrap();
            fs::write(scratch.join("half"), "half").unwrap();
        }
        for (project, runs) in world.runs.iter().enumerate() {
            crate::store::note_project(&root, &cache.runs(project)).unwrap();
            for (number, (hours, used)) in runs.iter().enumerate() {
                cache.run(project, number, *hours, used);
            }
        }
        drop(store);
        cache.keys.truncate(world.made.len());
        cache
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn runs(&self, project: usize) -> PathBuf {
        self.folder.path().join(project.to_string())
    }

    fn run(&self, project: usize, number: usize, hours: u64, used: &[usize]) {
        let folder = self.runs(project).join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        let line = |at: &usize| {
            let event = Event::StageFinished {
                id: at.to_string(),
                key: Some(self.keys[*at].0),
                outcome: Outcome::Hit,
                seconds: 0.0,
                outputs: BTreeMap::new(),
                class: None,
                exit: None,
                message: None,
            };
            serde_json::to_string(&event).unwrap() + "\n"
        };
        let path = folder.join("events.jsonl");
        fs::write(&path, used.iter().map(line).collect::<String>()).unwrap();
        age(&path, hours);
    }

    /// Returns the records that are there.
    fn records(&self) -> BTreeMap<Key, Record> {
        let store = Store::look(&self.root());
        self.keys.iter().filter_map(|key| Some((*key, store.record(key)?))).collect()
    }

    /// Asserts that every record that is there can be read.
    fn is_whole(&self) -> bool {
        let store = Store::look(&self.root());
        self.records().values().all(|record| store.has_outputs(&record.summary()))
    }

    /// Returns every file of the cache and of the runs.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(here) = open.pop() {
            for path in entries(&here).unwrap() {
                if path.is_dir() && !path.is_symlink() { open.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }
}

fn manifest(at: usize) -> KeyManifest {
    let work = KeyWork::Command { template: "true".into(), private: false };
    let outputs = [("f", "f"), ("d", "d/")].map(|(port, file)| (port.to_owned(), file.to_owned()));
    KeyManifest::new(work, json!({ "at": at }), BTreeMap::new(), outputs.into(), BTreeMap::new())
}

fn age(path: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600 + 60);
    fs::OpenOptions::new().append(true).open(path).unwrap().file().set_modified(then).unwrap();
}

fn digests(folder: &Path) -> BTreeSet<Digest> {
    Shelf::read(folder, "").unwrap().named.into_iter().map(|(digest, _)| digest).collect()
}

/// Asserts that a cache holds exactly what its records need, and what is pinned.
fn is_clean(cache: &Cache, world: &World) {
    let inventory = Inventory::take(&cache.root(), &cache.runs(0)).unwrap();
    let needed: BTreeSet<Digest> = inventory.records.iter().flat_map(|entry| &entry.needs).copied().collect();
    assert!(cache.is_whole(), "what is kept can be read");
    assert_eq!(digests(&cache.root().join("objects")), needed, "and nothing else is there");
    assert!(digests(&cache.root().join("trees")).is_subset(&needed));
    for at in world.pins.iter().flatten().filter(|at| **at < cache.keys.len()) {
        assert!(cache.records().contains_key(&cache.keys[*at]), "what is pinned is kept");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_sweep_keeps_what_is_reached_and_nothing_else(world in any_world(), rules in any_rules()) {
        let cache = Cache::of(&world);
        let (files, records) = (cache.files(), cache.records());
        let told = sweep(&cache.root(), &cache.runs(0), &rules, true).unwrap();
        prop_assert_eq!(files, cache.files(), "a dry sweep removes nothing");
        let swept = sweep(&cache.root(), &cache.runs(0), &rules, false).unwrap();
        let names = |swept: &Swept| swept.gone.iter().map(|gone| gone.name.clone()).collect::<Vec<_>>();
        prop_assert_eq!((names(&told), told.bytes, told.left), (names(&swept), swept.bytes, swept.left));
        prop_assert_eq!(records.len() - cache.records().len(), swept.records);
        is_clean(&cache, &world);
        if let Some(count) = rules.keep_runs {
            for runs in &world.runs {
                // A run that is repeated is newer than its name says.
                let mut by_time: Vec<_> = runs.iter().rev().collect();
                by_time.sort_by_key(|(hours, _)| *hours);
                let last = by_time.into_iter().take(count.get());
                for at in last.flat_map(|(_, used)| used).filter(|at| **at < cache.keys.len()) {
                    prop_assert!(cache.records().contains_key(&cache.keys[*at]), "the last runs used it");
                }
            }
        }
    }

    #[test]
    fn an_interrupted_sweep_leaves_no_record_without_its_objects(
        world in any_world(),
        rules in any_rules(),
        share in any::<prop::sample::Index>(),
    ) {
        let cache = Cache::of(&world);
        let (root, runs, now) = (cache.root(), cache.runs(0), SystemTime::now());
        let inventory = Inventory::take(&root, &runs).unwrap();
        let verdict = decide(&facts(&inventory, &Leftover::all(&root).unwrap(), now), &rules);
        let doomed = doomed(&root, &runs, &rules, &inventory, &verdict, now).unwrap();
        let some = share.index(doomed.len() + 1);
        remove_all(&root, &doomed[..some]).unwrap();
        prop_assert!(cache.is_whole());
        sweep(&root, &runs, &rules, false).unwrap();
        is_clean(&cache, &world);
    }

    #[test]
    fn what_was_written_a_moment_ago_stays_whatever_the_rules(world in any_world(), rules in any_rules()) {
        let cache = Cache::of(&world);
        let files = cache.files();
        let rules = Rules { grace: Duration::from_hours(1), ..rules };
        let swept = sweep(&cache.root(), &cache.runs(0), &rules, false).unwrap();
        prop_assert!(swept.gone.is_empty() && swept.objects == 0);
        let lock = |path: &PathBuf| !path.starts_with(cache.root().join("locks"));
        prop_assert!(files.into_iter().filter(lock).eq(cache.files().into_iter().filter(lock)));
    }
}
