use std::path::Path;

use contract::Issue;
use serde::{Deserialize, Serialize};
use table::{Mark, Metadata};

use super::frame::Frame;
use super::plot::Plot;

/// Metadata key under which a table of marks describes its page.
const KEY: &str = "page";

/// All of a figure but its marks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    /// Heading.
    pub(super) title: String,
    /// Panels side by side.
    pub(super) columns: u32,
    /// Panels, each with its axes.
    pub(super) frames: Vec<Frame>,
    /// Sentences below the drawing.
    pub(super) caption: Vec<String>,
}

impl Page {
    /// Puts plots on a page; the second panel of a name is called `name-2`.
    pub(super) fn of(title: &str, columns: u32, plots: Vec<Plot>, caption: Vec<String>) -> (Self, Vec<Mark>) {
        let mut page = Self { title: title.to_owned(), columns, frames: Vec::new(), caption };
        let mut marks = Vec::new();
        for Plot { mut frame, marks: drawn } in plots {
            let wanted = frame.name.clone();
            let names =
                (1..).map(|number| if number == 1 { wanted.clone() } else { format!("{wanted}-{number}") });
            let taken = |name: &String| page.frames.iter().any(|frame| frame.name == *name);
            frame.name = names.into_iter().find(|name| !taken(name)).unwrap_or(wanted);
            marks.extend(drawn.into_iter().map(|mark| Mark { panel: frame.name.clone(), ..mark }));
            page.frames.push(frame);
        }
        (page, marks)
    }

    /// Writes the table of marks, with the page in its metadata.
    pub(super) fn write(&self, file: &Path, marks: &[Mark]) -> Result<(), Issue> {
        let text = serde_json::to_string(self).map_err(|error| broken(file, &error))?;
        Ok(table::write(file, marks, &Metadata::from([(KEY.to_owned(), text)]))?)
    }

    /// Reads what [`Page::write`] wrote.
    pub(super) fn read(file: &Path) -> Result<(Self, Vec<Mark>), Issue> {
        let metadata = table::metadata(file)?;
        let text = metadata.get(KEY).map_or("", String::as_str);
        let page = serde_json::from_str(text).map_err(|error| broken(file, &error))?;
        Ok((page, table::read(file)?))
    }
}

fn broken(file: &Path, error: &serde_json::Error) -> Issue {
    Issue::new(format!("its metadata `{KEY}` is no page: {error}")).file(file)
}
