//! What an attempt made goes into the store, unless what it read changed meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::{Cell, Digest};
use fs_err as fs;

use super::attempt::{Job, Workshop};
use super::inputs::{Incoming, Origin};
use super::made::{Failed, Made};
use crate::key::KeyManifest;
use crate::manifest::{Output, Stage, Work};
use crate::store::{Artifact, Laid, Outside, Record, own};

impl Workshop<'_> {
    /// Takes one output into the store; what is wrong with it is said of the file as it was declared.
    fn adopt(&self, output: &Output, path: &Path) -> Result<Artifact, Failed> {
        let Output { port, file, folder, .. } = output;
        let refuse = |why: String| Failed::new("output", why);
        // The folder of an attempt is nobody's to know.
        let whole = path.to_string_lossy();
        let inside = |text: String| text.replace(whole.strip_suffix(file.as_str()).unwrap_or(&whole), "");
        // What lies behind a link is not ours to take.
        let folders: Vec<&Path> =
            path.ancestors().skip(1).take(Path::new(file).components().count()).collect();
        for folder in folders.into_iter().rev() {
            // What is not there is told of the output itself.
            let Ok(metadata) = fs::symlink_metadata(folder) else { break };
            if metadata.is_symlink() {
                let why = "a folder on the way to it was replaced by a link; copy what that leads to (cp -r)";
                return Err(refuse(format!("its output `{port}`: {file}: {why}")));
            }
            if metadata.is_dir() {
                own(folder, &metadata)?;
            }
        }
        let metadata = fs::symlink_metadata(path)
            .map_err(|_| refuse(format!("it did not write its output `{port}`: {file}")))?;
        if metadata.is_symlink() {
            let target = inside(fs::read_link(path)?.to_string_lossy().into_owned());
            let way_out = "copy what it leads to (cp -rL)";
            return Err(refuse(format!("its output `{port}` is a link to `{target}`: {file}; {way_out}")));
        }
        if metadata.is_dir() != *folder {
            let (is, declared) = if *folder { ("a file", "a folder") } else { ("a folder", "a file") };
            return Err(refuse(format!("its output `{port}` is {is}, declared as {declared}: {file}")));
        }
        let adopted = self.store.adopt(path);
        adopted.map_err(|error| refuse(format!("its output `{port}`: {}", inside(error.to_string()))))
    }

    /// Fails if an input is not what it was when its digest went into the key: what was made may be of other bytes.
    fn check_inputs(&self, job: &Job, folders: &BTreeMap<Digest, Laid>) -> Result<(), Failed> {
        for input in &job.incoming {
            for (_, origin) in &input.parts {
                match origin {
                    Origin::Source(name, cell) => {
                        let checked = self.sources.check(self.pipeline, name, cell, self.store.memo());
                        checked.map_err(|why| Failed::new("source", why))?;
                    }
                    Origin::Stored(artifact, name)
                        if !self.store.is_as_given(artifact, folders.get(&artifact.digest)) =>
                    {
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
    pub(super) fn keep(
        &self,
        stage: &Stage,
        job: &Job,
        folders: &BTreeMap<Digest, Laid>,
        paths: &BTreeMap<String, PathBuf>,
        log: &Path,
        seconds: f64,
    ) -> Result<Made, Failed> {
        let mut outputs = BTreeMap::new();
        for output in &stage.outputs {
            let adopted = self.adopt(output, &paths[&output.port])?;
            outputs.insert(output.port.clone(), adopted);
        }
        self.check_inputs(job, folders)?;
        // Of silence there is no file.
        let log = if log.try_exists()? { Some(self.store.adopt(log)?.digest) } else { None };
        let mut note = None;
        if let Some(earlier) = self.store.record(&job.key)
            && let Some((port, _)) =
                earlier.outputs.iter().find(|(port, artifact)| outputs.get(*port) != Some(artifact))
        {
            let mut why = "the stage is not deterministic".to_owned();
            if matches!(stage.work, Work::Command(..)) {
                why.push_str(", or reads what it does not declare (osteon run -B --audit tells)");
            }
            if earlier.processor != self.processor {
                why.push_str(", or depends on the model of the processor");
            }
            note = Some(format!("its output `{port}` differs from the one it replaces: {why}"));
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
