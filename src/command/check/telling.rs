use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::json;

use super::artifact::{Difference, Files, What};
use super::bytes::show;
use crate::failure::Failure;
use crate::key::Key;
use crate::manifest::template::quote;
use crate::run::Project;
use crate::worker::tool_answer;

/// The tool that finds the first difference between two tables.
const TOOL: &str = "first-difference";

/// What was found out about a unit.
pub(super) struct Verdict<'a> {
    /// The unit.
    pub(super) id: &'a str,
    /// Its key.
    pub(super) key: Key,
    /// How it compares with its record.
    pub(super) found: Found<'a>,
    /// The models of processor of the record and of this machine, if they are two.
    pub(super) processors: Option<(String, String)>,
}

/// How a unit compares with its record.
pub(super) enum Found<'a> {
    /// It failed: nothing is known.
    Failed,
    /// All its outputs are the same.
    Equal,
    /// An output is not: its port, its file, and how.
    Differs(&'a str, &'a str, Difference),
}

impl Verdict<'_> {
    /// Writes it as one line of JSON.
    pub(super) fn json(&self) -> String {
        let (equal, differs) = match &self.found {
            Found::Failed => (None, None),
            Found::Equal => (Some(true), None),
            Found::Differs(port, _, difference) => (Some(false), Some((port, difference))),
        };
        let offset = differs.and_then(|(_, difference)| match &difference.what {
            What::Bytes(files) => Some(files.parting.offset),
            _ => None,
        });
        let line = json!({
            "reason": "stage-checked",
            "id": self.id,
            "key": self.key.0,
            "equal": equal,
            "port": differs.map(|(port, _)| port),
            "file": differs.and_then(|(_, difference)| difference.file.as_deref()),
            "offset": offset,
        });
        format!("{line}\n")
    }

    /// Writes for people how the unit differs, and keeps both files below `folder`.
    pub(super) fn text(&self, project: &Project, folder: &mut Kept) -> Result<String, Failure> {
        let Found::Differs(port, name, difference) = &self.found else { return Ok(String::new()) };
        let inside = difference.file.as_ref().map_or(String::new(), |file| format!(", file {file}"));
        let mut text = format!("error: '{}' differs from its record: output `{port}`{inside}", self.id);
        match &difference.what {
            What::Gone => text.push_str(" was made then, and is not made now\n"),
            What::New => text.push_str(" is made now, and was not made then\n"),
            What::Link => text.push_str(" is a link in one of them, or points elsewhere\n"),
            What::Executable => text.push_str(" may be executed in one of them, with the same bytes\n"),
            What::Bytes(files) => {
                let place = match files.parting.place {
                    Some((line, column)) => {
                        format!("line {line}, column {column} (byte {})", files.parting.offset)
                    }
                    None => format!("byte {}", files.parting.offset),
                };
                text.push_str(&format!(" at {place}\n"));
                text.push_str(&format!("    recorded  {}\n", show(&files.parting.first)));
                text.push_str(&format!("    rebuilt   {}\n", show(&files.parting.second)));
                let file = match &difference.file {
                    Some(inside) => Path::new(name.trim_end_matches('/')).join(inside),
                    None => PathBuf::from(name),
                };
                let (recorded, rebuilt) = folder.keep(self.id, &file, files)?;
                if let Some(place) = in_table(project, &recorded, &rebuilt) {
                    text.push_str(&format!("    {}\n", place.trim_end().replace('\n', "\n    ")));
                }
                let path = |path: &Path| quote(&path.to_string_lossy());
                text.push_str(&format!("  both are kept: diff {} {}\n", path(&recorded), path(&rebuilt)));
            }
        }
        if let Some((then, now)) = &self.processors {
            text.push_str(&format!(
                "  the record was made on another model of processor: {then}; this is {now}\n"
            ));
        }
        Ok(text)
    }
}

/// Returns where two Parquet files differ, in rows and columns, if this build can tell.
fn in_table(project: &Project, recorded: &Path, rebuilt: &Path) -> Option<String> {
    let is_table = recorded.extension().is_some_and(|ending| ending == "parquet");
    let request = json!({ "recorded": recorded, "rebuilt": rebuilt });
    let answer = is_table.then(|| tool_answer(project.catalogue, TOOL, request)).flatten()?;
    (!answer.trim().is_empty()).then_some(answer)
}

/// The folder in which differing files outlive the check; made when first needed.
#[derive(Default)]
pub(super) struct Kept {
    folder: Option<PathBuf>,
}

impl Kept {
    /// Keeps both files under the name that the unit gives them; returns where.
    fn keep(&mut self, id: &str, name: &Path, files: &Files) -> std::io::Result<(PathBuf, PathBuf)> {
        let folder = match &self.folder {
            Some(folder) => folder,
            None => {
                let folder = tempfile::Builder::new().prefix("osteon-check-").tempdir()?.keep();
                self.folder.insert(folder)
            }
        };
        let at = |side: &str| {
            let path = folder.join(id).join(side).join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            Ok::<PathBuf, std::io::Error>(path)
        };
        let (recorded, rebuilt) = (at("recorded")?, at("rebuilt")?);
        symlink(&files.recorded, &recorded)?;
        // Copied, not moved: another unit may have made the same bytes.
        fs::copy(&files.rebuilt, &rebuilt)?;
        Ok((recorded, rebuilt))
    }
}
