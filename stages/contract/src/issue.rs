use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where in a file an [`Issue`] lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as it was given to the stage.
    pub file: PathBuf,
    /// The bytes in it, if a part can be named.
    pub span: Option<Range<usize>>,
}

/// Why a stage cannot do its work: what is wrong, where, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// What is wrong, as a lower-case sentence without a full stop.
    pub message: String,
    /// The way out, if one is known.
    pub help: Option<String>,
    /// The file at fault, if one is.
    pub place: Option<Place>,
}

impl Issue {
    /// Returns an issue that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place: None }
    }

    /// Returns the issue with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the issue with the file at fault.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.place = Some(Place { file: file.into(), span: None });
        self
    }

    /// Returns the issue with the place at fault.
    #[must_use]
    pub fn at(mut self, file: impl Into<PathBuf>, span: Range<usize>) -> Self {
        self.place = Some(Place { file: file.into(), span: Some(span) });
        self
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}: ", place.file.display())?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Issue {}
