use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use contract::{Ctx, Gathered, Issue, Scalar};
use table::Row;

use super::caption::{scaled, settings};

/// What panels are drawn from: the tables of the inputs, and the names that are printed.
pub(super) struct Material<'a> {
    ctx: &'a Ctx<'a>,
    labels: &'a BTreeMap<String, String>,
    /// What panels have to say below the drawing, each once.
    sentences: RefCell<Vec<String>>,
    /// Images that panels show.
    shown: RefCell<BTreeSet<String>>,
}

/// The table of one run, with the cell that made it.
pub(super) struct Run<'a, R> {
    /// The artifact and its cell.
    pub(super) artifact: &'a Gathered,
    /// Its rows; there is at least one.
    pub(super) rows: Vec<R>,
}

impl<R> Run<'_, R> {
    /// Returns the values of the axes in `among`, as a text that tells runs apart.
    pub(super) fn name(&self, among: &BTreeSet<&str>) -> String {
        let cell = self.artifact.cell.iter().filter(|(axis, _)| among.contains(axis.as_str()));
        cell.map(|(axis, value)| format!("{axis} {value}")).collect::<Vec<_>>().join(", ")
    }
}

impl<'a> Material<'a> {
    pub(super) const fn new(ctx: &'a Ctx<'a>, labels: &'a BTreeMap<String, String>) -> Self {
        Self { ctx, labels, sentences: RefCell::new(Vec::new()), shown: RefCell::new(BTreeSet::new()) }
    }

    /// Returns the context, for tables that are streamed.
    pub(super) const fn ctx(&self) -> &'a Ctx<'a> {
        self.ctx
    }

    /// Returns the printed name of a network, a class, a metric or a site.
    pub(super) fn label<'b>(&'b self, name: &'b str) -> &'b str {
        self.labels.get(name).map_or(name, String::as_str)
    }

    /// Notes a sentence for below the drawing.
    pub(super) fn say(&self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let mut sentences = self.sentences.borrow_mut();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }

    /// Notes that a panel shows an image.
    pub(super) fn show(&self, image: &str) {
        self.shown.borrow_mut().insert(image.to_owned());
    }

    /// Returns whether a panel shows an image.
    pub(super) fn is_shown(&self, image: &str) -> bool {
        self.shown.borrow().contains(image)
    }

    /// Reads the table of each run on a port.
    pub(super) fn runs<R: Row>(&self, port: &str) -> Result<Vec<Run<'a, R>>, Issue> {
        let read = |artifact: &'a Gathered| {
            let rows: Vec<R> = table::read(&artifact.path)?;
            if rows.is_empty() {
                return Err(Issue::new("has no row, and nothing can be drawn from it").file(&artifact.path));
            }
            Ok(Run { artifact, rows })
        };
        self.ctx.gathered(port).iter().map(read).collect()
    }

    /// Returns the axes in which the runs on a port differ, without the one that makes series or panels.
    pub(super) fn varying(&self, port: &str, without: Option<&str>) -> BTreeSet<&'a str> {
        let mut values = BTreeMap::<&str, BTreeSet<&Scalar>>::new();
        for (axis, value) in self.ctx.gathered(port).iter().flat_map(|artifact| &artifact.cell) {
            values.entry(axis).or_default().insert(value);
        }
        let varies = |(axis, values): &(&str, BTreeSet<&Scalar>)| values.len() > 1 && Some(*axis) != without;
        values.into_iter().filter(varies).map(|(axis, _)| axis).collect()
    }

    /// Returns the sentences below the drawing: what panels said, then the cells and the scale of their networks.
    pub(super) fn caption(&self) -> Result<Vec<String>, Issue> {
        let mut sentences = self.sentences.borrow().clone();
        let ports = ["curves", "predictions", "metrics", "reliability"];
        let artifacts: Vec<&Gathered> = ports.iter().flat_map(|port| self.ctx.gathered(port)).collect();
        sentences.extend(settings(&artifacts));
        sentences.extend(scaled(&artifacts)?);
        Ok(sentences)
    }
}
