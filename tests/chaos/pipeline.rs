use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::Digest;

use crate::support::{Events, Project};

/// One of everything: commands and kinds, a grid, gathers, folders with programs and links in them, a private stage,
/// stages that fail at first, two that are one piece of work, a source of several files.
const MANIFEST: &str = r#"
[variables]
salt = 0
[source.raw]
path = "raw.txt"
[source.words]
path = "words/*.txt"

[stage.make]
grid.axes = { x = ["a", "b", "c", "d"] }
inputs    = { raw = "source.raw" }
params    = { x = "$x" }
outputs   = { o = "o.txt", d = "d/" }
command   = """
echo make {params.x} >> ~/log
cat {inputs.raw} > {outputs.o}; echo {params.x} >> {outputs.o}
mkdir {outputs.d}/deep; echo {params.x} > {outputs.d}/deep/x; ln -s deep/x {outputs.d}/link
printf '#!/bin/sh\necho ran\n' > {outputs.d}/program; chmod +x {outputs.d}/program
"""
[stage.copy]
kind   = "copy"
grid   = "make"
inputs = { from = "make.o" }
params = { name = "$x", times = 3 }
[stage.join]
kind   = "join"
inputs = { parts = "copy[x=*].copy", title = "source.raw" }
[stage.folder]
inputs  = { ds = "make[x=*].d" }
outputs = { d = "d/" }
command = "echo folder >> ~/log; cat {inputs.ds}/*/link > {outputs.d}/all; {inputs.ds}/x=b/program > {outputs.d}/ran"
[stage.flaky]
inputs  = { d = "folder.d" }
outputs = { o = "o.txt" }
needs   = { retries = 1 }
command = "echo flaky >> ~/log; test -e ~/tried || { touch ~/tried; exit 3; }; cat {inputs.d}/* > {outputs.o}"
[stage.resume]
kind  = "resume"
needs = { retries = 1 }
[stage.words]
inputs  = { words = "source.words" }
outputs = { o = "o.txt" }
command = "echo words >> ~/log; cat {inputs.words}/* > {outputs.o}"
[stage.twin]
inputs  = { words = "source.words" }
outputs = { o = "o.txt" }
command = "echo words >> ~/log; cat {inputs.words}/* > {outputs.o}"
[stage.end]
private = true
inputs  = { list = "join.list", flaky = "flaky.o", sum = "resume.sum", words = "words.o", twin = "twin.o" }
params  = { salt = "$salt" }
outputs = { o = "o.txt" }
command = "echo end >> ~/log; cat list flaky sum words twin > {outputs.o}"
"#;

/// Returns a project that nothing has run in.
pub fn project() -> Project {
    let project = Project::new(MANIFEST);
    project.write("raw.txt", "raw\n");
    project.write("words/one.txt", "one\n");
    project.write("words/two.txt", "two\n");
    project
}

/// Returns which unit left a line in the log.
fn unit(line: &str) -> String {
    match line.split_once(' ') {
        None if line.len() == 1 => format!("copy[x={line}]"),
        None => line.to_owned(),
        Some(("make", x)) => format!("make[x={x}]"),
        Some(_) => "resume".to_owned(),
    }
}

/// What lies in `latest`: the digest of each file by its path, and whether it is a program.
pub type Latest = BTreeMap<PathBuf, (Digest, bool)>;

/// What comes out of a run that nothing happens to.
pub struct Undisturbed {
    pub latest: Latest,
    pub ran: Vec<String>,
    pub outputs: BTreeMap<String, String>,
    pub time: Duration,
    keys: BTreeMap<String, String>,
}

impl Undisturbed {
    /// Runs it.
    pub fn new() -> Self {
        let project = project();
        let begin = Instant::now();
        let events = project.events("run -j2").ok();
        let time = begin.elapsed();
        let finished = events.with_reason("stage-finished");
        let key =
            |line: &serde_json::Value| Some((line["id"].as_str()?.into(), line["key"].as_str()?.into()));
        let keys = finished.iter().filter_map(|line| key(line)).collect();
        Self { latest: latest(&project), ran: project.ran(), outputs: outputs(&events), time, keys }
    }

    /// Returns the units whose record is in the cache of a project.
    pub fn recorded(&self, project: &Project) -> Vec<&str> {
        let is_there =
            |key: &str| project.path(format!("cache/records/{}/{}.json", &key[..2], &key[2..])).exists();
        self.keys.iter().filter(|(_, key)| is_there(key)).map(|(unit, _)| unit.as_str()).collect()
    }

    /// Asserts that a project ends where this did: a run ends well, repeats nothing that has a record, gives the same
    /// bytes, and leaves nothing to be done and nothing behind.
    pub fn is_reached(&self, project: &Project, before: &[String]) {
        let recorded = self.recorded(project);
        let earlier = log(project).len();
        project.ok("run");
        let now = log(project).split_off(earlier);
        for line in &now {
            assert!(!recorded.contains(&unit(line).as_str()), "'{line}' ran again: {before:?}, then {now:?}");
        }
        assert_eq!(latest(project), self.latest, "after {before:?} and {now:?}");
    }
}

/// Returns the lines that stages left in their log so far.
pub fn log(project: &Project) -> Vec<String> {
    let text = fs::read_to_string(project.note("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Returns what each unit made, as a run told it.
pub fn outputs(events: &Events) -> BTreeMap<String, String> {
    let finished = events.with_reason("stage-finished");
    finished.iter().map(|line| (line["id"].to_string(), line["outputs"].to_string())).collect()
}

/// Returns what lies in `latest`, through all links.
pub fn latest(project: &Project) -> Latest {
    let mut found = Latest::new();
    let root = project.path("cache/latest");
    read(&root, &root, &mut found);
    found
}

fn read(root: &Path, folder: &Path, found: &mut Latest) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
        if path.is_dir() {
            read(root, &path, found);
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let program = fs::metadata(&path).expect("it was read").permissions().mode() & 0o111 != 0;
        let inside = path.strip_prefix(root).expect("it lies in the root").to_owned();
        found.insert(inside, (Digest::of(&bytes), program));
    }
}
