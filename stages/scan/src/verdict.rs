use std::path::PathBuf;

use contract::{Ctx, Issue};
use table::{Label, Shape};

use crate::annotations::{Annotations, Marks};
use crate::labels::Labels;
use crate::names::{Names, Place};

/// What is known of the diseases in an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// What each reader marked, who will vote.
    Marks(Vec<Marks>),
    /// What a table says.
    Label(Label),
}

/// Where the verdicts come from.
#[derive(Clone, Debug)]
pub enum Verdicts {
    /// The annotations of readers.
    Annotations(Annotations),
    /// A table with a label for each scan.
    Labels(Labels),
}

impl Verdicts {
    /// Opens what is wired.
    ///
    /// # Errors
    /// If nothing is or both are, or if what is wired cannot be read.
    pub fn open(ctx: &Ctx<'_>, readers: usize, scans: &[PathBuf]) -> Result<Self, Issue> {
        let names = Names::of(scans);
        match (ctx.optional("annotations"), ctx.optional("labels")) {
            (Some(annotations), None) => Annotations::open(annotations, readers, names).map(Self::Annotations),
            (None, Some(labels)) => Labels::open(labels, names).map(Self::Labels),
            (None, None) => Err(Issue::new(
                "neither the input `annotations` nor `labels` is wired, and an image that nobody judged has no label",
            )
            .help("wire a folder with a folder of LabelMe files for each reader, or a CSV file with labels")),
            (Some(_), Some(_)) => {
                Err(Issue::new("both inputs `annotations` and `labels` are wired, and they may disagree")
                    .help("wire one of them"))
            }
        }
    }

    /// Returns what is known of an image.
    ///
    /// # Errors
    /// If that is nothing, or wrong.
    pub fn of(&self, place: Place<'_>, size: Shape) -> Result<Verdict, Issue> {
        match self {
            Self::Annotations(annotations) => annotations.of(place, size).map(Verdict::Marks),
            Self::Labels(labels) => labels.of(place).map(Verdict::Label),
        }
    }

    /// Returns the annotations that are about no scan, as [`Annotations::strangers`] tells; a table has none.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn strangers(&self) -> Result<Vec<u32>, Issue> {
        match self {
            Self::Annotations(annotations) => annotations.strangers(),
            Self::Labels(_) => Ok(Vec::new()),
        }
    }
}
