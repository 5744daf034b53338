use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::trace::{Deed, Touch, touches};
use crate::key::Form;
use crate::manifest::Pipeline;
use crate::manifest::source::{Lies, walk};
use crate::run::inputs::{Incoming, Origin};
use crate::store::Store;

/// Folders of the system, whose files no manifest declares.
const SYSTEM: [&str; 15] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/nix",
    "/gnu",
    "/var/cache",
];

/// Folders that hold no files in truth: writing there leaves nothing.
const VIRTUAL: [&str; 3] = ["/dev", "/proc", "/sys"];

/// Where Python keeps compiled modules.
const COMPILED: &str = "__pycache__";

/// The undeclared files of an attempt; those in the project by their way from the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::run) struct Findings {
    /// Those that it read.
    pub(in crate::run) reads: BTreeSet<PathBuf>,
    /// Those that it wrote, renamed or removed.
    pub(in crate::run) writes: BTreeSet<PathBuf>,
}

/// Returns what an attempt read and wrote undeclared.
///
/// `trace` is what strace wrote, `cwd` where the command began, and `own` are the folders of the attempt.
///
/// # Errors
/// If the trace or an input cannot be read.
pub(in crate::run) fn findings<'a>(
    trace: &Path,
    cwd: &Path,
    own: impl Iterator<Item = &'a Path>,
    pipeline: &Pipeline,
    store: &Store,
    incoming: &[Incoming],
) -> std::io::Result<Findings> {
    let text = String::from_utf8_lossy(&fs::read(trace)?).into_owned();
    let touches = touches(&text, cwd);
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut judge = Judge {
        project: real(&pipeline.folder),
        own: own.flat_map(|folder| [folder.to_owned(), real(folder)]).collect(),
        home: variable("HOME").map(|home| real(Path::new(&home))),
        programs: std::env::split_paths(&variable("PATH").unwrap_or_default()).collect(),
        declared: declared(pipeline, store, incoming)?,
        installed: Vec::new(),
        written: BTreeSet::new(),
        findings: Findings::default(),
    };
    let started = touches.iter().filter(|touch| touch.deed == Deed::Start);
    started.for_each(|touch| judge.installed_with(&touch.named));
    touches.into_iter().for_each(|touch| judge.look(touch));
    Ok(judge.findings)
}

/// Returns where the files of the inputs truly lie, and the folders of the store that are inputs.
fn declared(pipeline: &Pipeline, store: &Store, incoming: &[Incoming]) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut declared = BTreeSet::new();
    let in_project = |path: &PathBuf| real(&pipeline.folder.join(path));
    for (_, origin) in incoming.iter().flat_map(|input| &input.parts) {
        match origin {
            Origin::Source(name, cell) => match &pipeline.sources[name].cells[cell] {
                Lies::File(path) => {
                    declared.insert(in_project(path));
                }
                Lies::Folder(base) => {
                    let found = walk(base, &pipeline.folder).map_err(std::io::Error::other)?;
                    declared.extend(found.files.iter().map(in_project));
                }
                Lies::Files(files) => declared.extend(files.values().map(in_project)),
            },
            Origin::Stored(artifact, _) if artifact.form == Form::Folder => {
                // Programs in it are copies, other files are links to objects.
                declared.insert(real(&store.lay_out(&artifact.digest)?));
                declared.extend(store.tree(&artifact.digest)?.blobs().map(|blob| real(&store.object(blob))));
            }
            Origin::Stored(artifact, _) => {
                declared.insert(real(&store.object(&artifact.digest)));
            }
        }
    }
    Ok(declared)
}

/// Returns where links lead, as far as the path is still there.
fn real(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let Ok(found) = std::fs::canonicalize(above) {
            let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
    }
    path.to_owned()
}

/// What a touch is judged by.
struct Judge {
    project: PathBuf,
    /// The folders of the attempt.
    own: Vec<PathBuf>,
    home: Option<PathBuf>,
    /// The folders of PATH.
    programs: Vec<PathBuf>,
    declared: BTreeSet<PathBuf>,
    /// Prefixes in which a program that was started is installed.
    installed: Vec<PathBuf>,
    written: BTreeSet<PathBuf>,
    findings: Findings,
}

impl Judge {
    /// Notes in which prefix a program, or the interpreter that its first line names, is installed.
    fn installed_with(&mut self, program: &Path) {
        let mut programs = vec![program.to_owned(), real(program)];
        programs.extend(interpreter(program).into_iter().flat_map(|found| [real(&found), found]));
        for program in programs {
            let Some(folder) = program.parent().filter(|folder| folder.ends_with("bin")) else { continue };
            let Some(prefix) = folder.parent() else { continue };
            let holds = |place: &Path| place.starts_with(prefix);
            let outside = !holds(&self.project) && !self.home.as_deref().is_some_and(holds);
            let environment = ["pyvenv.cfg", "conda-meta"].iter().any(|mark| prefix.join(mark).exists());
            if outside && (environment || !self.in_project(&real(prefix))) {
                self.installed.push(prefix.to_owned());
            }
        }
    }

    fn look(&mut self, touch: Touch) {
        let real = touch.real.unwrap_or_else(|| real(&touch.named));
        match touch.deed {
            Deed::Write => self.write(&touch.named, real),
            Deed::Read | Deed::Start => {
                let named = source_of(touch.named);
                let real = source_of(real);
                if self.needs_declaration(&named, &real) {
                    self.findings.reads.insert(self.shown(&named, &real));
                }
            }
        }
    }

    fn write(&mut self, named: &Path, real: PathBuf) {
        let in_attempt = self.own.iter().any(|folder| real.starts_with(folder));
        let compiled = real.components().any(|part| part.as_os_str() == COMPILED);
        let nowhere = VIRTUAL.iter().any(|folder| real.starts_with(folder));
        if !(in_attempt || compiled || nowhere || self.is_tools_own(&real)) {
            let shown = self.shown(named, &real);
            self.findings.writes.insert(shown);
        }
        self.written.insert(real);
    }

    fn needs_declaration(&self, named: &Path, real: &Path) -> bool {
        let in_attempt = self.own.iter().any(|folder| real.starts_with(folder));
        let declared = real.ancestors().any(|above| self.declared.contains(above));
        let written = real.ancestors().any(|above| self.written.contains(above));
        let installed = |prefix: &PathBuf| named.starts_with(prefix) || real.starts_with(prefix);
        if in_attempt || declared || written || real.is_dir() || self.installed.iter().any(installed) {
            return false;
        }
        if self.in_project(real) || self.in_project(named) {
            return true;
        }
        // A script is started by its name, and read by its interpreter.
        let program = named.parent().is_some_and(|folder| self.programs.iter().any(|known| known == folder));
        let system = SYSTEM.iter().any(|folder| real.starts_with(folder));
        !(program || system || self.is_tools_own(real))
    }

    fn in_project(&self, path: &Path) -> bool {
        path.starts_with(&self.project)
    }

    /// Returns whether a file lies in a hidden folder of the home, outside of the project.
    fn is_tools_own(&self, path: &Path) -> bool {
        let inside = self.home.as_deref().and_then(|home| path.strip_prefix(home).ok());
        let first = inside.and_then(|inside| inside.components().next());
        let hidden = first.is_some_and(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
        hidden && !self.in_project(path)
    }

    /// Returns the name by which people know a file: what lies in the cache has a better one than that of its bytes.
    fn shown(&self, named: &Path, real: &Path) -> PathBuf {
        let cached = real.components().any(|part| part.as_os_str() == "objects") && named != real;
        let path = if self.in_project(real) && !cached {
            real.to_owned()
        } else if cached {
            named.to_owned()
        } else {
            self::real(named.parent().unwrap_or(named)).join(named.file_name().unwrap_or_default())
        };
        path.strip_prefix(&self.project).unwrap_or(&path).to_owned()
    }
}

/// Returns the module of Python that a compiled one stands for, and other paths as they are.
fn source_of(path: PathBuf) -> PathBuf {
    let folder = path.parent().filter(|folder| folder.ends_with(COMPILED)).and_then(Path::parent);
    let name = path.file_name().map(|name| name.to_string_lossy());
    let stem = name.as_deref().and_then(|name| name.split('.').next());
    match (folder, stem) {
        (Some(folder), Some(stem)) => folder.join(format!("{stem}.py")),
        _ => path,
    }
}

/// Returns the program that the first line of a script names.
fn interpreter(program: &Path) -> Option<PathBuf> {
    let mut start = Vec::new();
    fs::File::open(program).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let word = line.trim_ascii().split(u8::is_ascii_whitespace).next()?;
    Some(PathBuf::from(OsString::from(String::from_utf8(word.to_vec()).ok()?)))
}
