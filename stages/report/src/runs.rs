use contract::{Gathered, Issue, Scalar};

use crate::measurements::Measurements;

/// A gathered artifact with the row to which it belongs.
pub(crate) struct Run<'a> {
    /// Value of the axis that makes the rows.
    pub(crate) row: &'a Scalar,
    /// The artifact and its cell.
    pub(crate) artifact: &'a Gathered,
    /// Its metrics.
    pub(crate) measurements: Measurements,
}

impl<'a> Run<'a> {
    /// Reads an artifact; `axis` makes the rows.
    pub(crate) fn read(artifact: &'a Gathered, axis: &str, class: &str) -> Result<Self, Issue> {
        let row = axis_value(artifact, axis)?;
        Ok(Self { row, artifact, measurements: Measurements::read(&artifact.path, class)? })
    }
}

/// Returns the value of an axis of a gathered artifact.
pub(crate) fn axis_value<'a>(artifact: &'a Gathered, axis: &str) -> Result<&'a Scalar, Issue> {
    artifact.cell.get(axis).ok_or_else(|| {
        let axes: Vec<&str> = artifact.cell.keys().map(String::as_str).collect();
        let help = match &axes[..] {
            [] => "gather the cells of a grid".to_owned(),
            axes => format!("its axes are {}", axes.join(", ")),
        };
        Issue::new(format!("its cell has no axis `{axis}`")).file(&artifact.path).help(help)
    })
}
