mod damage;
mod index;
mod links;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use contract::Digest;
use fs_err as fs;
use rayon::prelude::*;

use super::hold::{alone, beside_runs};
use super::layout::{self, Layout};
use super::mark::refuse_foreign;
use super::memo::{Stamp, hash};
use super::object::Store;
use super::pin::{Pin, pin_files};
use super::record::{Record, unseal};
use super::shelf::Shelf;
use super::tree::{Node, Tree};
use super::uses::Uses;
use crate::key::{Form, Key};
use names::Names;

pub use damage::{Damage, Repair};

/// What was read of a cache, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is not what it should be, by path.
    pub damages: Vec<Damage>,
    /// How many records were read.
    pub records: usize,
    /// How many objects.
    pub objects: usize,
    /// How many folders that are laid out.
    pub trees: usize,
    /// How many links of `latest`.
    pub links: usize,
    /// How many files that the index knows.
    pub indexed: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// The records that lack objects: they still tell digests, and what is gone is made again when it is needed.
    pub lacking: Vec<String>,
}

/// What was read under a name.
struct Read<T> {
    digest: Digest,
    path: PathBuf,
    found: Result<(T, u64), String>,
}

/// Reads every byte of the cache at `root`, and the links beside the manifest in `home`; repairs what it can if asked to.
///
/// # Errors
/// If the cache has another layout, a folder of it cannot be listed, or it is to be repaired while a run uses it.
pub fn verify(root: &Path, home: &Path, repair: bool) -> io::Result<Report> {
    refuse_foreign(root)?;
    refuse_foreign(home)?;
    let layout = Layout::of(root)?;
    let _held = if repair && root.exists() { Some(alone(root)?) } else { beside_runs(root)? };
    let store = Store::look(root);
    // Only names come from there.
    let uses = Uses::read(root, &home.join("runs")).unwrap_or_default();
    let mut report = Report::default();

    // Records before objects, so that what a run publishes meanwhile is not found without its objects.
    let records = report.shelf(&root.join("records"), ".json", read_record)?;
    let objects = report.shelf(&root.join("objects"), "", read_object)?;
    (report.records, report.objects) = (records.len(), objects.len());
    let intact: BTreeSet<Digest> =
        objects.iter().filter(|read| read.found.is_ok()).map(|read| read.digest).collect();
    let trees = read_trees(&store, &records, &intact);
    let names = Names::of(&records, &trees, &uses);
    for read in &records {
        let what =
            uses.of(&Key(read.digest)).map_or(String::new(), |last| format!("the record of '{}'", last.id));
        report.take(read, &what);
    }
    for read in &objects {
        match (&read.found, trees.get(&read.digest)) {
            (Ok(_), Some(Err(why))) => report.damage(&read.path, names.of_object(&read.digest), why),
            (Err(_), _) => {
                let short = names.cut_short(&read.digest, &read.path);
                let found = short.map_or_else(|| read.found.clone().map(|_| ((), 0)), Err);
                let read = Read { digest: read.digest, path: read.path.clone(), found };
                report.take(&read, names.of_object(&read.digest));
            }
            (Ok(_), _) => report.take(read, ""),
        }
    }
    let present: BTreeSet<&Digest> = objects.iter().map(|read| &read.digest).collect();
    let lacks = |record: &Record| needs(record, &trees).iter().any(|digest| !present.contains(digest));
    let lacking = records.iter().filter(|read| read.found.as_ref().is_ok_and(|(record, _)| lacks(record)));
    let name = |read: &Read<Record>| match uses.of(&Key(read.digest)) {
        Some(last) => format!("'{}'", last.id),
        None => read.digest.short(),
    };
    report.lacking = lacking.map(name).collect();
    report.lacking.sort();

    if layout == Layout::Damaged {
        report.damage(&root.join(layout::FILE), "", "it tells no layout");
    }
    report.laid_out(root, &store, &trees, &names)?;
    report.links(home, root)?;
    let hashed = objects.iter().filter(|read| read.found.is_ok()).map(|read| (&read.path, read.digest));
    report.index(&store, &hashed.collect());
    let index = root.join("index");
    if store.index().is_damaged() {
        report.damage(&index, "", "its lines are not those that were sealed");
    } else if records.iter().any(|read| is_belied(&store, read)) {
        report.damage(&index, "", "it says other things than the records");
    }
    for path in pin_files(root)? {
        if let Err(error) = Pin::read(&path) {
            report.damages.push(Damage::by_hand(&path, &error.to_string()));
        }
    }
    report.damages.sort_by(|a, b| a.path.cmp(&b.path));
    if repair {
        report.damages.iter_mut().for_each(|damage| damage.mend(&store));
        if report.damages.iter().all(|damage| damage.path != index) {
            store.keep_index()?;
        }
    }
    Ok(report)
}

impl Report {
    /// Reads all that is named by digests in a folder; what is named otherwise is damage.
    fn shelf<T: Send>(
        &mut self,
        folder: &Path,
        ending: &str,
        read: fn(&Digest, &Path) -> Result<(T, u64), String>,
    ) -> io::Result<Vec<Read<T>>> {
        let shelf = Shelf::read(folder, ending)?;
        for (path, why) in shelf.strays {
            self.damage(&path, "", why);
        }
        let one = |(digest, path): (Digest, PathBuf)| Read { found: read(&digest, &path), digest, path };
        Ok(shelf.named.into_par_iter().map(one).collect())
    }

    fn take<T>(&mut self, read: &Read<T>, what: &str) {
        match &read.found {
            Ok((_, bytes)) => self.bytes += bytes,
            Err(why) => self.damage(&read.path, what, why),
        }
    }

    fn damage(&mut self, path: &Path, what: &str, why: &str) {
        self.damages.push(Damage::new(path, what, why));
    }

    /// Compares the folders that are laid out with what they stand for; one whose tree object is gone is nobody's.
    fn laid_out(
        &mut self,
        root: &Path,
        store: &Store,
        trees: &BTreeMap<Digest, Result<Tree, String>>,
        names: &Names,
    ) -> io::Result<()> {
        let shelf = Shelf::read(&root.join("trees"), "")?;
        for (path, why) in shelf.strays {
            self.damage(&path, "", why);
        }
        for (digest, path) in shelf.named {
            self.trees += 1;
            let is_folder = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
            let what = names.of_object(&digest);
            if !is_folder {
                self.damage(&path, what, "it is no folder");
            } else if let Some(Ok(tree)) = trees.get(&digest) {
                match programs(&path, tree) {
                    Ok(bytes) if store.is_as_laid_out(&path, tree) => self.bytes += bytes,
                    _ => self.damage(&path, what, "it is not what was laid out: something in it was changed"),
                }
            }
        }
        Ok(())
    }
}

/// Returns the metadata of a plain file.
fn plain(path: &Path) -> Result<std::fs::Metadata, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        return Err(format!("it is a link to `{}`, and the cache holds plain files", target.display()));
    }
    if metadata.is_file() { Ok(metadata) } else { Err("it is no plain file".to_owned()) }
}

fn read_object(digest: &Digest, path: &Path) -> Result<((), u64), String> {
    let size = plain(path)?.len();
    let found = hash(path, size).map_err(|error| error.to_string())?;
    if found == *digest { Ok(((), size)) } else { Err("its bytes are not those of its name".to_owned()) }
}

/// Returns whether the index says other things than a record whose file it knows.
fn is_belied(store: &Store, read: &Read<Record>) -> bool {
    let (Ok((record, _)), Ok(metadata)) = (&read.found, fs::symlink_metadata(&read.path)) else {
        return false;
    };
    let known = store.index().record(&Key(read.digest), &Stamp::of(&metadata));
    known.is_some_and(|known| known != record.summary())
}

fn read_record(digest: &Digest, path: &Path) -> Result<(Record, u64), String> {
    let size = plain(path)?.len();
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    match unseal(&bytes, &Key(*digest)) {
        Some(record) => Ok((record, size)),
        None => match serde_json::from_slice::<serde_json::Value>(&bytes) {
            Ok(_) => Err("it is not what it was sealed as, or the record of another key".to_owned()),
            Err(error) => Err(format!("it is cut short or overwritten: {error}")),
        },
    }
}

/// Reads the tree objects that records name, of those that equal their names.
fn read_trees(
    store: &Store,
    records: &[Read<Record>],
    intact: &BTreeSet<Digest>,
) -> BTreeMap<Digest, Result<Tree, String>> {
    let records = records.iter().filter_map(|read| read.found.as_ref().ok());
    let outputs = records.flat_map(|(record, _)| record.outputs.values());
    let folders = outputs.filter(|artifact| artifact.form == Form::Folder).map(|artifact| artifact.digest);
    let folders: BTreeSet<Digest> = folders.filter(|digest| intact.contains(digest)).collect();
    let read = |digest: Digest| (digest, store.tree(&digest).map_err(|error| error.to_string()));
    folders.into_par_iter().map(read).collect()
}

/// Returns every object that a record needs to be read.
fn needs<'a>(record: &'a Record, trees: &'a BTreeMap<Digest, Result<Tree, String>>) -> BTreeSet<&'a Digest> {
    let outputs = record.outputs.values().map(|artifact| &artifact.digest);
    let blobs = outputs.clone().filter_map(|digest| trees.get(digest)?.as_ref().ok()).flat_map(Tree::blobs);
    record.log.iter().chain(outputs).chain(blobs).collect()
}

/// Reads the programs of a folder that is laid out, which are copies; returns their bytes.
fn programs(folder: &Path, tree: &Tree) -> Result<u64, String> {
    let mut bytes = 0;
    for (path, node) in &tree.nodes {
        if let Node::File { digest, executable: true, .. } = node {
            bytes += read_object(digest, &folder.join(path))?.1;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
