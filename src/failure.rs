use std::fmt;
use std::io::IsTerminal;
use std::process::ExitCode;

use contract::Issue;

use crate::manifest::Problem;
use crate::manifest::text::Texts;

/// Mistakes of a manifest that are shown at once: each is drawn with its line, however long that is.
const MOST_SHOWN: usize = 50;

/// How an invocation can end, other than well. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A stage failed.
    Stage = 1,
    /// The command line or the manifest is wrong.
    Usage = 2,
    /// `--exit-code`: something is not fresh.
    Stale = 3,
    /// A rebuilt artifact or a claim does not hold.
    Mismatch = 4,
    /// The cache is damaged.
    Damaged = 5,
    /// The user stopped it.
    Interrupted = 130,
}

/// Why an invocation ends without having done its work.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the process returns.
    pub exit: Exit,
    /// What the user reads; empty where everything was said already.
    pub text: String,
}

impl Failure {
    /// Returns a failure that ends with `exit` and says `text`.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// Returns a failure of the command line or of a request.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// Returns the failure that a manifest with these mistakes is.
    pub fn manifest(problems: &[Problem], texts: &Texts) -> Self {
        let color = color();
        let (mut shown, mut left): (Vec<String>, usize) = (Vec::new(), 0);
        for problem in problems {
            if shown.len() == MOST_SHOWN {
                left += 1;
                continue;
            }
            let text = problem.render(texts, color);
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        let text = shown.join("\n");
        let more = if left == 0 { String::new() } else { format!("\n\nand {left} more: mend these first") };
        Self::new(Exit::Usage, format!("{}{more}", text.trim_end()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::usage(format!("error: {error}"))
    }
}

impl From<Issue> for Failure {
    fn from(issue: Issue) -> Self {
        Self::usage(format!("error: {issue}"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Returns whether messages on stderr may have colors.
pub fn color() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
