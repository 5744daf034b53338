//! Files from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use contract::{Cell, Scalar};
use fs_err as fs;
use globset::{GlobBuilder, GlobSet};
use rustix::fs::FileType;

use super::problem::Problem;
use super::text::Span;
use crate::fs::{ask_anew, ask_same_anew, kind_anew};

/// Braces that a pattern may have.
const MOST: usize = 16;

/// Folders that are never part of a source.
pub const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// The way out where something among the files of a source cannot be read.
pub const LEAVE_OUT: &str = "take it away, or leave it out: path = [\"…\", \"!…\"]";

/// Files from outside, hashed where they lie.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where its path is declared.
    pub span: Span,
    /// The axes in its path, in alphabetical order.
    pub axes: Vec<String>,
    /// Its cells: one, without axes, or one for each file that the pattern finds.
    pub cells: BTreeMap<Cell, Lies>,
    /// The folders that were listed to find them: what comes or goes in one may change the cells.
    pub listed: BTreeSet<PathBuf>,
}

/// How a source lies on the disk; paths are as the manifest gives them, relative to its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lies {
    /// One file.
    File(PathBuf),
    /// One folder, whole.
    Folder(PathBuf),
    /// What globs and lists find: name in the folder that a stage sees → where it lies.
    Files(BTreeMap<String, PathBuf>),
}

/// What was found below a folder; paths are relative to the manifest's folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted by their bytes.
    pub files: Vec<PathBuf>,
    /// The folders that were listed.
    pub listed: BTreeSet<PathBuf>,
}

/// Finds what the source called `name` consists of: a path, or a list, which is a folder even of one.
pub fn resolve(
    name: &str,
    declared: &Span,
    paths: &[(&str, &Span)],
    list: bool,
    folder: &Path,
) -> Result<Source, Problem> {
    let Some((first, span)) = paths.first() else {
        let empty = format!("source.{name} is an empty list");
        return Err(Problem::new("missing-source", empty, declared, "this source"));
    };
    let problem = |why: String, span: &Span| missing(name, &why, span);
    if let ([(path, span)], false) = (paths, list) {
        if path.contains('{') {
            return gridded(path, span, folder).map_err(|why| problem(why, span));
        }
        if !is_glob(path) {
            let lies = plain(path, folder).map_err(|why| problem(why, span))?;
            return Ok(Source {
                span: (*span).clone(),
                axes: vec![],
                cells: BTreeMap::from([(Cell::new(), lies)]),
                listed: BTreeSet::new(),
            });
        }
    }
    let mut without = Vec::new();
    for (path, span) in paths {
        if let Some(pattern) = path.strip_prefix('!') {
            without.push(matcher(pattern).map_err(|why| problem(why, span))?);
        }
    }
    let mut files = BTreeMap::new();
    let mut listed = BTreeSet::new();
    for (pattern, span) in paths.iter().filter(|(path, _)| !path.starts_with('!')) {
        let base = base_of(pattern);
        let found = if is_glob(pattern) {
            matching(pattern, folder).map_err(|why| problem(why, span))?
        } else {
            match plain(pattern, folder).map_err(|why| problem(why, span))? {
                Lies::Folder(path) => walk(&path, folder).map_err(|why| problem(why, span))?,
                Lies::File(path) => Found { files: vec![path], ..Found::default() },
                Lies::Files(files) => Found { files: files.into_values().collect(), ..Found::default() },
            }
        };
        listed.extend(found.listed);
        if found.files.is_empty() {
            return Err(problem(format!("nothing matches `{pattern}`"), span));
        }
        for path in found.files.into_iter().filter(|path| !without.iter().any(|glob| glob.is_match(path))) {
            let inside = path.strip_prefix(&base).unwrap_or(&path);
            let Some(inside) = inside.to_str() else {
                return Err(problem(format!("{} is not UTF-8; rename it", inside.display()), span));
            };
            let other = files.insert(inside.to_owned(), path.clone());
            if let Some(other) = other.filter(|other| *other != path) {
                let both = format!("{} and {} would both be {inside}", other.display(), path.display());
                return Err(problem(both, span));
            }
        }
    }
    if files.is_empty() {
        return Err(problem(format!("nothing is left of `{first}`"), span));
    }
    let cells = BTreeMap::from([(Cell::new(), Lies::Files(files))]);
    Ok(Source { span: (*span).clone(), axes: vec![], cells, listed })
}

/// Asks anew which files the names in the folders of paths stand for; the folders of patterns are asked as they are
/// listed.
pub fn ask_folders_anew<'a>(paths: impl Iterator<Item = &'a str>, folder: &Path) {
    let plain = paths.filter(|path| !is_glob(path) && !path.contains('{'));
    let mut parents: Vec<&Path> = plain.filter_map(|path| Path::new(path).parent()).collect();
    // Most lie beside each other.
    parents.dedup();
    parents.into_iter().for_each(|parent| ask_same_anew(&folder.join(parent)));
}

/// Returns the mistake that a source cannot be read.
pub fn missing(name: &str, why: &str, span: &Span) -> Problem {
    Problem::new("missing-source", format!("source.{name}: {why}"), span, "this path")
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Returns the part of a pattern before its first wildcard; of a path without one, its parent.
fn base_of(pattern: &str) -> PathBuf {
    let path = Path::new(pattern.trim_end_matches('/'));
    if !is_glob(pattern) {
        return path.parent().unwrap_or(Path::new("")).to_owned();
    }
    path.components().take_while(|part| !is_glob(&part.as_os_str().to_string_lossy())).collect()
}

fn plain(path: &str, folder: &Path) -> Result<Lies, String> {
    let relative = PathBuf::from(path.trim_end_matches('/'));
    match ask(&relative, folder, kind_anew)? {
        FileType::Directory => Ok(Lies::Folder(relative)),
        FileType::RegularFile => Ok(Lies::File(relative)),
        _ => Err(format!("`{path}` is neither a file nor a folder")),
    }
}

/// Looks at a file or folder, through links.
///
/// # Errors
/// What is wrong with it, and what can be done.
pub fn look(path: &Path, folder: &Path) -> Result<std::fs::Metadata, String> {
    ask(path, folder, |at| std::fs::metadata(at))
}

fn ask<T>(path: &Path, folder: &Path, what: impl Fn(&Path) -> io::Result<T>) -> Result<T, String> {
    let (at, shown) = (folder.join(path), path.display());
    what(&at).map_err(|error| match (error.kind(), std::fs::read_link(&at)) {
        (io::ErrorKind::PermissionDenied, _) => unreadable(path, &error),
        (io::ErrorKind::NotFound, Err(_)) => format!("there is no file or folder `{shown}`"),
        (_, Ok(target)) => {
            let target = target.display();
            format!("`{shown}` is a link to `{target}`, which leads nowhere ({error}): {LEAVE_OUT}")
        }
        _ => unreadable(path, &error),
    })
}

/// Says that a file or folder cannot be read, and what can be done.
pub fn unreadable(path: &Path, error: &io::Error) -> String {
    let way_out = match error.kind() {
        io::ErrorKind::PermissionDenied => format!("let yourself read it (chmod u+r), or {LEAVE_OUT}"),
        _ => LEAVE_OUT.to_owned(),
    };
    format!("`{}` cannot be read ({error}): {way_out}", path.display())
}

/// Returns what tells whether a path matches a pattern.
fn matcher(pattern: &str) -> Result<GlobSet, String> {
    // What reads patterns calls itself for each that lies in another, and panics or overflows its stack.
    if pattern.matches('{').count() > MOST {
        return Err(format!("a pattern has too many braces: at most {MOST} `{{`; list several"));
    }
    let glob =
        GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.to_string())?;
    // Not by a matcher of its own, which panics where this is an error.
    GlobSet::builder().add(glob).build().map_err(|_| "a pattern is too long; list several".to_owned())
}

/// Returns the files that a glob matches.
pub fn matching(pattern: &str, folder: &Path) -> Result<Found, String> {
    let matcher = matcher(pattern)?;
    let base = base_of(pattern);
    if !folder.join(&base).is_dir() {
        return Ok(Found { files: Vec::new(), listed: BTreeSet::from([base]) });
    }
    let mut found = walk(&base, folder)?;
    found.files.retain(|path| matcher.is_match(path));
    Ok(found)
}

/// Returns the files below `base`; links are followed.
pub fn walk(base: &Path, folder: &Path) -> Result<Found, String> {
    if is_cache(base, folder) {
        let why = "is a cache of osteon, which changes with every run: name what lies in it";
        return Err(format!("`{}` {why}", base.display()));
    }
    let (mut files, mut listed) = (Vec::new(), BTreeSet::new());
    let mut open = vec![(base.to_owned(), BTreeSet::new())];
    // The names of those below it are read anew.
    ask_anew(&folder.join(base));
    while let Some((here, mut above)) = open.pop() {
        let unreadable = |error: io::Error| unreadable(&here, &error);
        ask_same_anew(&folder.join(&here));
        let real = std::fs::metadata(folder.join(&here)).map_err(unreadable)?;
        if !above.insert((real.dev(), real.ino())) {
            let why = "is a link to a folder that it lies in";
            return Err(format!("`{}` {why}: {LEAVE_OUT}", here.display()));
        }
        for entry in std::fs::read_dir(folder.join(&here)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = here.join(entry.file_name());
            let kind = entry.file_type().map_err(unreadable)?;
            let is_folder = if kind.is_symlink() { look(&path, folder)?.is_dir() } else { kind.is_dir() };
            if !is_folder {
                files.push(path);
            } else if !is_left_out(&path, folder) {
                open.push((path, above.clone()));
            }
        }
        listed.insert(here);
    }
    files.sort();
    Ok(Found { files, listed })
}

/// Returns whether a folder is left out where it lies in another.
fn is_left_out(path: &Path, folder: &Path) -> bool {
    LEFT_OUT.iter().any(|name| path.ends_with(name)) || is_cache(path, folder)
}

/// Returns whether a folder is a cache: that of the project, also before its first run, or any other.
fn is_cache(path: &Path, folder: &Path) -> bool {
    let at = folder.join(path);
    at == folder.join("cache")
        || at.join("CACHEDIR.TAG").exists() && ["objects", "runs"].iter().any(|part| at.join(part).exists())
}

/// Finds the files of a pattern such as `sheets/{subject}.csv`, one cell for each.
fn gridded(pattern: &str, span: &Span, folder: &Path) -> Result<Source, String> {
    if is_glob(pattern) {
        return Err("a path has axes or wildcards, not both".into());
    }
    // Each path with what its folder says that it is, which saves looking at it.
    let mut open = vec![(PathBuf::new(), None, BTreeMap::<String, String>::new())];
    let (mut axes, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for component in Path::new(pattern.trim_end_matches('/')).components() {
        let component = component.as_os_str().to_string_lossy();
        let parts = parts(&component)?;
        axes.extend(parts.iter().filter_map(|part| match part {
            Part::Axis(axis) => Some((*axis).to_owned()),
            Part::Text(_) => None,
        }));
        if parts.iter().all(|part| matches!(part, Part::Text(_))) {
            for (path, kind, _) in &mut open {
                path.push(component.as_ref());
                *kind = None;
            }
            continue;
        }
        let mut next = Vec::new();
        for (path, _, values) in &open {
            listed.insert(path.clone());
            ask_anew(&folder.join(path));
            let Ok(entries) = fs::read_dir(folder.join(path)) else { continue };
            for entry in entries {
                let entry = entry.map_err(|error| error.to_string())?;
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                let mut values = values.clone();
                let (path, kind) = (path.join(name), entry.file_type().ok());
                let is_left_out = || kind.is_some_and(|kind| kind.is_dir()) && is_left_out(&path, folder);
                if capture(&parts, name, &mut values) && !is_left_out() {
                    next.push((path, kind, values));
                }
            }
        }
        open = next;
    }
    let mut cells = BTreeMap::new();
    for (path, kind, values) in open {
        let lies = match kind {
            Some(kind) if kind.is_file() => Lies::File(path),
            Some(kind) if kind.is_dir() => Lies::Folder(path),
            _ => match plain(&path.to_string_lossy(), folder) {
                Ok(lies) => lies,
                Err(_) => continue,
            },
        };
        let cell = values.into_iter().map(|(axis, value)| (axis, Scalar::Text(value))).collect();
        cells.insert(cell, lies);
    }
    if cells.is_empty() {
        return Err(format!("nothing matches `{pattern}`"));
    }
    Ok(Source { span: span.clone(), axes: axes.into_iter().collect(), cells, listed })
}

enum Part<'a> {
    Text(&'a str),
    Axis(&'a str),
}

fn parts(component: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = component;
    while let Some(open) = rest.find('{') {
        let close = rest.find('}').filter(|close| *close > open).ok_or("a `{` is not closed")?;
        let axis = &rest[open + 1..close];
        if let Some(why) = super::name::refuse(axis) {
            return Err(format!("`{axis}` cannot be an axis: {why}"));
        }
        parts.extend((open > 0).then_some(Part::Text(&rest[..open])));
        parts.push(Part::Axis(axis));
        rest = &rest[close + 1..];
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
    Ok(parts)
}

/// Matches `name` with a pattern; an axis takes at least one character, and as many as it can.
fn capture(parts: &[Part<'_>], name: &str, values: &mut BTreeMap<String, String>) -> bool {
    match parts {
        [] => name.is_empty(),
        [Part::Text(text), rest @ ..] => {
            name.strip_prefix(text).is_some_and(|name| capture(rest, name, values))
        }
        [Part::Axis(axis), rest @ ..] => {
            let ends = (1..=name.len()).rev().filter(|end| name.is_char_boundary(*end));
            for end in ends {
                let value = &name[..end];
                if values.get(*axis).is_some_and(|known| known != value) {
                    continue;
                }
                let mut trial = values.clone();
                trial.insert((*axis).to_owned(), value.to_owned());
                if capture(rest, &name[end..], &mut trial) {
                    *values = trial;
                    return true;
                }
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_takes_what_the_text_around_it_leaves() {
        let mut values = BTreeMap::new();
        assert!(capture(&parts("{a}-{b}.csv").unwrap(), "x-1-2.csv", &mut values));
        assert_eq!(values, BTreeMap::from([("a".into(), "x-1".into()), ("b".into(), "2".into())]));
        assert!(!capture(&parts("{a}.csv").unwrap(), ".csv", &mut BTreeMap::new()));
        assert!(!capture(&parts("{a}{a}").unwrap(), "xy", &mut BTreeMap::new()));
    }

    #[test]
    fn a_pattern_is_relative_to_the_part_before_its_first_wildcard() {
        assert_eq!(base_of("src/**/*.py"), Path::new("src"));
        assert_eq!(base_of("*.py"), Path::new(""));
        assert_eq!(base_of("a/b.py"), Path::new("a"));
    }
}
