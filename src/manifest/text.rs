//! Files and places in them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One of the files that a manifest consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub range: Range<usize>,
}

/// The files that a manifest consists of: `pipeline.toml` and its experiments.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    files: Vec<(PathBuf, Arc<str>)>,
}

impl Texts {
    /// Adds a file; `path` is how messages name it.
    pub fn add(&mut self, path: PathBuf, text: String) -> FileId {
        self.files.push((path, text.into()));
        FileId(u32::try_from(self.files.len() - 1).expect("a manifest has fewer than 4 billion files"))
    }

    /// Returns the path of a file, as messages name it.
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].0
    }

    /// Returns the paths of all files, as messages name them; the manifest itself comes first.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// Returns the text of a file.
    pub fn text(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].1
    }

    /// Returns the text at `span`.
    pub fn slice(&self, span: &Span) -> &str {
        self.text(span.file).get(span.range.clone()).unwrap_or_default()
    }

    /// Returns the span of `part` within `span`, or `span` where it cannot be found (an escape stands in it).
    pub fn within(&self, span: &Span, part: &str) -> Span {
        match self.slice(span).find(part) {
            Some(at) => {
                let start = span.range.start + at;
                Span { file: span.file, range: start..start + part.len() }
            }
            None => span.clone(),
        }
    }

    /// Returns where `span` begins, as `file:line`.
    pub fn line(&self, span: &Span) -> String {
        let before = self.text(span.file).get(..span.range.start).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}", self.path(span.file).display())
    }
}
