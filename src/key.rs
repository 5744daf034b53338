//! What makes two stage runs the same piece of work.
//!
//! A [`KeyManifest`] lists everything that defines a stage run. Its digest is the key, its differences from an older
//! one are what `why` tells: one form, so that the explanation cannot disagree with the key.

mod change;
mod encoding;
mod fingerprint;

use std::collections::BTreeMap;

use contract::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use change::{Change, changes};
pub use encoding::encode;
pub use fingerprint::Fingerprint;

/// Raised when the meaning of a key changes, so that no older record is ever hit.
const FORMAT: u32 = 1;

/// Everything that defines a stage run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyManifest {
    format: u32,
    /// What is done.
    pub work: KeyWork,
    /// With which parameters; of a kind, typed and with every default.
    pub params: Json,
    /// To which bytes, by port.
    pub inputs: BTreeMap<String, KeyInput>,
    /// Under which names the outputs are made, by port.
    pub outputs: BTreeMap<String, String>,
    /// Fingerprints of the declared environment variables; none for one that is not set.
    pub env: BTreeMap<String, Option<Fingerprint>>,
}

/// What a stage run does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyWork {
    /// A command, as it is written.
    Command {
        /// The command with its placeholders.
        template: String,
        /// Whether it runs in a folder of its own.
        private: bool,
    },
    /// A kind.
    Kind {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
    },
}

/// What an input port holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyInput {
    /// One artifact.
    One(ArtifactKey),
    /// Those of several cells, by the name of the cell.
    Gather(Vec<(String, ArtifactKey)>),
}

/// What identifies an artifact: its bytes, and whether they are a file's, a program's or a folder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactKey {
    /// What it is.
    pub form: Form,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A folder.
    Folder,
}

/// The key of a stage run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub Digest);

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl KeyManifest {
    /// Returns the manifest of a stage run.
    pub fn new(
        work: KeyWork,
        params: Json,
        inputs: BTreeMap<String, KeyInput>,
        outputs: BTreeMap<String, String>,
        env: BTreeMap<String, Option<Fingerprint>>,
    ) -> Self {
        Self { format: FORMAT, work, params, inputs, outputs, env }
    }

    /// Returns the manifest as JSON, the form that is hashed and compared.
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).expect("maps of strings are JSON")
    }

    /// Returns the key.
    pub fn key(&self) -> Key {
        let mut hasher = blake3::Hasher::new_derive_key("osteon 2026 stage key v1");
        hasher.update(&self.encode());
        Key(hasher.finalize().into())
    }
}

impl Form {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Executable => "executable",
            Self::Folder => "folder",
        }
    }

    /// Returns the form of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::File, Self::Executable, Self::Folder].into_iter().find(|form| form.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn manifest(params: Json) -> KeyManifest {
        let work = KeyWork::Command { template: "true".into(), private: false };
        KeyManifest::new(work, params, BTreeMap::new(), BTreeMap::new(), BTreeMap::new())
    }

    #[test]
    fn a_key_never_changes_by_accident() {
        let key = manifest(json!({ "x": 1, "y": [0.5, "a", true] })).key();
        assert_eq!(key.to_string(), "b71a4f7a2408611ec9faff445f51ef219031ecb98e28f91c057b8bddd35056ee");
    }

    #[test]
    fn whole_numbers_floats_and_text_have_different_keys() {
        let keys = [json!(1), json!(1.0), json!("1")].map(|value| manifest(json!({ "x": value })).key());
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }

    #[test]
    fn a_change_is_named_by_its_path_with_both_values() {
        let found = changes(&manifest(json!({ "epochs": 20 })), &manifest(json!({ "epochs": 30 })));
        let path = vec!["params".to_owned(), "epochs".to_owned()];
        assert_eq!(found, [Change { path, old: Some(json!(20)), new: Some(json!(30)) }]);
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Json::from),
            "[a-c]{0,3}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                    .prop_map(|table| table.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    fn any_manifest() -> impl Strategy<Value = KeyManifest> {
        let work = prop_oneof![
            ("[ab]{1,2}", any::<bool>())
                .prop_map(|(template, private)| KeyWork::Command { template, private }),
            ("[ab]", 1..3_u32).prop_map(|(name, version)| KeyWork::Kind { name, version }),
        ];
        let form = prop_oneof![Just(Form::File), Just(Form::Executable), Just(Form::Folder)];
        let artifact =
            (form, "[ab]").prop_map(|(form, text)| ArtifactKey { form, digest: Digest::of(text.as_bytes()) });
        let input = prop_oneof![
            artifact.clone().prop_map(KeyInput::One),
            prop::collection::vec(("[ab]", artifact), 0..3).prop_map(KeyInput::Gather),
        ];
        let value = prop::option::of("[ab]?".prop_map(|text: String| Fingerprint::of(text.as_bytes())));
        let inputs = prop::collection::btree_map("[ab]", input, 0..3);
        let outputs = prop::collection::btree_map("[ab]", "[ab]", 0..3);
        let env = prop::collection::btree_map("[AB]", value, 0..3);
        (work, any_json(), inputs, outputs, env).prop_map(|(work, params, inputs, outputs, env)| {
            KeyManifest::new(work, params, inputs, outputs, env)
        })
    }

    proptest! {
        #[test]
        fn the_bytes_of_a_manifest_are_those_of_its_json(manifest in any_manifest()) {
            prop_assert_eq!(manifest.encode(), encode(&manifest.to_json()));
        }

        #[test]
        fn a_key_changes_with_each_part_and_the_changes_name_it(
            old in any_manifest(),
            new in any_manifest(),
            mask in 0..32_u8,
        ) {
            let mut mixed = old.clone();
            if mask & 1 != 0 { mixed.work = new.work; }
            if mask & 2 != 0 { mixed.params = new.params; }
            if mask & 4 != 0 { mixed.inputs = new.inputs; }
            if mask & 8 != 0 { mixed.outputs = new.outputs; }
            if mask & 16 != 0 { mixed.env = new.env; }
            prop_assert_eq!(old.key() == mixed.key(), old == mixed);
            let parts = [
                ("work", old.work != mixed.work),
                ("params", old.params != mixed.params),
                ("inputs", old.inputs != mixed.inputs),
                ("outputs", old.outputs != mixed.outputs),
                ("env", old.env != mixed.env),
            ];
            let found = changes(&old, &mixed);
            for (part, differs) in parts {
                prop_assert_eq!(found.iter().any(|change| change.path[0] == part), differs, "{}", part);
            }
        }

        #[test]
        fn two_values_have_the_same_bytes_exactly_if_they_are_equal(a in any_json(), b in any_json()) {
            prop_assert_eq!(encode(&a) == encode(&b), a == b);
        }
    }
}
