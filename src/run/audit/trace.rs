use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::line::{Argument, Call, Line, Part};

/// What was done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It was opened for reading.
    Read,
    /// It was started as a program.
    Start,
    /// It was opened for writing, made, renamed or removed.
    Write,
}

/// Something that was done with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) deed: Deed,
    /// The file, as it was named, from the root.
    pub(super) named: PathBuf,
    /// Where links led, if the system told.
    pub(super) real: Option<PathBuf>,
}

/// Reads what strace wrote of a process that began in `folder`: what it and its children did with files, in order.
pub(super) fn touches(text: &str, folder: &Path) -> Vec<Touch> {
    let mut folders = Folders { places: vec![folder.to_owned()], of: BTreeMap::new() };
    let mut touches = Vec::new();
    for event in in_order(text) {
        match event {
            Event::Birth { parent, child, shares } => folders.born(parent, child, shares),
            Event::Call(process, call) => {
                for argument in &call.arguments {
                    // The kernel's own name of the working folder, through all links.
                    if let Argument::Folder(folder) = argument {
                        folders.enter(process, folder);
                    }
                }
                let paths = paths(&call, folders.get(process));
                match (call.name.as_str(), call.arguments.first()) {
                    ("chdir", _) => paths.iter().for_each(|path| folders.enter(process, path)),
                    ("fchdir", Some(Argument::Handle(folder))) => folders.enter(process, folder),
                    _ => touches.extend(deeds(&call, paths)),
                }
            }
        }
    }
    touches
}

/// Something that happened while strace looked.
enum Event {
    /// A process or thread began; whether it shares the working folder with the one that made it.
    Birth { parent: u32, child: u32, shares: bool },
    /// A call ended well.
    Call(u32, Call),
}

/// Joins the parts of calls. Calls come in the order of their ends, but births in the order of their beginnings: what
/// is born may act before the call that made it returns.
fn in_order(text: &str) -> Vec<Event> {
    let mut begun: BTreeMap<u32, (usize, &str)> = BTreeMap::new();
    let mut events: Vec<(usize, Event)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(Line { process, part }) = Line::parse(line) else { continue };
        let (begin, call) = match part {
            Part::Begin(text) => {
                begun.insert(process, (number, text));
                continue;
            }
            Part::Whole(text) => (number, Call::parse(text)),
            Part::End(end) => {
                let Some((begin, text)) = begun.remove(&process) else { continue };
                (begin, Call::parse(&format!("{text}{end}")))
            }
        };
        let Some(call) = call else { continue };
        if ["clone", "clone2", "clone3", "fork", "vfork"].contains(&call.name.as_str()) {
            let shares = call.has("CLONE_FS");
            events.push((begin, Event::Birth { parent: process, child: call.number, shares }));
        } else {
            events.push((number, Event::Call(process, call)));
        }
    }
    events.sort_by_key(|(number, _)| *number);
    events.into_iter().map(|(_, event)| event).collect()
}

/// The working folder of each process; threads share one.
struct Folders {
    places: Vec<PathBuf>,
    of: BTreeMap<u32, usize>,
}

impl Folders {
    fn place(&self, process: u32) -> usize {
        self.of.get(&process).copied().unwrap_or(0)
    }

    fn get(&self, process: u32) -> &Path {
        &self.places[self.place(process)]
    }

    fn enter(&mut self, process: u32, folder: &Path) {
        let place = self.place(process);
        folder.clone_into(&mut self.places[place]);
    }

    fn born(&mut self, parent: u32, child: u32, shares: bool) {
        let mut place = self.place(parent);
        if !shares {
            self.places.push(self.places[place].clone());
            place = self.places.len() - 1;
        }
        self.of.insert(child, place);
    }
}

/// Returns the files that a call names, from the root: relative to the open folder named before, or to `folder`.
fn paths(call: &Call, folder: &Path) -> Vec<PathBuf> {
    let mut base = None;
    let mut paths = Vec::new();
    for argument in &call.arguments {
        match argument {
            Argument::Folder(folder) | Argument::Handle(folder) => base = Some(folder.as_path()),
            Argument::Text(path) => paths.push(clean(&base.take().unwrap_or(folder).join(path))),
            Argument::Word(_) => {}
        }
    }
    paths
}

/// Takes `.` and `..` out of a path.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::CurDir => {}
            part => cleaned.push(part),
        }
    }
    cleaned
}

/// Returns what a call does with the files that it names.
fn deeds(call: &Call, paths: Vec<PathBuf>) -> Vec<Touch> {
    let touch = |deed, named| Touch { deed, named, real: call.opened.clone() };
    let first = paths.first().cloned();
    match call.name.as_str() {
        "open" | "openat" | "openat2" | "creat" => {
            let Some(named) = first else { return Vec::new() };
            opening(call).into_iter().map(|deed| touch(deed, named.clone())).collect()
        }
        "execve" | "execveat" => first.into_iter().map(|named| touch(Deed::Start, named)).collect(),
        "rename" | "renameat" | "renameat2" => {
            paths.into_iter().map(|named| touch(Deed::Write, named)).collect()
        }
        "link" | "linkat" | "symlink" | "symlinkat" => {
            paths.into_iter().last().map(|named| touch(Deed::Write, named)).into_iter().collect()
        }
        "unlink" | "unlinkat" | "rmdir" | "mkdir" | "mkdirat" | "mknod" | "mknodat" | "truncate" => {
            first.into_iter().map(|named| touch(Deed::Write, named)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns what an open is for; folders are listed, which is no reading of a file.
fn opening(call: &Call) -> Vec<Deed> {
    if call.has("O_DIRECTORY") || call.has("O_PATH") || call.has("O_TMPFILE") {
        return Vec::new();
    }
    let makes = call.name == "creat" || call.has("O_CREAT") || call.has("O_TRUNC");
    if call.has("O_RDWR") && !makes {
        return vec![Deed::Read, Deed::Write];
    }
    vec![if makes || call.has("O_WRONLY") { Deed::Write } else { Deed::Read }]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        let tell = |touch: Touch| {
            let real = touch.real.filter(|real| *real != touch.named);
            let real = real.map_or(String::new(), |real| format!(" → {}", real.display()));
            format!("{:?} {}{real}", touch.deed, touch.named.display())
        };
        touches(text, Path::new("/p")).into_iter().map(tell).collect()
    }

    #[test]
    fn what_a_shell_and_its_children_do_is_told_in_order() {
        let trace = r#"
28584 execve("/bin/sh", ["/bin/sh", "-c", "/usr/bin/python3 x.py; ./x.sh; e"...], 0x7ffe /* 35 vars */) = 0
28584 vfork( <unfinished ...>
28585 execve("/usr/bin/cat", ["cat", "l.txt"], 0x557301e95a38 /* 35 vars */ <unfinished ...>
28584 <... vfork resumed>)              = 28585
28585 <... execve resumed>)             = 0
28585 openat(AT_FDCWD</p>, "l.txt", O_RDONLY) = 3</p/a.txt>
28585 openat(AT_FDCWD</p>, "none", O_RDONLY) = -1 ENOENT (No such file or directory)
28584 execve("/p/x.sh", ["./x.sh"], 0x5602a0d0ab20 /* 35 vars */) = -1 ENOENT (No such file or directory)
28584 openat(AT_FDCWD</p>, "rw.txt", O_RDWR|O_CREAT, 0666) = 3</p/rw.txt>
28584 openat(AT_FDCWD</p>, "old.txt", O_RDWR|O_CLOEXEC) = 3</p/old.txt>
28584 openat(AT_FDCWD</p>, "sub", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3</p/sub>
"#;
        let expected = [
            "Start /bin/sh",
            "Start /usr/bin/cat",
            "Read /p/l.txt → /p/a.txt",
            "Write /p/rw.txt",
            "Read /p/old.txt",
            "Write /p/old.txt",
        ];
        assert_eq!(told(trace), expected);
    }

    #[test]
    fn names_are_relative_to_the_folder_that_a_process_works_in() {
        let trace = r#"
1 openat(AT_FDCWD</p>, "sub", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 3</p/sub>
1 fchdir(3</p/sub>)          = 0
1 rename("n.txt", "m.txt")          = 0
1 renameat(3</p/sub>, "m.txt", 5</p/other>, "o.txt") = 0
1 vfork( <unfinished ...>
2 chdir("..")                   = 0
2 unlink("x")                   = 0
1 <... vfork resumed>)              = 2
1 mkdir("d", 0777)                  = 0
2 renameat2(AT_FDCWD</p>, "o.txt", AT_FDCWD</p>, "q.txt", RENAME_NOREPLACE) = 0
1 symlink("../target", "k")         = 0
"#;
        let expected = [
            "Write /p/sub/n.txt",
            "Write /p/sub/m.txt",
            "Write /p/sub/m.txt",
            "Write /p/other/o.txt",
            "Write /p/x",
            "Write /p/sub/d",
            "Write /p/o.txt",
            "Write /p/q.txt",
            "Write /p/sub/k",
        ];
        assert_eq!(told(trace), expected);
    }

    #[test]
    fn a_thread_changes_the_folder_of_all_and_a_process_only_its_own() {
        let trace = r#"
1 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD, exit_signal=0, stack=0x7f, tls=0x7f} => {parent_tid=[2]}, 88) = 2
2 chdir("/t")                   = 0
1 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 3
3 chdir("/u")                   = 0
1 unlink("a")                   = 0
3 unlink("b")                   = 0
"#;
        assert_eq!(told(trace), ["Write /t/a", "Write /u/b"]);
    }

    #[test]
    fn a_call_that_never_ended_did_nothing() {
        assert!(
            told("1 unlink(\"a\" <unfinished ...>\n2 <... unlink resumed>) = 0\n1 unlink(\"b").is_empty()
        );
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_makes_it_panic(
            lines in proptest::collection::vec(
                r#"[12] (vfork\(\)|clone\(|chdir\("|fchdir\(3<|openat\(AT_FDCWD<|<\.\.\. )[ "\\<>,()=0-9a-z./|A-Z_-]{0,30}( <unfinished \.\.\.>| = 2)?"#,
                0..12,
            ),
        ) {
            let _read = touches(&lines.join("\n"), Path::new("/p"));
        }
    }
}
