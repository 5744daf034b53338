use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use contract::Kind;

use super::declared::Declared;
use super::problem::Problem;
use super::reference::Reference;
use super::source::Source;
use super::template::Template;
use super::text::{Span, Texts};
use super::value::{Table, Value};

/// What a manifest and its experiments say, under one profile.
#[derive(Debug)]
pub struct Pipeline {
    /// The files it was read from.
    pub texts: Texts,
    /// The folder of the manifest, absolute: commands run here.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// The profile that was chosen, if it has any.
    pub profile: Option<String>,
    /// Whether that is not the manifest's own choice, so that its `latest` has another name.
    pub other_profile: bool,
    /// The variables, overridden by the profile and by `-S`.
    pub variables: BTreeMap<String, Value>,
    /// The sources, by name.
    pub sources: BTreeMap<String, Source>,
    /// The stages, in the order in which they were written; experiments come last, by name.
    pub stages: Vec<Stage>,
    /// The position of each stage, by name.
    pub by_name: BTreeMap<String, usize>,
    /// The stages, and the sources as `source.name`, that are declared with a mistake: whatever does not fit them is no
    /// second one.
    pub mistaken: BTreeSet<String>,
    /// The folders in which experiments were looked for.
    pub listed: BTreeSet<PathBuf>,
    /// What it says of files beside it.
    pub declared: Declared,
    /// What is worth a mention.
    pub warnings: Vec<Problem>,
}

impl Pipeline {
    /// Returns the position of the stage called `name`.
    pub fn stage(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the name of the folder under which people find the latest artifacts of this profile.
    pub fn latest(&self) -> String {
        match &self.profile {
            Some(profile) if self.other_profile => format!("latest@{profile}"),
            _ => "latest".to_owned(),
        }
    }
}

/// A named unit of work, at all of its cells.
#[derive(Debug)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// The title of an experiment.
    pub title: Option<String>,
    /// Whether it is one file of `experiments`.
    pub experiment: bool,
    /// Its cells.
    pub grid: Grid,
    /// The cells that its gathers called `over` read: tables of axes, in union.
    pub over: Vec<Table>,
    /// Its inputs, by port; boxed, since a map keeps room for eleven.
    pub inputs: BTreeMap<String, Box<Reference>>,
    /// Its parameters, with `$name` still in them.
    pub params: Value,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// Environment variables that its command sees.
    pub env: Vec<String>,
    /// What it asks of the machine, with `$name` still in it.
    pub needs: Table,
    /// What it does.
    pub work: Work,
    /// Whether its command runs in a folder of its own.
    pub private: bool,
}

impl Stage {
    /// Returns the output called `port`.
    pub fn output(&self, port: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.port == port)
    }
}

/// What a stage does.
#[derive(Debug)]
pub enum Work {
    /// Runs a command, written here.
    Command(Template, Span),
    /// Runs a kind, named here.
    Kind(&'static Kind, Span),
}

/// One output of a stage.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its port.
    pub port: String,
    /// Its file name, without the `/` of a folder.
    pub file: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// The table that it carries, if a kind makes it.
    pub table: Option<&'static str>,
    /// Where it is declared.
    pub span: Span,
}

/// The cells of a stage.
#[derive(Debug)]
pub enum Grid {
    /// One cell, without axes.
    Single,
    /// A product of axes, less some, and some more.
    Axes {
        /// The values of each axis, with `$name` still in them.
        axes: Table,
        /// Cells with all these values are left out.
        exclude: Vec<(Table, Span)>,
        /// Whole cells that come in.
        include: Vec<(Table, Span)>,
        /// Where it is declared.
        span: Span,
    },
    /// The cells of another stage or of a source.
    Of(Reference),
    /// The rows of a table that a stage makes or a source holds; its columns are the axes.
    Rows(Reference),
    /// The cells that its readers ask for, along these axes.
    Open(Vec<(String, Span)>),
}
