use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use contract::{ANY, Ctx, Input, Issue, Output, Scalar, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::numeral;
use crate::paper_table::NOT_RUN;
use crate::presentation::check_notes;
use crate::runs::axis_value;
use crate::side_by_side::{self, OUTPUTS};
use crate::tolerance::check_tolerance;
use crate::{Cell, Claim, PaperTable, Word};

/// Axis that names the networks.
const AXIS: &str = "network";
const COLUMN: &str = "value";

/// A table of the paper that describes rather than measures: hyper-parameters, or the layers of networks.
///
/// Without networks, `ours` stands beside `published`, one name a row. With networks, each is a column and each layer
/// a row, ours from the network's own file. Numbers are held to each other by their difference, texts by being equal;
/// `8/16` is either of the two, and `attention` holds whatever follows it.
///
/// VERSION 3: the differences of numbers; `8/16` is either. 2: a table with intervals. 1: the first.
///
/// # Source
/// Tables 3, 4 and 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Describe {
    /// Our values by name; none where networks are described.
    #[serde(default)]
    pub ours: BTreeMap<String, Word>,
    /// Published values by name, or published layers by network.
    #[serde(default)]
    pub published: BTreeMap<String, Claim>,
    /// Printed names of rows and columns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks by `row.column`; the column of a table without networks is `value`.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How far ours may be from a published number before the claim counts as missed; a text has to be equal.
    #[serde(default)]
    pub tolerance: Option<f64>,
}

impl Stage for Describe {
    const KIND: &'static str = "describe";
    const VERSION: u32 = 3;
    const DOC: &'static str = "Holds our parameters or networks beside the published ones.";
    const INPUTS: &'static [Input] =
        &[Input::any("networks", ANY, "The files of networks, by the axis `network`.")];
    const OUTPUTS: &'static [Output] = OUTPUTS;
    const PRESENTATION: &'static [&'static str] = &["labels", "notes", "tolerance"];

    fn check(&self) -> Result<(), Issue> {
        check_tolerance(self.tolerance)?;
        let layers: Vec<&Vec<Word>> = self.published.values().filter_map(Claim::layers).collect();
        if layers.is_empty() {
            let rows = self.ours.keys().chain(self.published.keys()).map(String::as_str);
            return check_notes(&self.notes, rows, [COLUMN].into_iter());
        }
        if layers.len() < self.published.len() {
            return Err(Issue::new("`published` mixes single values and lists of layers")
                .help("describe parameters and networks in two tables"));
        }
        if !self.ours.is_empty() {
            return Err(Issue::new("`ours` stands beside published layers")
                .help("leave it out: the layers of ours come from the input `networks`"));
        }
        let depth = layers.iter().map(|layers| layers.len()).max().unwrap_or_default();
        let rows: Vec<String> = layer_names(depth);
        check_notes(&self.notes, rows.iter().map(String::as_str), self.published.keys().map(String::as_str))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let gathered = ctx.gathered("networks");
        let layered = self.published.values().any(|claim| claim.layers().is_some());
        let table = if gathered.is_empty() && !layered {
            self.parameters()
        } else {
            let networks = gathered
                .iter()
                .map(|artifact| Ok((axis_value(artifact, AXIS)?.to_string(), layers(&artifact.path)?)));
            self.networks(&networks.collect::<Result<_, Issue>>()?)
        };
        side_by_side::write(ctx, &table)
    }
}

impl Describe {
    fn parameters(&self) -> PaperTable {
        let names: BTreeSet<&String> = self.ours.keys().chain(self.published.keys()).collect();
        let cell = |name: &&String| {
            let published = match self.published.get(*name) {
                Some(Claim::One(word)) => Some(word),
                Some(Claim::Layers(_)) | None => None,
            };
            compare(published, self.ours.get(*name), published.is_some())
        };
        PaperTable {
            head: "parameter".to_owned(),
            cells: names.iter().map(cell).collect(),
            rows: names.into_iter().cloned().collect(),
            columns: vec![COLUMN.to_owned()],
            caption: Vec::new(),
            scalings: Vec::new(),
        }
    }

    fn networks(&self, ours: &BTreeMap<String, Vec<Word>>) -> PaperTable {
        let columns: BTreeSet<&String> = ours.keys().chain(self.published.keys()).collect();
        let published = |column: &String| self.published.get(column).and_then(Claim::layers);
        let depths = columns.iter().flat_map(|column| [published(column), ours.get(*column)]);
        let depth = depths.flatten().map(Vec::len).max().unwrap_or_default();
        let cell = |layer: usize, column: &String| {
            let (published, ours) = (published(column), ours.get(column));
            let compared = published.is_some() && ours.is_some();
            let mut cell = compare(
                published.and_then(|layers| layers.get(layer)),
                ours.and_then(|layers| layers.get(layer)),
                compared,
            );
            if ours.is_none() && !cell.published_text.is_empty() {
                NOT_RUN.clone_into(&mut cell.ours_text);
            }
            cell
        };
        PaperTable {
            head: "layer".to_owned(),
            rows: layer_names(depth),
            cells: (0..depth)
                .flat_map(|layer| columns.iter().map(move |column| cell(layer, column)))
                .collect(),
            columns: columns.iter().map(|column| (*column).clone()).collect(),
            caption: Vec::new(),
            scalings: Vec::new(),
        }
    }
}

impl Claim {
    const fn layers(&self) -> Option<&Vec<Word>> {
        match self {
            Self::Layers(layers) => Some(layers),
            Self::One(_) => None,
        }
    }
}

fn layer_names(depth: usize) -> Vec<String> {
    (1..=depth).map(|layer| layer.to_string()).collect()
}

/// Reads the layers from the file of a network.
fn layers(file: &Path) -> Result<Vec<Word>, Issue> {
    let help = "a network is a TOML file with a list `layers` of texts";
    let text = fs::read_to_string(file)
        .map_err(|error| Issue::new(format!("cannot be read: {error}")).file(file))?;
    let network = DeTable::parse(&text).map_err(|error| {
        let place = error.span().unwrap_or(0..text.len());
        Issue::new(format!("is no TOML: {}", error.message())).at(file, place).help(help)
    })?;
    let layers = network
        .get_ref()
        .get("layers")
        .ok_or_else(|| Issue::new("describes no network: `layers` is missing").file(file).help(help))?;
    let wrong =
        |place| Issue::new("describes no network: `layers` is no list of texts").at(file, place).help(help);
    let list = layers.get_ref().as_array().ok_or_else(|| wrong(layers.span()))?;
    let word = |layer: &Spanned<DeValue<'_>>| match layer.get_ref().as_str() {
        Some(text) => Ok(Word(Scalar::Text(text.to_owned()))),
        None => Err(wrong(layer.span())),
    };
    list.iter().map(word).collect()
}

/// Returns whether our text is the published one, or that and something that the paper leaves open.
fn says(ours: &str, published: &str) -> bool {
    ours.strip_prefix(published).is_some_and(|more| more.is_empty() || more.starts_with(' '))
}

/// Returns the cell of two words; with `claimed`, they are held to each other, also where one of them is missing.
fn compare(published: Option<&Word>, ours: Option<&Word>, claimed: bool) -> Cell {
    let text = |word: Option<&Word>| word.map(|word| word.0.to_string()).unwrap_or_default();
    let number = |word: Option<&Word>| word.and_then(|word| word.0.as_f64());
    let (published_text, ours_text) = (text(published), text(ours));
    let difference = number(ours).zip(number(published)).map(|(ours, published)| ours - published);
    let difference_text = match difference {
        Some(0.0) => String::new(),
        Some(difference) => numeral::shortest_difference(difference),
        None if claimed && !published_text.split('/').any(|either| says(&ours_text, either)) => {
            "differs".to_owned()
        }
        None => String::new(),
    };
    Cell {
        published: number(published),
        mean: number(ours),
        seeds: u32::from(ours.is_some()),
        difference,
        published_text,
        ours_text,
        difference_text,
        ..Cell::default()
    }
}
