//! A run that had nothing left to do notes all that it looked at. While none of it changes, the same run has nothing to
//! do again, and is not planned: its note says so. It can be deleted at any time without loss.

mod looked;
mod seen;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Digest;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::session::Session;
use crate::fs::ask_anew;
use crate::key::Fingerprint;
use crate::manifest::{Choice, Declared};
use crate::plan::Machine;
use crate::store::{Stamp, beside_runs, put, seal, unseal};

/// Raised when a note changes its meaning.
const HEAD: &str = "osteon witness 3\n";

/// What a run that had nothing left to do says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Witness {
    /// What it was asked, and by which program.
    asked: Digest,
    /// What the machine had to give.
    machine: Digest,
    /// The environment variables that its commands see.
    env: Vec<String>,
    /// Their values.
    values: Fingerprint,
    /// The cache that it used.
    cache: PathBuf,
    /// The folder of the run.
    run: PathBuf,
    /// How many units each stage has, all of them fresh.
    pub stages: Vec<(String, usize)>,
    /// Where people write what it looks at. Their files are looked for again, and not listed here: a name may tell what is
    /// in a file.
    declared: Declared,
    /// What it saw there.
    given: Digest,
    /// What runs write that begin beside this manifest, perhaps on another machine: it tells whether there was one.
    notes: Vec<PathBuf>,
    /// What it saw in the cache.
    seen: Digest,
}

impl Witness {
    /// Returns what the last run of all stages of this manifest says, if all that it looked at is as it was.
    pub fn find(manifest: &Path, choice: &Choice) -> Option<Self> {
        let folder = crate::fs::folder_of(manifest).ok()?;
        let bytes = fs::read(path(&folder, choice)).ok()?;
        let (said, looked) = unseal(&bytes, HEAD)?[HEAD.len()..].split_at_checked(16)?;
        let length: usize = std::str::from_utf8(said).ok()?.trim().parse().ok()?;
        let (said, looked) = looked.split_at_checked(length)?;
        let witness: Self = serde_json::from_slice(said).ok()?;
        if witness.asked != asked(manifest, choice)? || witness.values != values(&witness.env) {
            return None;
        }
        let mut given = witness.declared.look(&folder)?;
        given.insert(manifest.file_name()?.into());
        if seen::see_anew(&folder, &seen::list(&folder, &given)).ok()? != witness.given {
            return None;
        }
        witness.notes.iter().for_each(|note| ask_anew(note));
        // What a killed run left behind is swept by one that opens the store.
        if fs::read_dir(witness.cache.join("staging")).ok()?.next().is_some() {
            return None;
        }
        let _no_sweep_meanwhile = beside_runs(&witness.cache).ok()?;
        (seen::see(&folder, looked).ok()? == witness.seen).then_some(witness)
    }

    /// Returns whether the run was made with what `machine` has to give.
    pub fn had(&self, machine: &Machine) -> bool {
        self.machine == offered(machine)
    }

    /// Has the run of the witness count as one of now; returns whether its journal is still there.
    pub fn renew(&self) -> bool {
        let events = std::fs::OpenOptions::new().append(true).open(self.run.join("events.jsonl"));
        events.is_ok_and(|events| events.set_modified(SystemTime::now()).is_ok())
    }

    /// Returns how many units there are.
    pub fn units(&self) -> usize {
        self.stages.iter().map(|(_, units)| units).sum()
    }

    /// Notes what a run looked at that ended well, if what it saw is beyond doubt.
    pub(super) fn keep(session: &Session<'_>, machine: &Machine, run: &Path) {
        let project = session.project;
        let pipeline = &project.pipeline;
        if !pipeline.warnings.is_empty() || !session.plan.warnings.is_empty() {
            return;
        }
        let manifest = pipeline.texts.paths().next();
        let Some(asked) = manifest.and_then(|manifest| asked(manifest, &project.choice)) else { return };
        let Some(paths) = looked::given(session) else { return };
        // First seen, then judged: what changes in between is not taken for what the run saw.
        let given = seen::see(&pipeline.folder, &seen::list(&pipeline.folder, &paths));
        if !looked::is_as_hashed(session, &paths) {
            return;
        }
        let Some(looked) = looked::looked(session) else { return };
        let paths = seen::list(&pipeline.folder, &looked);
        let (Ok(given), Ok(seen)) = (given, seen::see(&pipeline.folder, &paths)) else { return };
        // Another run may have given names and notes another meaning before they were looked at.
        if !looked::is_ours(session) {
            return;
        }
        let mut env: Vec<String> = pipeline.stages.iter().flat_map(|stage| stage.env.clone()).collect();
        env.sort();
        env.dedup();
        let mut units = vec![0; pipeline.stages.len()];
        session.plan.order.iter().for_each(|unit| units[session.plan.units[*unit].stage] += 1);
        let stages = pipeline.stages.iter().map(|stage| stage.name.clone()).zip(units);
        let witness = Self {
            asked,
            machine: offered(machine),
            values: values(&env),
            env,
            cache: project.cache.clone(),
            run: run.to_owned(),
            stages: stages.filter(|(_, units)| *units > 0).collect(),
            declared: pipeline.declared.clone(),
            notes: project.notes().into(),
            given,
            seen,
        };
        let said = serde_json::to_vec(&witness).expect("a witness is JSON");
        let mut text = format!("{HEAD}{:<16}", said.len()).into_bytes();
        text.extend(said);
        text.extend(paths);
        // Without it the next run plans.
        let _not_needed = put(&path(&pipeline.folder, &project.choice), &seal(text));
    }
}

/// Returns where the note lies: one for each profile that is asked for.
fn path(folder: &Path, choice: &Choice) -> PathBuf {
    let profile = choice.profile.as_deref().unwrap_or_default();
    folder.join("cache").join("runs").join(format!("{}.witness", crate::manifest::name::escape(profile)))
}

/// Returns the digest of what is asked, and of the program that is asked.
fn asked(manifest: &Path, choice: &Choice) -> Option<Digest> {
    let program = std::env::current_exe().ok()?;
    let stamp = Stamp::of(&std::fs::metadata(&program).ok()?);
    let manifest = crate::fs::folder_of(manifest).ok()?.join(manifest.file_name()?);
    let cache = std::env::var_os("OSTEON_CACHE");
    #[expect(clippy::unnecessary_debug_formatting, reason = "what is no UTF-8 is told apart")]
    let said =
        format!("{program:?} {stamp} {manifest:?} {:?} {:?} {cache:?}", choice.profile, choice.settings);
    Some(Digest::of(said.as_bytes()))
}

fn offered(machine: &Machine) -> Digest {
    Digest::of(format!("{} {} {:?}", machine.cpus, machine.memory, machine.gpus).as_bytes())
}

/// Returns the fingerprint of the values of environment variables.
fn values(names: &[String]) -> Fingerprint {
    let mut text = Vec::new();
    for value in names.iter().map(std::env::var_os) {
        let value: Option<OsString> = value;
        text.push(u8::from(value.is_some()));
        let value = value.unwrap_or_default();
        text.extend(value.len().to_le_bytes());
        text.extend(value.as_bytes());
    }
    Fingerprint::of(&text)
}
