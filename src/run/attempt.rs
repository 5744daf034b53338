use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Issue, Progress, Task};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;

use super::audit;
use super::folder::Folder;
use super::guard::TMPDIR;
use super::inputs::{Incoming, Inputs, LaidOut, lay_out};
use super::log::{Log, remove_if_empty};
use super::made::{Failed, Made};
use super::processes::Processes;
use super::secret::Secrets;
use super::sources::Sources;
use crate::key::{Key, KeyManifest};
use crate::manifest::template::{Group, Template, quote};
use crate::manifest::value::{Form, Value};
use crate::manifest::{Pipeline, Stage, Work};
use crate::store::{Claim, Store, clear};
use crate::worker::{Reply, Request, worker};

/// Variables that every command sees, beside TMPDIR.
const SEEN: [&str; 3] = ["PATH", "HOME", "CUDA_VISIBLE_DEVICES"];

/// What every attempt of a run shares.
pub(super) struct Workshop<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) store: &'a Store,
    pub(super) sources: &'a Sources,
    pub(super) processes: Arc<Processes>,
    pub(super) host: String,
    pub(super) processor: String,
    /// Whether commands are traced (`--audit`).
    pub(super) audit: bool,
}

/// What is told of an attempt under way.
pub(super) enum News {
    /// Its process has begun: until that ends, the thread that waits for it has time.
    Begun,
    /// It goes on.
    Progress(Progress),
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
    /// Runs a job once and records what it made; returns the folder that it worked in, too.
    pub(super) fn attempt(&self, job: &Job, tell: &dyn Fn(News)) -> Result<(Made, Folder), Failed> {
        let mut folder = Folder::make(self.store, &job.key, job.attempt)?;
        let log = folder.log();
        let begin = Instant::now();
        let failed = match self.in_folder(job, &mut folder, &log, tell, begin) {
            Ok(made) => return Ok((made, folder)),
            Err(failed) => Secrets::of(&self.pipeline.stages[job.stage].env).mask_failure(failed),
        };
        let seconds = begin.elapsed().as_secs_f64();
        folder.remove(self.store);
        // It stays for whoever reports the failure.
        let log = log.exists().then_some(log);
        Err(Failed { log, seconds, ..failed })
    }

    fn in_folder(
        &self,
        job: &Job,
        folder: &mut Folder,
        log: &Path,
        tell: &dyn Fn(News),
        begin: Instant,
    ) -> Result<Made, Failed> {
        let stage = &self.pipeline.stages[job.stage];
        let Inputs { ports, folders } =
            lay_out(self.pipeline, stage, &job.incoming, self.store, self.sources, folder)?;
        let work = folder.path().to_owned();
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
        let mut trace = None;
        match &stage.work {
            Work::Command(template, _) => {
                let line = fill(template, stage, job, &ports, &outputs)?;
                let cwd = if stage.private { &work } else { &self.pipeline.folder };
                trace = self.audit.then(|| (folder.beside("trace"), cwd));
                if let Some((path, _)) = &trace {
                    // Arguments may hold what only its owner may know.
                    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                }
                let traced = trace.as_ref().map(|(path, _)| path.as_path());
                let mut command = audit::shell(traced);
                command.arg(line).current_dir(cwd);
                let ended = self.run_command(stage, job, command, folder.temporary(), log, tell);
                Secrets::of(&stage.env).mask_log(log)?;
                ended?;
            }
            Work::Kind(kind, _) => {
                let scratch = self.store.scratch(&job.key);
                fs::create_dir_all(&scratch)?;
                let task = Task {
                    kind: kind.name.to_owned(),
                    params: job.manifest.params.clone(),
                    inputs: ports.into_iter().map(|(port, input)| (port, input.parts)).collect(),
                    outputs: outputs.clone(),
                    scratch: scratch.clone(),
                    threads: job.threads,
                };
                let printed = fs::File::create(log)?.into_file();
                let ended = self.run_kind(job, task, printed, folder.temporary(), tell);
                let removed = remove_if_empty(log);
                ended?;
                removed?;
                clear(&scratch)?;
            }
        }
        let seconds = begin.elapsed().as_secs_f64();
        let mut made = self.keep(stage, job, &folders, &outputs, log, seconds)?;
        if let Some((trace, cwd)) = trace {
            let found =
                audit::findings(&trace, cwd, folder.places(), self.pipeline, self.store, &job.incoming)?;
            made.audit = Some(Secrets::of(&stage.env).mask_findings(found));
        }
        Ok(made)
    }

    fn run_command(
        &self,
        stage: &Stage,
        job: &Job,
        mut command: Command,
        temporary: &Path,
        log: &Path,
        tell: &dyn Fn(News),
    ) -> Result<(), Failed> {
        command.env_clear();
        environment(&mut command, job, temporary);
        for name in &stage.env {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let (log, printed) = Log::begin(log, !Secrets::of(&stage.env).is_empty())?;
        command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed);
        let mut child = self.processes.start(job.unit, &job.claim, &mut command, job.timeout)?;
        // Ours would keep the pipe open.
        drop(command);
        tell(News::Begun);
        // A log that cannot be written ends with its pipe, so that the command does not wait for it.
        let log = log.follow(&child);
        let ended = self.end(job, &mut child);
        log.and_then(Log::end)?;
        ended.map_or(Ok(()), Err)
    }

    fn run_kind(
        &self,
        job: &Job,
        task: Task,
        log: File,
        temporary: &Path,
        tell: &dyn Fn(News),
    ) -> Result<(), Failed> {
        let mut command = worker(self.processes.executable());
        command.current_dir(&self.pipeline.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        environment(&mut command, job, temporary);
        for pool in ["RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(pool, job.threads.to_string());
        }
        let mut child = self.processes.start(job.unit, &job.claim, &mut command, job.timeout)?;
        let mut input = child.stdin.take().expect("its input is a pipe");
        let request = serde_json::to_string(&Request::Run(task)).expect("a request is JSON");
        // A worker that ended early is known by how it ended.
        let _known_later = writeln!(input, "{request}");
        tell(News::Begun);
        let mut answer: Option<Result<(), Issue>> = None;
        let replies = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        for line in replies.lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Reply::Progress(progress)) => tell(News::Progress(progress)),
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
        if ended.asked {
            return Some(Failed::cancelled());
        }
        if ended.overdue {
            let limit = job.timeout.unwrap_or_default().as_secs_f64();
            return Some(Failed::new("timeout", format!("it took longer than its timeout of {limit} s")));
        }
        if ended.mute {
            let why = "it asked a terminal, where nobody answers: what it needs to know is a source, a parameter or a \
                       variable that `env` names";
            return Some(Failed::new("terminal", why));
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
}

/// Gives a process the environment that every stage sees.
fn environment(command: &mut Command, job: &Job, temporary: &Path) {
    command.env(TMPDIR, temporary);
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
