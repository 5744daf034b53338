//! A worker: the process that runs one kind, or answers one tool, and then ends.
//!
//! The engine writes a request as one line of JSON to its standard input and keeps that open: a worker whose engine
//! is gone reads the end of it and ends too. It answers with lines of JSON; what it has to say to people goes to its
//! standard error, which the engine keeps as the log.

use std::io::{BufRead, Read, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use contract::{Catalogue, Ctx, Issue, Progress, Task};
use fs_err as fs;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::failure::{Exit, Failure};

/// What the engine asks of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// To run a kind.
    Run(Task),
    /// To print the digest of a file, which is mapped: who cuts it short ends this process, and no other.
    Digest(PathBuf),
    /// To answer a tool's request; the answer is printed as it is.
    Tool {
        /// Which tool.
        name: String,
        /// The request, in the tool's own form.
        request: Json,
    },
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It goes on.
    Progress(Progress),
    /// It is done.
    Done,
    /// It cannot do it.
    Failed(Issue),
}

/// Returns the executable of this program.
pub fn executable() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?)
}

/// Where the system looks for libraries that this program may be linked to, such as PyTorch's.
const LIBRARIES: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// Returns this program as a worker, in an environment of nothing but what it needs to start.
pub fn worker(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    command.arg("worker").env_clear();
    command.envs(LIBRARIES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
}

/// Serves the request on standard input, or the tasks of a file one after the other; returns whether all went well.
pub fn serve(catalogue: &'static Catalogue, tasks: Option<&Path>) -> Result<bool, Failure> {
    if let Some(tasks) = tasks {
        let tasks: Vec<Task> = serde_json::from_str(&fs::read_to_string(tasks)?)
            .map_err(|error| Failure::usage(format!("error: {}: {error}", tasks.display())))?;
        let replies = tasks.iter().map(|task| answer(&run(catalogue, task)));
        return Ok(replies.fold(true, |all, done| all & done));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line).map_err(|error| {
        Failure::usage(format!("error: a worker takes one line of JSON on its input: {error}"))
    })?;
    #[expect(clippy::exit, reason = "nobody is left who could be told")]
    std::thread::spawn(|| {
        // Nothing more is ever written: reading on returns when the engine is gone.
        let _end = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    match request {
        Request::Run(task) => Ok(answer(&run(catalogue, &task))),
        Request::Digest(path) => {
            // Who is killed by a file that was cut short has nothing to tell.
            let _left_behind = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
            let mut hasher = blake3::Hasher::new();
            hasher.update_mmap_rayon(&path)?;
            writeln!(std::io::stdout().lock(), "{}", contract::Digest::from(hasher.finalize()))?;
            Ok(true)
        }
        Request::Tool { name, request } => {
            let tool = catalogue.tool(&name).ok_or_else(|| {
                Failure::usage(format!("error: this build has no `{name}`; build it with its stages"))
            })?;
            let mut out = std::io::stdout().lock();
            (tool.run)(&request, &mut out)?;
            out.flush()?;
            Ok(true)
        }
    }
}

fn run(catalogue: &Catalogue, task: &Task) -> Result<(), Issue> {
    let kind =
        catalogue.kind(&task.kind).ok_or_else(|| Issue::new(format!("there is no kind `{}`", task.kind)))?;
    let bound = (kind.bind)(&task.params)?;
    let say = |progress: Progress| {
        if let Progress::Warning(text) = &progress {
            say!("warning: {text}");
        }
        reply(&Reply::Progress(progress));
    };
    let ended = catch_unwind(AssertUnwindSafe(|| bound.run(&Ctx::new(task, &say))));
    ended.unwrap_or_else(|_| {
        Err(Issue::new("the kind panicked: this is a mistake in osteon; the log has the place"))
    })
}

fn answer(ended: &Result<(), Issue>) -> bool {
    match ended {
        Ok(()) => reply(&Reply::Done),
        Err(issue) => {
            say!("error: {issue}");
            reply(&Reply::Failed(issue.clone()));
        }
    }
    ended.is_ok()
}

fn reply(reply: &Reply) {
    let line = serde_json::to_string(reply).expect("a reply is JSON");
    // An engine that is gone reads nothing.
    let _nobody_listens = writeln!(std::io::stdout().lock(), "{line}");
}

/// Asks a tool in a worker; what it prints goes where this process prints.
///
/// # Errors
/// If it cannot be started, or the tool refuses the request.
pub fn ask_tool(catalogue: &Catalogue, name: &str, request: Json) -> Result<(), Failure> {
    if catalogue.tool(name).is_none() {
        let message =
            format!("error: this build has no `{name}`: it was built without stages (--no-default-features)");
        return Err(Failure::usage(message));
    }
    let mut child = start_tool(name, request, Stdio::inherit(), Stdio::inherit())?;
    let input = child.stdin.take();
    let status = child.wait()?;
    drop(input);
    if status.success() { Ok(()) } else { Err(Failure::new(Exit::Usage, "")) }
}

/// Asks a tool in a worker and returns what it prints; nothing if this build lacks it or it refuses the request.
pub fn tool_answer(catalogue: &Catalogue, name: &str, request: Json) -> Option<String> {
    catalogue.tool(name)?;
    answer_of(start_tool(name, request, Stdio::piped(), Stdio::null()).ok()?)
}

/// Returns the digest of a file, which a worker maps; nothing if that died of it.
pub fn digest(path: &Path) -> Option<contract::Digest> {
    let mut command = worker(&executable().ok()?);
    if let Some(threads) = std::env::var_os("RAYON_NUM_THREADS") {
        command.env("RAYON_NUM_THREADS", threads);
    }
    // Ctrl-C is heard by the engine alone, which may let end what it began.
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
    answer_of(start(command, &Request::Digest(path.to_owned())).ok()?)?.trim().parse().ok()
}

/// Returns what a worker prints; nothing if it does not end well.
fn answer_of(mut child: Child) -> Option<String> {
    let input = child.stdin.take();
    let output = child.wait_with_output().ok()?;
    drop(input);
    String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
}

/// Starts a worker that answers a tool's request.
fn start_tool(name: &str, request: Json, stdout: Stdio, stderr: Stdio) -> Result<Child, Failure> {
    let mut command = Command::new(executable()?);
    command.arg("worker").env("POLARS_MAX_THREADS", "2").stdout(stdout).stderr(stderr);
    start(command, &Request::Tool { name: name.to_owned(), request })
}

/// Starts a worker with a request; it ends early if its input is closed.
fn start(mut command: Command, request: &Request) -> Result<Child, Failure> {
    // A path that is no text is no JSON.
    let line = serde_json::to_string(request).map_err(std::io::Error::from)?;
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    // A worker that ended early has said why on standard error.
    let _said_already = child.stdin.as_mut().map(|input| writeln!(input, "{line}"));
    Ok(child)
}
