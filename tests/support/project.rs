use std::cell::Cell;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Pid;
use tempfile::TempDir;

use super::{Events, Output, Process, deaf_to_none, skip_unless_root};

/// A user who is nobody.
pub const NOBODY: u32 = 65534;

/// A folder with a manifest, and the toy program to run on it.
///
/// ```text
/// <temporary>/project   the manifest, what it reads, and the cache
/// <temporary>/home      HOME of every process: stages leave notes here, outside of all that is hashed
/// <temporary>/tmp       TMPDIR of every process
/// ```
pub struct Project {
    root: TempDir,
    started: Cell<usize>,
}

impl Project {
    /// Returns a project with this manifest.
    pub fn new(manifest: &str) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for folder in ["project", "home", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a new folder is empty");
        }
        let project = Self { root, started: Cell::new(0) };
        project.write("pipeline.toml", manifest);
        project
    }

    /// Returns a project with this manifest, and some tables to read.
    pub fn with_tables(manifest: &str) -> Self {
        let project = Self::new(manifest);
        for file in ["table.csv", "sheets/anna.csv", "sheets/ben.csv", "more/anna.csv"] {
            project.write(file, "1\n");
        }
        project
    }

    /// Returns where a file of the project lies.
    pub fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("project").join(file)
    }

    /// Returns where a note in the home of the stages lies.
    pub fn note(&self, name: &str) -> PathBuf {
        self.root.path().join("home").join(name)
    }

    /// Returns the process whose number is in a note.
    pub fn process(&self, note: &str) -> Pid {
        let number = fs::read_to_string(self.note(note)).expect("the note was left");
        number.trim().parse().ok().and_then(Pid::from_raw).expect("it holds the number of a process")
    }

    /// Writes a file of the project.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders can be made");
        fs::write(path, text).expect("a project can be written to");
    }

    /// Leaves a note that stages can wait for or look at.
    pub fn leave(&self, name: &str) {
        fs::write(self.note(name), "").expect("a home can be written to");
    }

    /// Reads a file of the project.
    pub fn read(&self, file: impl AsRef<Path>) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Replaces the one place in the manifest that reads `old`.
    pub fn edit(&self, old: &str, new: &str) {
        let text = self.read("pipeline.toml");
        assert_eq!(text.matches(old).count(), 1, "{old:?} stands once in\n{text}");
        self.write("pipeline.toml", &text.replace(old, new));
    }

    /// Runs the program with these words to its end.
    pub fn osteon(&self, line: &str) -> Output {
        self.start(line).wait()
    }

    /// Runs the program with these words to its end, which has to be a good one.
    pub fn ok(&self, line: &str) {
        let _good = self.osteon(line).ok();
    }

    /// Runs the program with these words and `--message-format json`; returns what it told.
    pub fn events(&self, line: &str) -> Events {
        Events::of(self.osteon(&format!("{line} --message-format json")))
    }

    /// Runs the program that has every stage, and no toys, with these words to its end.
    #[cfg(feature = "stages")]
    pub fn full(&self, line: &str) -> Output {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_osteon"));
        command.args(line.split_whitespace());
        self.spawn(command).wait()
    }

    /// Starts the program with these words.
    pub fn start(&self, line: &str) -> Process {
        let mut command = self.command();
        command.args(line.split_whitespace());
        self.spawn(command)
    }

    /// Returns the program in the folder of the project, in an environment that is the same everywhere.
    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_toy"))
    }

    /// Returns another program there.
    pub fn command_of(&self, program: &str) -> Command {
        deaf_to_none();
        let mut command = Command::new(program);
        command.current_dir(self.path("")).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.note("")).env("TMPDIR", self.root.path().join("tmp"));
        command.env("NO_COLOR", "1").env("COLUMNS", "100");
        command
    }

    /// Returns the same, started by a user who owns the project and has no other rights.
    ///
    /// There is none where the project cannot be given away: the test is skipped, and says so; as root under CI it fails.
    pub fn command_of_nobody(&self) -> Option<Command> {
        for folder in [".", "home", "tmp", "project"] {
            let path = self.root.path().join(folder);
            fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("a project can be opened");
            if chown(&path, Some(NOBODY), Some(NOBODY)).is_err() {
                skip_unless_root("a project cannot be given away");
                return None;
            }
        }
        let of_nobody = |mut command: Command| {
            command.uid(NOBODY).gid(NOBODY);
            command
        };
        let mut probe = of_nobody(self.command());
        if !probe.arg("--version").output().is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: the program lies where others may not go");
            return None;
        }
        Some(of_nobody(self.command()))
    }

    /// Starts a command; what it prints goes into files, so that it never waits for a reader.
    pub fn spawn(&self, mut command: Command) -> Process {
        let number = self.started.replace(self.started.get() + 1);
        let [stdout, stderr] =
            ["out", "err"].map(|stream| self.root.path().join(format!("{number}.{stream}")));
        let create = |path: &Path| File::create(path).expect("a temporary folder can be written to");
        command.stdout(create(&stdout)).stderr(create(&stderr));
        let child = command.spawn().expect("the toy program was built");
        Process::new(child, stdout, stderr, self.path(""))
    }

    /// Returns the lines that stages left in `~/log` since this was asked last, sorted.
    ///
    /// So the tests count what ran by what it did, not by what the program says of it.
    pub fn ran(&self) -> Vec<String> {
        let mut lines = self.ran_in_order();
        lines.sort();
        lines
    }

    /// Returns the same, in the order in which they were left.
    pub fn ran_in_order(&self) -> Vec<String> {
        let path = self.note("log");
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, "").expect("a home can be written to");
        text.lines().map(str::to_owned).collect()
    }
}
