use serde_json::Value as Json;

use super::KeyManifest;

/// One difference between two key manifests.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What differs: the keys on the way, such as `params`, `epochs`.
    pub path: Vec<String>,
    /// What it was; none if it is new.
    pub old: Option<Json>,
    /// What it is; none if it is gone.
    pub new: Option<Json>,
}

/// Returns the differences between two key manifests, in the order of their parts.
pub fn changes(old: &KeyManifest, new: &KeyManifest) -> Vec<Change> {
    let mut found = Vec::new();
    compare(Some(&old.to_json()), Some(&new.to_json()), &mut Vec::new(), &mut found);
    found
}

fn compare(old: Option<&Json>, new: Option<&Json>, path: &mut Vec<String>, found: &mut Vec<Change>) {
    if old == new {
        return;
    }
    if let (Some(Json::Object(old)), Some(Json::Object(new))) = (old, new) {
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            path.push(key.clone());
            compare(old.get(key), new.get(key), path, found);
            path.pop();
        }
        return;
    }
    found.push(Change { path: path.clone(), old: old.cloned(), new: new.cloned() });
}
