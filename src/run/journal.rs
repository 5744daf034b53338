use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;

use crate::event::Event;
use crate::manifest::name::escape;
use crate::ui::datable;

/// Lines of a log that are shown when a stage fails.
const TAIL: usize = 15;

/// Bytes of a log in which these lines are looked for.
const TAIL_BYTES: u64 = 1 << 16;

/// The folder of one run: its events, and what its failed attempts printed.
pub(super) struct Journal {
    folder: PathBuf,
    id: String,
    events: io::BufWriter<fs::File>,
}

impl Journal {
    /// Begins a run in the folder of all runs; its name sorts by time.
    pub(super) fn begin(runs: &Path) -> io::Result<Self> {
        let now = humantime::format_rfc3339_millis(datable(SystemTime::now())).to_string();
        // Where OSTEON_CACHE moves the rest, the runs lie in a cache all the same.
        let cache = runs.parent().unwrap_or(runs);
        fs::create_dir_all(cache)?;
        crate::store::mark(cache)?;
        fs::create_dir_all(runs)?;
        let first = format!("{}-{}", now.replace(':', "-"), std::process::id());
        let (mut id, mut number) = (first.clone(), 1);
        // A clock that was set back, and a process number that is used again, name another run.
        while let Err(error) = fs::create_dir(runs.join(&id)) {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error);
            }
            number += 1;
            id = format!("{first}-{number}");
        }
        let folder = runs.join(&id);
        let events = io::BufWriter::new(fs::File::create(folder.join("events.jsonl"))?);
        Ok(Self { folder, id, events })
    }

    /// Returns the name of the run.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the folder of the run.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes an event; one that cannot be written must not stop the work.
    pub(super) fn write(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("an event is JSON");
        let _work_goes_on = writeln!(self.events, "{line}");
        let buffered = matches!(event, Event::StageFinished { outcome: crate::event::Outcome::Hit, .. });
        if !buffered {
            let _work_goes_on = self.events.flush();
        }
    }

    /// Keeps the log of a failed attempt, in the place of an earlier attempt's; returns its last lines.
    pub(super) fn keep_log(&self, id: &str, log: Option<&Path>) -> Option<String> {
        let place = self.folder.join(log_name(id));
        let Some(log) = log else {
            let _was_silent_too = fs::remove_file(place);
            return None;
        };
        // The cache may be on another disk.
        let kept = fs::rename(log, &place).or_else(|_| fs::copy(log, &place).map(drop));
        let _swept_later = fs::remove_file(log);
        kept.ok()?;
        tail(&place).ok()
    }
}

/// Returns the last lines of a log, indented.
fn tail(log: &Path) -> io::Result<String> {
    let mut file = fs::File::open(log)?;
    let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    Ok(lines[from..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"))
}

/// Returns the name of the file that the log of a failed unit is kept in.
pub fn log_name(id: &str) -> String {
    let name = escape(id).into_owned();
    let digest = contract::Digest::of(id.as_bytes()).short();
    let end = (0..=name.len().min(180)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}.{digest}.log", &name[..end])
}
