use std::path::Path;
use std::process::ExitStatus;

/// What the program said and how it ended.
#[must_use = "look at the exit code: ok() or exits(code)"]
pub struct Output {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Output {
    /// Folders that differ from run to run are named by their roles.
    pub(super) fn new(status: ExitStatus, stdout: String, stderr: String, project: &Path) -> Self {
        let folder = project.to_string_lossy();
        let folder = folder.trim_end_matches('/');
        let real = project.canonicalize().unwrap_or_default();
        let clean =
            |text: String| text.replace(&*real.to_string_lossy(), "[PROJECT]").replace(folder, "[PROJECT]");
        Self { status, stdout: clean(stdout), stderr: clean(stderr) }
    }

    /// Asserts that it ended well.
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts its exit code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "it ended with {}\n{}", self.status, self.text());
        self
    }

    /// Returns what it printed.
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// Returns what it said, with the times in it replaced.
    pub fn stderr(&self) -> String {
        self.stderr.lines().map(|line| format!("{}\n", without_time(line))).collect()
    }

    /// Returns exit code, stdout and stderr in one text, for a snapshot.
    pub fn text(&self) -> String {
        let code = self.status.code().map_or_else(|| self.status.to_string(), |code| code.to_string());
        let mut text = format!("exit {code}\n");
        for (name, stream) in [("stdout", self.stdout.clone()), ("stderr", self.stderr())] {
            if !stream.is_empty() {
                text.push_str(&format!("── {name}\n{stream}"));
            }
        }
        text
    }
}

/// Replaces the time that a line such as `executed 'a' in 12 ms` ends in.
fn without_time(line: &str) -> String {
    let timed = line.rsplit_once(" in ").filter(|(_, time)| {
        let (number, unit) = time.split_once(' ').unwrap_or_default();
        number.parse::<f64>().is_ok() && ["ms", "s", "min", "h"].contains(&unit)
    });
    timed.map_or_else(|| line.to_owned(), |(start, _)| format!("{start} in [TIME]"))
}

#[test]
fn times_are_cut_from_the_ends_of_lines_and_nothing_else_is() {
    assert_eq!(without_time("executed 'a' in 1.2 s"), "executed 'a' in [TIME]");
    assert_eq!(without_time("set in 3 places"), "set in 3 places");
}
