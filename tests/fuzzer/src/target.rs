use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::corpus::files;
use crate::fuzzing::Fuzzing;
use crate::grammar::Grammar;
use crate::trial::THREAD;

/// What the threads of this project have; the main thread has more. Without optimisation every frame is several times
/// larger.
const STACK: usize = if cfg!(debug_assertions) { 16 << 20 } else { 2 << 20 };

/// How long one input may keep a thread from going on, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// Something that reads what others write, and what it needs to be fuzzed.
#[derive(Debug)]
pub struct Target {
    pub(crate) name: &'static str,
    pub(crate) grammar: Grammar,
    pub(crate) seeds: Vec<Vec<u8>>,
    pub(crate) longest: usize,
    pub(crate) memory: (u64, u64),
}

impl Target {
    /// Begins with the committed corpus of `name`.
    pub fn new(name: &'static str, grammar: Grammar) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let target = Self { name, grammar, seeds: Vec::new(), longest: 8 << 10, memory: (1 << 20, 0) };
        if folder.is_dir() { target.files(&folder, &[]) } else { target }
    }

    /// Adds the files in a folder that have one of these endings, or all.
    #[must_use]
    pub fn files(self, folder: &Path, endings: &[&str]) -> Self {
        let read =
            |path: PathBuf| fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.seeds(files(folder, endings).into_iter().map(read))
    }

    /// Adds inputs.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.seeds.extend(seeds);
        self
    }

    /// Sets how many bytes an input has at most, 8 KiB otherwise; larger ones are left out.
    #[must_use]
    pub fn longest(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// Declares how much memory the check may need at one time: so many bytes, and so many for each byte of input.
    #[must_use]
    pub fn memory(self, bytes: u64, for_each: u64) -> Self {
        Self { memory: (bytes, for_each), ..self }
    }

    /// Fuzzes `check`, which panics if its claim does not hold and returns the shape of the outcome.
    ///
    /// # Panics
    /// At the first finding; with the file that it was written to.
    pub fn run(mut self, check: impl Fn(&[u8]) -> String + Send + 'static) {
        self.seeds.retain(|seed| seed.len() <= self.longest);
        let count = Arc::new(AtomicU64::new(0));
        let (done, ended) = channel();
        let (name, counted) = (self.name, Arc::clone(&count));
        let test = thread::current().name().unwrap_or_default().to_owned();
        let fuzzing = Fuzzing::new(self, test);
        let last = fuzzing.last.clone();
        thread::Builder::new()
            .stack_size(STACK)
            .name(THREAD.to_owned())
            .spawn(move || fuzzing.all(&check, &counted, &done))
            .expect("a thread can be started");
        let mut seen = 0;
        loop {
            match ended.recv_timeout(PATIENCE) {
                Ok(Ok(report)) => return eprintln!("{report}"),
                Ok(Err(finding)) => panic!("{finding}"),
                Err(RecvTimeoutError::Disconnected) => panic!("{name}: the driver itself panicked"),
                Err(RecvTimeoutError::Timeout) => {
                    let now = count.load(Ordering::Relaxed);
                    assert!(now > seen, "{name}: it hangs on {}", last.display());
                    seen = now;
                }
            }
        }
    }
}
