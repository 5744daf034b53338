use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use contract::Cell;
use rayon::prelude::*;

use crate::key::Form;
use crate::run::Session;
use crate::run::session::sources_of;
use crate::store::{Artifact, Node, Stamp, note_of};

/// Returns all that a run looked at in the cache to find that nothing is left to do; nothing if it cannot be said what it
/// saw there.
pub(super) fn looked(session: &Session<'_>) -> Option<BTreeSet<PathBuf>> {
    let (project, store) = (session.project, &session.store);
    let latest = project.latest();
    let looked_at_for = |unit: &usize| {
        let unit = &session.plan.units[*unit];
        if unit.awaited {
            return None;
        }
        let key = session.history.last(&unit.id)?;
        let (record, summary) = store.known_record(key)?;
        let mut looked = BTreeSet::from([record]);
        for (position, output) in unit.stage(&project.pipeline).outputs.iter().enumerate() {
            let artifact = summary.outputs.get(&output.port)?;
            let object = store.object(&artifact.digest);
            // Of a unit that nobody asked for the digests may be all that is left.
            if unit.target || object.exists() {
                known(session, artifact, &mut looked)?;
            }
            let link = latest.path(&project.pipeline, unit, position);
            looked.insert(link.parent()?.to_owned());
        }
        Some(looked)
    };
    let looked: Option<Vec<BTreeSet<PathBuf>>> = session.plan.order.par_iter().map(looked_at_for).collect();
    let mut looked: BTreeSet<PathBuf> = looked?.into_iter().flatten().collect();
    looked.extend(project.notes());
    looked.insert(store.root().join("FORMAT"));
    looked.insert(note_of(store.root(), &project.runs()));
    Some(looked)
}

/// Returns what people write and the run looked at: the manifest, its experiments and its sources, and the folders that
/// these were found in.
pub(super) fn given(session: &Session<'_>) -> Option<BTreeSet<PathBuf>> {
    let pipeline = &session.project.pipeline;
    let mut given: BTreeSet<PathBuf> = pipeline.listed.clone();
    let mut texts = pipeline.texts.paths();
    given.insert(texts.next()?.file_name()?.into());
    given.extend(texts.map(Path::to_owned));
    for source in pipeline.sources.values() {
        given.extend(source.looked_at(&pipeline.folder)?);
    }
    Some(given)
}

/// Returns whether these are older than the run, and the sources what they were when they were hashed: a folder or a
/// link may have changed its place, and what lies there now may be old.
pub(super) fn is_as_hashed(session: &Session<'_>, given: &BTreeSet<PathBuf>) -> bool {
    let (project, sources) = (session.project, &session.sources);
    let is_older = |path: &PathBuf| {
        let metadata = std::fs::metadata(project.pipeline.folder.join(path));
        metadata.map_or(true, |metadata| Stamp::of(&metadata).is_before(project.opened))
    };
    let is_same = |(name, cell): (&String, &Cell)| {
        sources.check(&project.pipeline, name, cell, session.store.memo()).is_ok()
    };
    let unique: BTreeSet<(&String, &Cell)> = sources_of(&session.plan).collect();
    given.par_iter().all(is_older) && unique.into_par_iter().all(is_same)
}

/// Returns whether names lead to what this run made or found, and whether the keys that are noted are those it used.
pub(super) fn is_ours(session: &Session<'_>) -> bool {
    let (project, store) = (session.project, &session.store);
    let (latest, history) = (project.latest(), project.history());
    session.plan.order.par_iter().all(|unit| {
        let unit = &session.plan.units[*unit];
        let Some(key) = session.history.last(&unit.id).filter(|key| history.last(&unit.id) == Some(*key))
        else {
            return false;
        };
        let Some(summary) = store.summary(key) else { return false };
        unit.stage(&project.pipeline).outputs.iter().enumerate().all(|(position, output)| {
            let path = latest.path(&project.pipeline, unit, position);
            let leads = |artifact: &Artifact| latest.leads(&path, artifact, store).unwrap_or(false);
            summary.outputs.get(&output.port).is_some_and(|artifact| {
                leads(artifact) || !unit.target && !store.is_whole(artifact) && !path.is_symlink()
            })
        })
    })
}

/// Adds where an artifact lies, whose bytes must be those that are known of these files.
fn known(session: &Session<'_>, artifact: &Artifact, looked: &mut BTreeSet<PathBuf>) -> Option<()> {
    let store = &session.store;
    let mut objects = vec![artifact.digest];
    if artifact.form == Form::Folder {
        let tree = store.tree(&artifact.digest).ok()?;
        let laid_out = store.lay_out(&artifact.digest).ok()?;
        for (path, node) in &tree.nodes {
            let at = laid_out.join(path);
            let folders = at.ancestors().skip(1).take_while(|above| above.starts_with(&laid_out));
            looked.extend(folders.map(Path::to_owned));
            // Programs are copies; all others are links, which change together with their folder.
            if matches!(node, Node::File { executable: true, .. }) {
                looked.insert(at);
            }
        }
        looked.insert(laid_out);
        objects.extend(tree.blobs());
    }
    for digest in objects {
        let path = store.object(&digest);
        let stamp = Stamp::of(&std::fs::symlink_metadata(&path).ok()?);
        store.memo().known(&path, &stamp).filter(|known| *known == digest)?;
        looked.insert(path);
    }
    Some(())
}
