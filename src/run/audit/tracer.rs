use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The calls that tell which files a process reads and writes, and in which folder it works.
const CALLS: [&str; 28] = [
    "open",
    "openat",
    "openat2",
    "creat",
    "execve",
    "execveat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "truncate",
    "chdir",
    "fchdir",
    "clone",
    "clone2",
    "clone3",
    "fork",
    "vfork",
];

/// Returns a shell that runs the line which is given to it next; with `trace`, under the eyes of strace.
pub(in crate::run) fn shell(trace: Option<&Path>) -> Command {
    let mut command = match trace {
        Some(trace) => {
            let mut command = strace(trace);
            command.arg("/bin/sh");
            command
        }
        None => Command::new("/bin/sh"),
    };
    command.arg("-c");
    command
}

fn strace(trace: &Path) -> Command {
    let mut command = Command::new("strace");
    // Not every machine has all of them.
    let calls: Vec<String> = CALLS.iter().map(|call| format!("?{call}")).collect();
    // Children too; nothing of its own in the log; where open files lie. The filter stops a process at these calls
    // alone: without it a loop of other calls takes fifty times as long.
    command.args(["-f", "-qq", "-y", "--seccomp-bpf", "-e", "signal=none", "-e"]);
    command.arg(format!("trace={}", calls.join(","))).arg("-o").arg(trace).arg("--");
    command
}

/// Refuses an audit where processes cannot be traced.
///
/// # Errors
/// If strace is not there, or may not trace.
pub fn refuse_unless_traceable() -> Result<(), Failure> {
    let refusal = |why: &str| {
        Failure::usage(format!(
            "error: --audit traces commands with strace, {why}: install strace 5.3 or newer where tracing is \
             allowed, or run without --audit"
        ))
    };
    let tried = strace(Path::new("/dev/null")).args(["/bin/sh", "-c", ":"]).stdin(Stdio::null()).output();
    match tried {
        Err(_) => Err(refusal("which is not on PATH")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(refusal(&format!("which says: {}", said.lines().next().unwrap_or("nothing"))))
        }
    }
}
