use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Cell, Issue, Progress, Task};
use fs_err as fs;

use super::audit;
use super::folder::Folder;
use super::inputs::{Incoming, LaidOut, Origin, lay_out};
use super::made::{Failed, Made};
use super::processes::Processes;
use super::secret;
use super::sources::Sources;
use crate::key::{Key, KeyManifest};
use crate::manifest::template::{Group, Template, quote};
use crate::manifest::value::{Form, Value};
use crate::manifest::{Pipeline, Stage, Work};
use crate::store::{Claim, Outside, Record, Store};
use crate::worker::{Reply, Request};

/// Variables that every command sees.
const SEEN: [&str; 4] = ["PATH", "HOME", "TMPDIR", "CUDA_VISIBLE_DEVICES"];

/// What every attempt of a run shares.
pub(super) struct Workshop<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) store: &'a Store,
    pub(super) sources: &'a Sources,
    pub(super) processes: Processes,
    pub(super) host: String,
    pub(super) processor: String,
    /// Whether commands are traced (`--audit`).
    pub(super) audit: bool,
}

/// One stage run that has a slot.
pub(super) struct Job {
    pub(super) unit: usize,
    pub(super) stage: usize,
    /// Which attempt, from 1.
    pub(super) attempt: u32,
    pub(super) key: Key,
    pub(super) manifest: Arc<KeyManifest>,
    pub(super) params: Value,
    pub(super) incoming: Vec<Incoming>,
    pub(super) threads: usize,
    pub(super) gpus: Vec<String>,
    pub(super) timeout: Option<Duration>,
    /// The right to make what the key stands for; given back when the job is dropped.
    pub(super) claim: Claim,
}

impl Workshop<'_> {
    /// Runs a job once and records what it made.
    pub(super) fn attempt(&self, job: &Job, say: &dyn Fn(Progress)) -> Result<Made, Failed> {
        let folder = Folder::make(self.store, &job.key, job.attempt)?;
        let begin = Instant::now();
        let ended = self.in_folder(job, folder.path(), say, begin);
        ended.map_err(|failed| {
            let log = folder.path().join("log");
            let kept = fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0);
            let seconds = begin.elapsed().as_secs_f64();
            // Kept for whoever reports the failure, who moves it to where it stays.
            Failed {
                log: kept.then(|| {
                    let _kept = folder.keep();
                    log
                }),
                seconds,
                ..failed
            }
        })
    }

    fn in_folder(
        &self,
        job: &Job,
        folder: &Path,
        say: &dyn Fn(Progress),
        begin: Instant,
    ) -> Result<Made, Failed> {
        let stage = &self.pipeline.stages[job.stage];
        let work = folder.join("out");
        fs::create_dir(&work)?;
        let inputs = lay_out(self.pipeline, stage, &job.incoming, self.store, self.sources, folder, &work)?;
        let mut outputs = BTreeMap::new();
        for output in &stage.outputs {
            let path = work.join(&output.file);
            if output.folder && !stage.private {
                fs::create_dir_all(&path)?;
            } else if output.file.contains('/') {
                fs::create_dir_all(path.parent().unwrap_or(&work))?;
            }
            outputs.insert(output.port.clone(), path);
        }
        let log_path = folder.join("log");
        let log = fs::File::create(&log_path)?.into_file();
        let mut trace = None;
        match &stage.work {
            Work::Command(template, _) => {
                let line = fill(template, stage, job, &inputs, &outputs)?;
                let cwd = if stage.private { &work } else { &self.pipeline.folder };
                trace = self.audit.then(|| (folder.join("trace"), cwd));
                let traced = trace.as_ref().map(|(path, _)| path.as_path());
                let ended = self.run_command(stage, job, &line, cwd, log, traced);
                secret::mask(&log_path, &stage.env)?;
                ended?;
            }
            Work::Kind(kind, _) => {
                let scratch = self.store.scratch(&job.key);
                fs::create_dir_all(&scratch)?;
                let task = Task {
                    kind: kind.name.to_owned(),
                    params: job.manifest.params.clone(),
                    inputs: inputs.into_iter().map(|(port, input)| (port, input.parts)).collect(),
                    outputs: outputs.clone(),
                    scratch: scratch.clone(),
                    threads: job.threads,
                };
                self.run_kind(job, task, log, say)?;
                fs::remove_dir_all(&scratch)?;
            }
        }
        let seconds = begin.elapsed().as_secs_f64();
        let mut made = self.keep(stage, job, &outputs, &log_path, seconds)?;
        if let Some((trace, cwd)) = trace {
            let found = audit::findings(&trace, cwd, folder, self.pipeline, self.store, &job.incoming)?;
            made.audit = Some(found);
        }
        Ok(made)
    }

    fn run_command(
        &self,
        stage: &Stage,
        job: &Job,
        line: &str,
        cwd: &Path,
        log: File,
        trace: Option<&Path>,
    ) -> Result<(), Failed> {
        let mut command = audit::shell(trace);
        command.arg(line).current_dir(cwd).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        environment(&mut command, job);
        for name in &stage.env {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut child = self.processes.start(job.unit, &mut command, job.timeout)?;
        self.end(job, &mut child).map_or(Ok(()), Err)
    }

    fn run_kind(&self, job: &Job, task: Task, log: File, say: &dyn Fn(Progress)) -> Result<(), Failed> {
        let mut command = Command::new(self.processes.executable());
        command.arg("worker").current_dir(&self.pipeline.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        environment(&mut command, job);
        for pool in ["RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(pool, job.threads.to_string());
        }
        let mut child = self.processes.start(job.unit, &mut command, job.timeout)?;
        let mut input = child.stdin.take().expect("its input is a pipe");
        let request = serde_json::to_string(&Request::Run(task)).expect("a request is JSON");
        // A worker that ended early is known by how it ended.
        let _known_later = writeln!(input, "{request}");
        let mut answer: Option<Result<(), Issue>> = None;
        let replies = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        for line in replies.lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Reply::Progress(progress)) => say(progress),
                Ok(Reply::Done) => answer = Some(Ok(())),
                Ok(Reply::Failed(issue)) => answer = Some(Err(issue)),
                Err(_) => {}
            }
        }
        let ended = self.end(job, &mut child);
        drop(input);
        match (ended, answer) {
            (None, Some(Ok(()))) => Ok(()),
            (_, Some(Err(issue))) => Err(Failed::new("kind", issue.to_string())),
            (Some(failed), _) => Err(failed),
            (None, None) => Err(Failed::new("kind", "the worker ended without an answer")),
        }
    }

    /// Waits for a process; returns how it failed, if it did.
    fn end(&self, job: &Job, child: &mut Child) -> Option<Failed> {
        use std::os::unix::process::ExitStatusExt;
        let ended = match self.processes.wait(job.unit, child) {
            Ok(ended) => ended,
            Err(error) => return Some(error.into()),
        };
        if ended.overdue {
            let limit = job.timeout.unwrap_or_default().as_secs_f64();
            return Some(Failed::new("timeout", format!("it took longer than its timeout of {limit} s")));
        }
        match (ended.status.code(), ended.status.signal()) {
            (Some(0), _) => None,
            (Some(code), _) => Some(Failed {
                exit: Some(code),
                ..Failed::new("exit", format!("it ended with exit code {code}"))
            }),
            (None, Some(9)) => {
                let why = "it was killed (signal 9): by hand, or because memory ran out";
                Some(Failed::new("signal", why))
            }
            (None, signal) => {
                Some(Failed::new("signal", format!("it was ended by signal {}", signal.unwrap_or_default())))
            }
        }
    }

    /// Fails if an input is not what it was when its digest went into the key: what was made may be of other bytes.
    fn check_inputs(&self, job: &Job) -> Result<(), Failed> {
        for input in &job.incoming {
            for (_, origin) in &input.parts {
                match origin {
                    Origin::Source(name, cell) => {
                        let checked = self.sources.check(self.pipeline, name, cell, self.store.memo());
                        checked.map_err(|failure| Failed::new("source", failure.to_string()))?;
                    }
                    Origin::Stored(artifact, name) if !self.store.is_as_given(artifact) => {
                        let message = format!(
                            "its input `{}` ({name}) was changed while it ran: a command writes into its outputs \
                             alone; run again, and what was changed is made again",
                            input.port
                        );
                        return Err(Failed::new("input", message));
                    }
                    Origin::Stored(..) => {}
                }
            }
        }
        Ok(())
    }

    /// Returns where the sources lie that a job reads.
    fn outside(&self, job: &Job) -> BTreeMap<String, Vec<Outside>> {
        let outside = |(_, origin): &(Cell, Origin)| match origin {
            Origin::Source(name, cell) => Some(self.sources.outside(self.pipeline, name, cell)),
            Origin::Stored(..) => None,
        };
        let of_input = |input: &Incoming| {
            let found: Vec<Outside> = input.parts.iter().filter_map(outside).collect();
            (!found.is_empty()).then(|| (input.port.clone(), found))
        };
        job.incoming.iter().filter_map(of_input).collect()
    }

    /// Takes the outputs into the store and writes the record, unless an input changed meanwhile.
    fn keep(
        &self,
        stage: &Stage,
        job: &Job,
        paths: &BTreeMap<String, PathBuf>,
        log: &Path,
        seconds: f64,
    ) -> Result<Made, Failed> {
        let mut outputs = BTreeMap::new();
        for output in &stage.outputs {
            let path = &paths[&output.port];
            let metadata = fs::symlink_metadata(path).map_err(|_| {
                Failed::new(
                    "output",
                    format!("it did not write its output `{}`: {}", output.port, output.file),
                )
            })?;
            if metadata.is_dir() != output.folder {
                let (is, declared) =
                    if output.folder { ("a file", "a folder") } else { ("a folder", "a file") };
                let message =
                    format!("its output `{}` is {is}, declared as {declared}: {}", output.port, output.file);
                return Err(Failed::new("output", message));
            }
            let adopted = self.store.adopt(path).map_err(|error| Failed::new("output", error.to_string()))?;
            outputs.insert(output.port.clone(), adopted);
        }
        self.check_inputs(job)?;
        let text = fs::read(log)?;
        let log = if text.is_empty() { None } else { Some(self.store.put(&text)?) };
        let mut note = None;
        if let Some(earlier) = self.store.record(&job.key)
            && let Some((port, _)) =
                earlier.outputs.iter().find(|(port, artifact)| outputs.get(*port) != Some(artifact))
        {
            note = Some(format!(
                "its output `{port}` differs from the one it replaces: the stage is not deterministic{}",
                if earlier.processor == self.processor {
                    ""
                } else {
                    ", or depends on the model of the processor"
                }
            ));
        }
        let record = Record {
            manifest: KeyManifest::clone(&job.manifest),
            outputs: outputs.clone(),
            log,
            seconds,
            host: self.host.clone(),
            processor: self.processor.clone(),
            osteon: env!("CARGO_PKG_VERSION").to_owned(),
            sources: self.outside(job),
        };
        self.store.publish(&job.key, &record)?;
        Ok(Made { outputs, seconds, note, audit: None })
    }
}

/// Gives a process the environment that every stage sees.
fn environment(command: &mut Command, job: &Job) {
    command.env_clear();
    for name in SEEN {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if !job.gpus.is_empty() {
        command.env("CUDA_VISIBLE_DEVICES", job.gpus.join(","));
    }
}

fn fill(
    template: &Template,
    stage: &Stage,
    job: &Job,
    inputs: &BTreeMap<String, LaidOut>,
    outputs: &BTreeMap<String, PathBuf>,
) -> Result<String, Failed> {
    template.fill(|place| match place.group {
        Group::Input => Ok(quote(&inputs[&place.path].path.to_string_lossy())),
        Group::Output if stage.private => {
            let output = stage.output(&place.path).map_or("", |output| output.file.as_str());
            Ok(quote(output))
        }
        Group::Output => Ok(quote(&outputs[&place.path].to_string_lossy())),
        Group::Param => words(job.params.at(&place.path), &place.path),
    })
}

/// Writes a parameter as the words of a command.
fn words(value: &Value, path: &str) -> Result<String, Failed> {
    match &value.form {
        Form::Scalar(scalar) => Ok(quote(&scalar.to_string())),
        Form::List(items) => {
            let words: Result<Vec<String>, Failed> = items.iter().map(|item| words(item, path)).collect();
            Ok(words?.join(" "))
        }
        Form::Table(_) => {
            Err(Failed::new("command", format!("the parameter `{path}` is a table, which is no word")))
        }
    }
}
