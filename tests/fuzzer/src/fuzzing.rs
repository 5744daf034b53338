use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::corpus::Corpus;
use crate::mutation::mutate;
use crate::target::Target;
use crate::trial::Trial;

/// How long a finding is made smaller.
const SHRINKING: Duration = Duration::from_secs(5);

/// One target while it is fuzzed.
pub struct Fuzzing {
    target: Target,
    /// The test, for the command that tries a finding again.
    test: String,
    /// Where findings are written.
    folder: PathBuf,
    /// The input that is tried: whoever kills the process, it is there.
    pub last: PathBuf,
}

impl Fuzzing {
    /// Begins; `test` is the name of the test.
    pub fn new(target: Target, test: String) -> Self {
        let program = env::current_exe().unwrap_or_default();
        let folder = program.ancestors().nth(2).map_or_else(env::temp_dir, Path::to_owned).join("fuzz");
        fs::create_dir_all(&folder).expect("findings can be written beside the program");
        let last = folder.join(format!("{}.last", target.name));
        Self { target, test, folder, last }
    }

    /// Tries everything and reports.
    pub fn all(
        self,
        check: &impl Fn(&[u8]) -> String,
        count: &AtomicU64,
        done: &Sender<Result<String, String>>,
    ) {
        // Nobody listens to a thread that was given up.
        let _given_up = done.send(self.inputs(check, count));
    }

    fn inputs(&self, check: &impl Fn(&[u8]) -> String, count: &AtomicU64) -> Result<String, String> {
        if let Some(input) = env::var_os("FUZZ_INPUT") {
            let input = fs::read(&input).map_err(|error| format!("FUZZ_INPUT: {error}"))?;
            let trial = Trial::of(check, &input, self.memory(&input));
            return trial.outcome.map(|outcome| format!("{}: {outcome}", self.target.name));
        }
        let (seconds, seed) = (number("FUZZ_SECONDS", 1)?, number("FUZZ_SEED", 1)?);
        let last = File::create(&self.last).map_err(|error| error.to_string())?;
        let (mut slowest, mut largest) = (Duration::ZERO, 0);
        let mut corpus = Corpus::new(self.target.seeds.clone());
        let mut attempt = |corpus: &mut Corpus, input: &[u8]| -> Result<(), String> {
            let noted = last.write_all_at(input, 0).and_then(|()| last.set_len(input.len() as u64));
            noted.map_err(|error| error.to_string())?;
            let trial = Trial::of(check, input, self.memory(input));
            count.fetch_add(1, Ordering::Relaxed);
            slowest = slowest.max(trial.time);
            largest = largest.max(trial.memory);
            match trial.outcome {
                Ok(outcome) => corpus.learn(input, &outcome),
                Err(why) => return Err(self.finding(check, input, &why, seed)),
            }
            Ok(())
        };
        for input in corpus.seeds() {
            attempt(&mut corpus, &input)?;
        }
        let mut random = Rng::with_seed(seed);
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            let mut input = corpus.any(&mut random).to_vec();
            let other = corpus.any(&mut random).to_vec();
            mutate(&mut random, &self.target.grammar, &mut input, &other, self.target.longest);
            attempt(&mut corpus, &input)?;
        }
        Ok(format!(
            "{}: {} inputs in {seconds} s, seed {seed}, {} outcomes, at most {slowest:?} and {largest} bytes for one",
            self.target.name,
            count.load(Ordering::Relaxed),
            corpus.shapes(),
        ))
    }

    fn memory(&self, input: &[u8]) -> u64 {
        let (bytes, for_each) = self.target.memory;
        bytes + for_each * input.len() as u64
    }

    /// Writes a finding, and returns what there is to say of it.
    fn finding(&self, check: &impl Fn(&[u8]) -> String, input: &[u8], why: &str, seed: u64) -> String {
        let small = self.shrunk(check, input);
        let digest = blake3::hash(&small).to_hex();
        let path = self.folder.join(format!("{}-{}", self.target.name, &digest[..16]));
        let written =
            fs::write(&path, &small).map_or_else(|error| error.to_string(), |()| path.display().to_string());
        let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
        let Self { test, .. } = self;
        let again = format!("FUZZ_INPUT={written} cargo test --release -p {package} -- {test}");
        format!("{}: {why} (seed {seed})\nthe input: {written}\nagain: {again}", self.target.name)
    }

    /// Leaves out of a finding what it does not need.
    fn shrunk(&self, check: &impl Fn(&[u8]) -> String, input: &[u8]) -> Vec<u8> {
        let start = Instant::now();
        let mut small = input.to_vec();
        let mut size = small.len() / 2;
        while size > 0 {
            let mut from = 0;
            while from < small.len() && start.elapsed() < SHRINKING {
                let without = [&small[..from], &small[(from + size).min(small.len())..]].concat();
                if Trial::of(check, &without, self.memory(&without)).outcome.is_err() {
                    small = without;
                } else {
                    from += size;
                }
            }
            size /= 2;
        }
        small
    }
}

/// Returns the number in a variable of the environment.
fn number(name: &str, default: u64) -> Result<u64, String> {
    match env::var(name) {
        Ok(text) => text.parse().map_err(|_| format!("{name}={text} is no number")),
        Err(_) => Ok(default),
    }
}
