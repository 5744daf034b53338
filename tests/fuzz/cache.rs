use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use contract::Digest;
use fuzzer::{Grammar, Target};
use osteon::key::{ArtifactKey, Fingerprint, Form, KeyInput, KeyManifest, KeyWork};
use osteon::store::{Access, Artifact, Index, Node, Outside, Record, Stamp, Store, Tree};
use serde_json::{Value as Json, json};

use super::folder::{folder, write};

const RECORDS: Grammar = Grammar::text(&[
    "\"seal\":",
    "\"record\":",
    "\"manifest\":",
    "\"params\":{}",
    "\"inputs\":{}",
    "\"outputs\":{}",
    "\"env\":{\"a\":null}",
    "\"work\":{\"kind\":{\"name\":\"k\",\"version\":1}}",
    "\"log\":null",
    "{\"gather\":[]}",
    "null",
    "true",
    "\"\\u0000\"",
    "[",
    "{",
    ",",
]);

#[test]
fn a_changed_record_is_what_it_was_or_none() {
    let folder = folder();
    let store = Store::open(folder.path(), Access::Rw).expect("a cache can be made");
    let record = record();
    let key = record.manifest.key();
    store.publish(&key, &record).expect("a record can be written");
    let name = key.to_string();
    let path = folder.path().join("records").join(&name[..2]).join(&name[2..]).with_added_extension("json");
    let seed = fs::read(&path).expect("the record was written");
    Target::new("record", RECORDS).seeds([seed]).memory(256 << 10, 64).run(move |bytes| {
        write(&path, bytes);
        let found = Store::look(folder.path()).record(&key);
        assert!(found.is_none() || found.as_ref() == Some(&record), "a record that nobody wrote: {found:?}");
        format!("{} {}", found.is_some(), reads_back(&store, bytes))
    });
}

/// Publishes what a file of a record says, without its seal.
fn reads_back(store: &Store, bytes: &[u8]) -> String {
    let json = match serde_json::from_slice::<Json>(bytes) {
        Ok(json) => json,
        Err(error) => return error.to_string(),
    };
    let mut record: Record = match serde_json::from_value(json["record"].clone()) {
        Ok(record) => record,
        Err(error) => return error.to_string(),
    };
    record.outputs.retain(|port, _| record.manifest.outputs.contains_key(port));
    let complete = record.manifest.outputs.len() == record.outputs.len();
    let key = record.manifest.key();
    store.publish(&key, &record).expect("a record can be written");
    assert_eq!(store.record(&key), complete.then_some(record), "what was written is read");
    format!("complete: {complete}")
}

pub(super) fn record() -> Record {
    let artifact = |form| ArtifactKey { form, digest: Digest::of(b"a") };
    let manifest = KeyManifest::new(
        KeyWork::Command { template: "cat {inputs.a} > {outputs.o}".to_owned(), private: false },
        json!({ "x": [1, 0.5, "a", true, null], "y": { "z": -1 } }),
        BTreeMap::from([
            ("a".to_owned(), KeyInput::One(artifact(Form::File))),
            ("b".to_owned(), KeyInput::Gather(vec![("x=1".to_owned(), artifact(Form::Folder))])),
        ]),
        BTreeMap::from([("o".to_owned(), "o.txt".to_owned())]),
        BTreeMap::from([("LANG".to_owned(), Some(Fingerprint::of(b"C"))), ("HOME".to_owned(), None)]),
    );
    let output = Artifact { form: Form::File, digest: Digest::of(b"o"), size: 1 };
    Record {
        manifest,
        outputs: BTreeMap::from([("o".to_owned(), output)]),
        log: Some(Digest::of(b"l")),
        seconds: 0.25,
        host: "h".to_owned(),
        processor: "p".to_owned(),
        osteon: "0".to_owned(),
        sources: BTreeMap::from([(
            "a".to_owned(),
            vec![Outside { name: "source.a".to_owned(), path: "a/b".to_owned(), files: 2 }],
        )]),
    }
}

const TREES: Grammar = Grammar::text(&[
    "[\"a\",{\"link\":\"b\"}]",
    "[\"a/b\",{\"link\":\"../..\"}]",
    "\"..\"",
    "\"../..\"",
    "\"a/..\"",
    "\".\"",
    "\"./a\"",
    "\"/\"",
    "\"/etc\"",
    "\"a//b\"",
    "\"a/\"",
    "\"\\u0000\"",
    "\"executable\":true",
    "{\"link\":\"a\"}",
    "{\"link\":\"..\"}",
    "/",
    "a",
    "b",
    ",",
]);

#[test]
fn a_tree_object_stays_in_its_folder() {
    let folder = folder();
    let store = Store::open(&folder.path().join("cache"), Access::Rw).expect("a cache can be made");
    Target::new("tree", TREES).seeds([tree().encode()]).memory(256 << 10, 64).longest(2 << 10).run(
        move |bytes| {
            let tree = match Tree::decode(bytes) {
                Ok(tree) => tree,
                Err(error) => return error.to_string(),
            };
            assert_eq!(Tree::decode(&tree.encode()).ok(), Some(tree.clone()), "what was written is read");
            let size = |node: &Node| if let Node::File { size, .. } = node { u128::from(*size) } else { 0 };
            let sizes: u128 = tree.nodes.iter().map(|(_, node)| size(node)).sum();
            assert_eq!(u128::from(tree.size()), sizes.min(u64::MAX.into()), "the sizes are counted");
            let digest = store.put(bytes).expect("an object can be written");
            let laid_out = store.lay_out(&digest);
            let outcome = laid_out.as_ref().map_or_else(
                |error| error.kind().to_string(),
                |path| {
                    assert_eq!(store.lay_out(&digest).ok().as_ref(), Some(path), "it is laid out once");
                    tree.nodes.iter().for_each(|(name, node)| stays(path, name, node));
                    "laid out".to_owned()
                },
            );
            let left = fs::read_dir(folder.path()).expect("the folder is there").count();
            assert_eq!(left, 1, "something was written outside of the cache");
            for part in ["objects", "trees", "staging"] {
                fs::remove_dir_all(store.root().join(part)).expect("the cache can be emptied");
                fs::create_dir(store.root().join(part)).expect("it is gone");
            }
            outcome
        },
    );
}

/// Holds that a link of a tree leads nowhere else.
fn stays(root: &Path, name: &str, node: &Node) {
    let at = root.join(name);
    assert!(Path::new(name).components().all(|part| matches!(part, Component::Normal(_))), "{name}");
    assert!(at.is_symlink() || at.is_file(), "{name} is there");
    let real = |path: &Path| fs::canonicalize(path).expect("it is there");
    let parent = real(at.parent().expect("a file lies in a folder"));
    assert!(parent.starts_with(real(root)), "{name} lies in {}", parent.display());
    if let Node::Link(target) = node {
        let steps = Path::new(target).components().scan(parent, |here, step| {
            here.push(step);
            *here = fs::canonicalize(&*here).ok()?;
            Some(here.clone())
        });
        let climbs: Option<PathBuf> = steps.filter(|here| !here.starts_with(real(root))).last();
        assert!(climbs.is_none(), "{name} → {target} leads to {climbs:?}");
    }
}

fn tree() -> Tree {
    let file = |executable| Node::File { digest: Digest::of(b"a"), size: 1, executable };
    let nodes = [
        ("a", file(false)),
        ("b/c", file(false)),
        ("b/d", Node::Link("../a".to_owned())),
        ("e", Node::Link("b".to_owned())),
    ];
    Tree { nodes: nodes.map(|(path, node)| (path.to_owned(), node)).into() }
}

const INDEXES: Grammar = Grammar::text(&[
    " ", "\n", "\r", "\t", "-1", "0", "NaN", "\nf ", "\nr ", " o file ", " folder ", "\u{FEFF}", "ä", "/",
]);

#[test]
fn an_index_is_read_and_what_is_written_of_it_reads_back() {
    let folder = folder();
    let (path, other) = (folder.path().join("index"), folder.path().join("file"));
    write(&other, b"");
    let digest = Digest::of(b"a");
    let seed = format!("f {digest} 1 2 3 4 /a b\nr {digest} 1 2 3 -4 0.25 o file {digest} 6\n");
    Target::new("index", INDEXES).seeds([seed.into_bytes()]).memory(256 << 10, 32).run(move |bytes| {
        let lines = [b"osteon index 4\n", bytes].concat();
        write(&path, &[&lines, Digest::of(&lines).to_string().as_bytes()].concat());
        let index = Index::read(&path);
        let stamp = Stamp::of(&fs::metadata(&other).expect("it was written"));
        index.memo().learn(&other, stamp, Digest::of(b""));
        index.write(&path).expect("an index can be written");
        let written = fs::read(&path).expect("it was written");
        let index = Index::read(&path);
        assert_eq!(index.memo().known(&other, &stamp), Some(Digest::of(b"")), "what was learned is known");
        index.memo().learn(&other, stamp, Digest::of(b""));
        index.write(&path).expect("an index can be written");
        assert!(fs::read(&path).expect("it was written") == written, "what was read is written");
        format!("{} lines", "|".repeat(written.iter().filter(|byte| **byte == b'\n').count().min(9)))
    });
}
