use std::ops::Range;
use std::path::{Path, PathBuf};

use contract::Issue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layer::{FORMS, Layer};

/// A network as its file has it: a title and layers from input to output.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What tables call it.
    pub title: String,
    /// Its layers, the input's first.
    pub layers: Vec<Written>,
    /// The file, as messages name it.
    pub file: PathBuf,
}

/// A layer and where in the file it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The layer.
    pub layer: Layer,
    /// The bytes of its text, quotes included.
    pub span: Range<usize>,
}

impl Network {
    /// Reads a network from a TOML file.
    ///
    /// # Errors
    /// If the file cannot be read or is no network; with the place in it.
    pub fn read(file: &Path) -> Result<Self, Issue> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Issue::new(format!("the network cannot be read: {error}")).file(file))?;
        Self::parse(file, &text)
    }

    /// Reads a network from the text of a TOML file; `file` is how messages name it.
    ///
    /// # Errors
    /// If the text is no network; with the place in it.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Issue> {
        let root = DeTable::parse(text)
            .map_err(|error| Issue::new(error.message()).at(file, error.span().unwrap_or(0..text.len())))?;
        let mut title = None;
        let mut layers = None;
        for (key, value) in root.get_ref() {
            match key.get_ref().as_ref() {
                "title" => title = Some(self::title(file, value)?),
                "layers" => layers = Some(self::layers(file, value)?),
                other => {
                    let issue = Issue::new(format!("unknown key `{other}`")).at(file, key.span());
                    return Err(issue.help("a network has a `title` and `layers`"));
                }
            }
        }
        let missing = |key: &str, example: &str| {
            Issue::new(format!("the network has no `{key}`"))
                .file(file)
                .help(format!("add `{key} = {example}`"))
        };
        Ok(Self {
            title: title.ok_or_else(|| missing("title", "\"…\""))?,
            layers: layers.ok_or_else(|| missing("layers", "[\"conv 3x3 8 s1 p1\", …, \"softmax 3\"]"))?,
            file: file.to_owned(),
        })
    }
}

fn title(file: &Path, value: &Spanned<DeValue<'_>>) -> Result<String, Issue> {
    let text = value.get_ref().as_str();
    text.map(str::to_owned).ok_or_else(|| Issue::new("`title` must be a string").at(file, value.span()))
}

fn layers(file: &Path, value: &Spanned<DeValue<'_>>) -> Result<Vec<Written>, Issue> {
    let Some(list) = value.get_ref().as_array() else {
        return Err(Issue::new("`layers` must be a list of strings").at(file, value.span()).help(FORMS));
    };
    list.iter().map(|entry| layer(file, entry)).collect()
}

fn layer(file: &Path, entry: &Spanned<DeValue<'_>>) -> Result<Written, Issue> {
    let issue = |message: String| Issue::new(message).at(file, entry.span()).help(FORMS);
    let text = entry.get_ref().as_str().ok_or_else(|| issue("a layer must be a string".to_owned()))?;
    Ok(Written { layer: text.parse().map_err(issue)?, span: entry.span() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (String, String) {
        let issue = Network::parse(Path::new("n.toml"), text).unwrap_err();
        let span = issue.place.unwrap().span.unwrap_or_default();
        (issue.message, text[span].to_owned())
    }

    #[test]
    fn a_network_keeps_its_title_its_layers_and_their_places() {
        let text = "title = \"T\"\nlayers = [\"residual\", \"softmax 3\"]\n";
        let network = Network::parse(Path::new("n.toml"), text).unwrap();
        assert_eq!(network.title, "T");
        assert_eq!(network.layers[1].layer, Layer::Softmax { classes: 3 });
        assert_eq!(&text[network.layers[1].span.clone()], "\"softmax 3\"");
    }

    #[test]
    fn an_error_points_at_what_is_wrong() {
        let refused = |text| refused(text);
        assert_eq!(refused("titel = \"T\""), ("unknown key `titel`".into(), "titel".into()));
        assert_eq!(refused("title = 1"), ("`title` must be a string".into(), "1".into()));
        assert_eq!(refused("layers = 3").1, "3");
        assert_eq!(refused("layers = [\"residual\", 3]"), ("a layer must be a string".into(), "3".into()));
        assert_eq!(refused("layers = [\"resdual\"]"), ("`resdual` is no layer".into(), "\"resdual\"".into()));
        assert_eq!(refused("title = ").1, "");
    }

    #[test]
    fn a_missing_key_is_named() {
        assert_eq!(refused("title = \"T\"").0, "the network has no `layers`");
        assert_eq!(refused("layers = []").0, "the network has no `title`");
    }
}
