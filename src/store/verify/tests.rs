use contract::Digest;
use serde_json::json;

use super::*;
use crate::key::{KeyManifest, KeyWork};
use crate::store::{Access, Artifact};

/// Returns a cache whose one record has a folder with these bytes for a tree object.
fn cache_with_tree(bytes: &[u8]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path(), Access::Rw).unwrap();
    let work = KeyWork::Command { template: "true".into(), private: false };
    let outputs = BTreeMap::from([("d".to_owned(), "d/".to_owned())]);
    let manifest = KeyManifest::new(work, json!({}), BTreeMap::new(), outputs, BTreeMap::new());
    let artifact = Artifact { form: Form::Folder, digest: store.put(bytes).unwrap(), size: 0 };
    let key = manifest.key();
    let record = Record {
        manifest,
        outputs: BTreeMap::from([("d".to_owned(), artifact)]),
        log: None,
        seconds: 0.0,
        host: String::new(),
        processor: String::new(),
        osteon: String::new(),
        sources: BTreeMap::new(),
    };
    store.publish(&key, &record).unwrap();
    root
}

#[test]
fn a_tree_object_that_reaches_out_of_its_folder_is_damage_though_it_equals_its_name() {
    let blob = Digest::of(b"");
    let file = |path: &str| json!([path, { "file": { "digest": blob, "size": 0, "executable": false } }]);
    let link = |path: &str, target: &str| json!([path, { "link": target }]);
    for (tree, why) in [
        (json!([file("../x")]), "outside its folder"),
        (json!([file("/etc/x")]), "outside its folder"),
        (json!([file("a/../../x")]), "outside its folder"),
        (json!([link("a", "/etc")]), "outside its folder"),
        (json!([link("a", "b"), file("a/x")]), "outside its folder"),
        (json!({ "not": "a tree" }), "invalid type"),
    ] {
        let cache = cache_with_tree(tree.to_string().as_bytes());
        let home = cache.path().join("home");
        let report = verify(cache.path(), &home, false).unwrap();
        let [damage] = report.damages.as_slice() else { panic!("{tree}: {report:?}") };
        assert!(damage.why.contains(why), "{tree}: {}", damage.why);
        assert_eq!(damage.what, "`d` of true");
        let repaired = verify(cache.path(), &home, true).unwrap();
        assert!(repaired.damages.iter().all(|damage| damage.repair == Repair::Done));
        let after = verify(cache.path(), &home, false).unwrap();
        assert!(after.damages.is_empty() && after.lacking.len() == 1, "{after:?}");
    }
}

#[test]
fn what_cannot_be_repaired_is_told() {
    let cache = cache_with_tree(b"[]");
    let pin = cache.path().join("pins/one.json");
    fs::write(&pin, "{}").unwrap();
    let report = verify(cache.path(), cache.path(), true).unwrap();
    assert_eq!(report.damages.len(), 1);
    assert_eq!((&report.damages[0].path, &report.damages[0].repair), (&pin, &Repair::ByHand));
}
