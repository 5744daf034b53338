use std::path::Path;

use contract::Issue;
use serde::Deserialize;
use table::Metadata;

/// Metadata key under which `train` describes the network.
const KEY: &str = "network";

/// What a table's caption has to say of the network behind a number; the rest of the description is not read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Network {
    /// Whether anything is smaller than the paper prints it.
    pub(crate) scaled: bool,
    /// What, as a part of a sentence.
    pub(crate) scaling: String,
}

/// Returns what tables made from predictions keep of the metadata of these.
pub(crate) fn carried(mut metadata: Metadata) -> Metadata {
    metadata.retain(|key, _| key == KEY);
    metadata
}

/// Returns the network that the metadata of `file` describes, if it describes one.
pub(crate) fn network(file: &Path, metadata: &Metadata) -> Result<Option<Network>, Issue> {
    let Some(text) = metadata.get(KEY) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        Issue::new(format!("its metadata `{KEY}` describes no network: {error}"))
            .file(file)
            .help("run the training anew, or leave the metadata out")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_and_a_broken_one_names_the_file() {
        let text = r#"{"title": "dSPIC", "scaled": true, "scaling": "channels x 1/8", "rows": 256}"#;
        let metadata = Metadata::from([(KEY.to_owned(), text.to_owned())]);
        let expected = Network { scaled: true, scaling: "channels x 1/8".to_owned() };
        assert_eq!(network(Path::new("m.parquet"), &metadata), Ok(Some(expected)));
        assert_eq!(network(Path::new("m.parquet"), &Metadata::new()), Ok(None));

        let metadata = Metadata::from([(KEY.to_owned(), "{}".to_owned())]);
        let issue = network(Path::new("m.parquet"), &metadata).expect_err("`scaled` is missing");
        assert!(issue.to_string().starts_with("m.parquet: its metadata `network` describes no network"));
    }
}
