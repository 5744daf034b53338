//! What commands really read and write, beside what the manifest says (`run --audit`).
//!
//! strace writes down the calls of a command and of all that it starts; `line` and `trace` read that, and `judge`
//! leaves out what needs no declaration. Never told:
//! - reads of declared inputs, of what the command itself wrote before, and listings of folders;
//! - what lies below the folder of the attempt and below its TMPDIR;
//! - the system: `/usr`, `/lib…`, `/bin`, `/sbin`, `/etc`, `/proc`, `/sys`, `/dev`, `/run`, `/nix`, `/gnu`, `/var/cache`
//!   (of writes, `/dev`, `/proc` and `/sys` alone);
//! - outside of the project: programs in folders on PATH, whatever is installed in one prefix with a program that was
//!   started (the folder above its `bin`), and hidden folders of the home, which are settings and caches of tools;
//! - in the project: a virtual environment whose program was started. A compiled module of Python is read for its
//!   source, and writing it is no output.

mod judge;
mod line;
mod report;
mod trace;
mod tracer;

pub(super) use judge::{Findings, findings};
pub(super) use report::Report;
pub use tracer::refuse_unless_traceable;
pub(super) use tracer::shell;
