use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use contract::{Catalogue, Scalar};

use super::declared::Declared;
use super::fields::Fields;
use super::name;
use super::pipeline::Pipeline;
use super::problem::{Problem, nearest};
use super::source::{self, Source};
use super::stage::read_stage;
use super::text::{FileId, Span, Texts};
use super::value::{Form, Table, Value, parse};
use crate::failure::Failure;
use crate::fs;

/// What the command line chooses.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `--profile`.
    pub profile: Option<String>,
    /// `-S name=value`, in order.
    pub settings: Vec<String>,
}

/// Why a manifest could not be read.
#[derive(Debug)]
pub enum Unread {
    /// A file could not be.
    File(Failure),
    /// There are mistakes in it.
    Mistakes {
        /// The mistakes.
        problems: Vec<Problem>,
        /// The files they are in.
        texts: Texts,
        /// The rest, if there is enough of it to find the mistakes in its wires too.
        rest: Option<Box<Pipeline>>,
    },
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self::File(failure)
    }
}

/// Reads the manifest at `path` and its experiments.
///
/// # Errors
/// A file that cannot be read, or every mistake that was found in what could.
pub fn read(path: &Path, choice: &Choice, catalogue: &Catalogue) -> Result<Pipeline, Unread> {
    let folder = fs::folder_of(path)?;
    let mut texts = Texts::default();
    if !path.exists() {
        let message = format!("error: there is no manifest `{}`", path.display());
        return Err(Failure::usage(format!("{message}: -C names its folder, -f the file")).into());
    }
    let text = fs::read_text(path).map_err(Failure::from)?;
    let file = texts.add(path.to_owned(), text.clone());
    let mut reading = Reading {
        texts,
        problems: Vec::new(),
        values: Vec::new(),
        warnings: Vec::new(),
        mistaken: BTreeSet::new(),
        catalogue,
        folder: &folder,
        listed: BTreeSet::new(),
        declared: Declared::default(),
    };
    let pipeline =
        reading.parse(file, &text).map(|table| (reading.pipeline(&table, choice), in_tables(&table)));
    let Reading { texts, mut problems, mut values, warnings, mistaken, .. } = reading;
    // That what stands in for a value has the wrong type is no second mistake.
    problems.retain(|problem| !values.iter().any(|value| value.labels[0].0 == problem.labels[0].0));
    values.append(&mut problems);
    let problems = values;
    match pipeline {
        Some((pipeline, _)) if problems.is_empty() => Ok(Pipeline { texts, warnings, ..pipeline }),
        pipeline => {
            let rest = pipeline.filter(|(_, in_tables)| *in_tables);
            let rest =
                rest.map(|(pipeline, _)| Box::new(Pipeline { texts: texts.clone(), mistaken, ..pipeline }));
            Err(Unread::Mistakes { problems, texts, rest })
        }
    }
}

/// Returns whether what a manifest declares by name is in tables at all.
fn in_tables(root: &Table) -> bool {
    let is_table = |key: &&str| root.get(*key).is_none_or(|entry| matches!(entry.value.form, Form::Table(_)));
    ["variables", "profile", "source", "stage"].iter().all(is_table)
}

/// The state of one reading.
pub(super) struct Reading<'a> {
    pub(super) texts: Texts,
    pub(super) problems: Vec<Problem>,
    /// The mistakes in values, whatever they are for.
    pub(super) values: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) mistaken: BTreeSet<String>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) folder: &'a Path,
    /// The folders in which experiments were looked for.
    pub(super) listed: BTreeSet<PathBuf>,
    pub(super) declared: Declared,
}

impl Reading<'_> {
    fn pipeline(&mut self, root: &Table, choice: &Choice) -> Pipeline {
        let mut fields = Fields::new(root, "the manifest");
        let title = fields.text("name").map(|(name, _)| name.to_owned());
        let default_profile = fields.text("default-profile");
        let experiments = fields.text("experiments");
        let variables = fields.table("variables").cloned().unwrap_or_default();
        let profiles = fields.table("profile").cloned().unwrap_or_default();
        let sources = fields.table("source").cloned().unwrap_or_default();
        let stages = fields.table("stage").cloned().unwrap_or_default();
        fields.finish(&mut self.problems);

        self.check_names("profile", name::refuse_folder, &profiles);
        self.check_names("variable", name::refuse, &variables);
        self.check_names("source", name::refuse, &sources);
        self.check_names("stage", name::refuse_folder, &stages);
        let chosen = self.profile(&profiles, default_profile, choice);
        let variables = self.variables(variables, &profiles, chosen.as_deref(), choice);
        let sources = self.sources(&sources);

        let mut declared: Vec<(&String, &Box<super::value::Entry>)> = stages.iter().collect();
        declared.sort_by_key(|(_, entry)| entry.key.range.start);
        let mut read = Vec::new();
        for (name, entry) in declared {
            self.noting(name.clone(), |reading| match &entry.value.form {
                Form::Table(table) => read.extend(read_stage(reading, name, &entry.key, table, false)),
                _ => reading.not_a_table(&format!("stage.{name}"), &entry.value),
            });
        }
        if let Some((pattern, span)) = experiments {
            for (name, file) in self.experiments(pattern, span) {
                let span = Span { file, range: 0..0 };
                if let Some(earlier) = stages.get(&name) {
                    self.problems.push(
                        Problem::new(
                            "duplicate",
                            format!("`{name}` is a stage already"),
                            &earlier.key,
                            "this one",
                        )
                        .help(format!("rename {}", self.texts.path(file).display())),
                    );
                    continue;
                }
                let text = self.texts.text(file).clone();
                self.noting(name.clone(), |reading| {
                    if let Some(table) = reading.parse(file, &text) {
                        read.extend(read_stage(reading, &name, &span, &table, true));
                    }
                });
            }
        }
        let fallback =
            || self.folder.file_name().map_or("pipeline".into(), |name| name.to_string_lossy().into());
        Pipeline {
            texts: Texts::default(),
            folder: self.folder.to_owned(),
            name: title.unwrap_or_else(fallback),
            other_profile: chosen.as_deref() != default_profile.map(|(name, _)| name),
            profile: chosen,
            variables,
            sources,
            by_name: read.iter().enumerate().map(|(at, stage)| (stage.name.clone(), at)).collect(),
            stages: read,
            mistaken: BTreeSet::new(),
            listed: std::mem::take(&mut self.listed),
            declared: std::mem::take(&mut self.declared),
            warnings: Vec::new(),
        }
    }

    /// Reads the text of a file; `None` if it is not TOML.
    fn parse(&mut self, file: FileId, text: &str) -> Option<Table> {
        let (table, mistakes) = parse(file, text);
        self.values.extend(mistakes);
        table
    }

    /// Reads something that has a name, and notes the name if there is a mistake in it.
    fn noting(&mut self, name: String, read: impl FnOnce(&mut Self)) {
        let before = self.problems.len() + self.values.len();
        read(self);
        if self.problems.len() + self.values.len() > before {
            self.mistaken.insert(name);
        }
    }

    /// Notes that a table was expected.
    pub(super) fn not_a_table(&mut self, what: &str, value: &Value) {
        let found = format!("this is {}", value.type_name());
        self.problems.push(Problem::new("wrong-type", format!("`{what}` is a table"), &value.span, found));
    }

    /// Notes the keys of `table` that cannot be names.
    pub(super) fn check_names(
        &mut self,
        what: &str,
        refuse: fn(&str) -> Option<&'static str>,
        table: &Table,
    ) {
        for (name, entry) in table {
            if let Some(why) = refuse(name) {
                let message = format!("`{name}` cannot be the name of a {what}");
                self.problems.push(Problem::new("name", message, &entry.key, "this name").help(why));
            }
        }
    }

    fn profile(
        &mut self,
        profiles: &Table,
        default: Option<(&str, &Span)>,
        choice: &Choice,
    ) -> Option<String> {
        let known = || profiles.keys().map(String::as_str);
        if let Some((name, span)) = default.filter(|(name, _)| !profiles.contains_key(*name)) {
            self.problems.push(
                Problem::new("unknown-profile", format!("there is no profile `{name}`"), span, "this one")
                    .suggest(nearest(name, known())),
            );
        }
        if let Some(name) = &choice.profile {
            if !profiles.contains_key(name) {
                let argument = format!("--profile {name}");
                let range = 0..argument.len();
                let span = Span { file: self.texts.add("command line".into(), argument), range };
                self.problems.push(
                    Problem::new(
                        "unknown-profile",
                        format!("there is no profile `{name}`"),
                        &span,
                        "this one",
                    )
                    .suggest(nearest(name, known())),
                );
            }
            return Some(name.clone());
        }
        default.map(|(name, _)| name.to_owned())
    }

    fn variables(
        &mut self,
        declared: Table,
        profiles: &Table,
        chosen: Option<&str>,
        choice: &Choice,
    ) -> BTreeMap<String, Value> {
        let mut values: BTreeMap<String, Value> =
            declared.into_iter().map(|(name, entry)| (name, entry.value)).collect();
        for (profile, entry) in profiles {
            let Form::Table(table) = &entry.value.form else {
                self.not_a_table(&format!("profile.{profile}"), &entry.value);
                continue;
            };
            for (name, entry) in table {
                if !values.contains_key(name) {
                    self.unknown_variable(name, &entry.key, &values);
                } else if chosen == Some(profile) {
                    values.insert(name.clone(), entry.value.clone());
                }
            }
        }
        for setting in &choice.settings {
            let Some((name, text)) = setting.split_once('=') else {
                let file = self.texts.add("command line".into(), setting.clone());
                let span = Span { file, range: 0..setting.len() };
                self.problems.push(
                    Problem::new("setting", "`-S` sets a variable", &span, "no `=`")
                        .help("write -S name=value"),
                );
                continue;
            };
            let (name, text) = (name.trim(), text.trim());
            let line = format!("{name} = {text}");
            let file = self.texts.add("command line".into(), line.clone());
            let span = Span { file, range: 0..line.len() };
            if !values.contains_key(name) {
                self.unknown_variable(name, &Span { file, range: 0..name.len() }, &values);
                continue;
            }
            let (table, mistakes) = parse(file, &line);
            let read = table.filter(|_| mistakes.is_empty()).and_then(|mut table| table.remove(name));
            let value = read.map_or_else(
                || Value { span, form: Form::Scalar(Scalar::Text(text.to_owned())) },
                |entry| entry.value,
            );
            values.insert(name.to_owned(), value);
        }
        values
    }

    fn unknown_variable(&mut self, name: &str, span: &Span, known: &BTreeMap<String, Value>) {
        self.problems.push(
            Problem::new("unknown-variable", format!("there is no variable `{name}`"), span, "set here")
                .suggest(nearest(name, known.keys().map(String::as_str)))
                .help_if_none("declare it with its default under [variables]"),
        );
    }

    fn sources(&mut self, declared: &Table) -> BTreeMap<String, Source> {
        let mut sources = BTreeMap::new();
        for (name, entry) in declared {
            self.noting(format!("source.{name}"), |reading| {
                sources.extend(reading.source(name, entry).map(|source| (name.clone(), source)));
            });
        }
        sources
    }

    fn source(&mut self, name: &str, entry: &super::value::Entry) -> Option<Source> {
        let Form::Table(table) = &entry.value.form else {
            self.not_a_table(&format!("source.{name}"), &entry.value);
            return None;
        };
        let mut fields = Fields::new(table, format!("source.{name}"));
        let path = fields.texts("path");
        let misspelled = fields.finish(&mut self.problems);
        if !table.contains_key("path") && misspelled != Some("path") {
            let message = format!("source.{name} has no path");
            self.problems.push(
                Problem::new("missing-key", message, &entry.key, "this source")
                    .help("path = \"a file, a folder or a glob\""),
            );
        }
        let list = table.get("path").is_some_and(|entry| matches!(entry.value.form, Form::List(_)));
        let path = path?;
        let paths = path.iter().map(|(path, _)| (*path).to_owned()).collect();
        self.declared.sources.insert(name.to_owned(), (paths, list));
        source::ask_folders_anew(path.iter().map(|(path, _)| *path), self.folder);
        let resolved = source::resolve(name, &entry.key, &path, list, self.folder);
        resolved.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn experiments(&mut self, pattern: &str, span: &Span) -> Vec<(String, FileId)> {
        let files = match source::matching(pattern, self.folder) {
            Ok(found) => {
                self.listed = found.listed;
                self.declared.experiments = Some(pattern.to_owned());
                found.files
            }
            Err(why) => {
                // One pattern leaves nothing out.
                let why = why.replace(source::LEAVE_OUT, "take it away");
                self.problems.push(Problem::new("experiments", why, span, "this pattern"));
                return Vec::new();
            }
        };
        if files.is_empty() {
            let warning = Problem::new("experiments", "no experiment was found", span, "nothing matches");
            self.warnings.push(warning.warning());
        }
        let mut found = Vec::new();
        for path in files {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(why) = name::refuse_folder(&name) {
                let message = format!("the experiment {} cannot be named by its file", path.display());
                self.problems.push(Problem::new("name", message, span, "found by this pattern").help(why));
                continue;
            }
            match fs::read_text(&self.folder.join(&path)) {
                Ok(text) => found.push((name, self.texts.add(path, text))),
                Err(error) => {
                    let why = error.to_string();
                    self.problems.push(Problem::new("experiments", why, span, "this pattern"));
                }
            }
        }
        found
    }
}
