//! Mistakes with their places.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity};

use super::text::{Span, Texts};

/// A mistake in a manifest: what, where, and the way out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// A stable name for the sort of mistake, such as `unknown-port`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// The place at fault first, then others that explain it.
    pub labels: Vec<(Span, String)>,
    /// Whether it is only worth a mention.
    pub warning: bool,
}

impl Problem {
    /// Returns a mistake at `span`.
    pub fn new(
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        label: impl Into<String>,
    ) -> Self {
        let labels = vec![(span.clone(), label.into())];
        Self { code, message: message.into(), help: None, labels, warning: false }
    }

    /// Returns the mistake with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the mistake with a way out, if there is one to suggest.
    #[must_use]
    pub fn suggest(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Returns the mistake with a way out, unless it has one.
    #[must_use]
    pub fn help_if_none(mut self, help: &str) -> Self {
        self.help.get_or_insert_with(|| help.to_owned());
        self
    }

    /// Returns the mistake with another place that explains it.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.labels.push((span.clone(), label.into()));
        self
    }

    /// Returns the mistake as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// Returns the mistake as text for a terminal.
    pub fn render(&self, texts: &Texts, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
        let file = self.labels[0].0.file;
        let here = self.labels.iter().filter(|(span, _)| span.file == file);
        let elsewhere = self.labels.iter().filter(|(span, _)| span.file != file);
        let notes: Vec<String> = elsewhere
            .map(|(span, label)| format!("{}: {label}", texts.line(span)))
            .chain(self.help.clone())
            .collect();
        let report = Report {
            code: format!("manifest::{}", self.code),
            message: self.message.clone(),
            help: (!notes.is_empty()).then(|| notes.join("\n")),
            labels: here
                .enumerate()
                .map(|(at, (span, label))| match at {
                    // The header names the place at fault, wherever the others are.
                    0 => LabeledSpan::new_primary_with_span(Some(label.clone()), span.range.clone()),
                    _ => LabeledSpan::new_with_span(Some(label.clone()), span.range.clone()),
                })
                .collect(),
            text: NamedSource::new(texts.path(file).display().to_string(), Arc::clone(texts.text(file))),
            severity: if self.warning { Severity::Warning } else { Severity::Error },
        };
        let mut out = String::new();
        match handler.render_report(&mut out, &report) {
            Ok(()) => out,
            Err(fmt::Error) => format!("{}: {}\n", texts.line(&self.labels[0].0), self.message),
        }
    }
}

#[derive(Debug)]
struct Report {
    code: String,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    text: NamedSource<Arc<str>>,
    severity: Severity,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Longest name that is compared with others, in bytes: the comparison takes the product of both lengths.
const LONGEST_NAME: usize = 200;

/// Returns "did you mean …?" for the known name that is nearest to `name`, or the list of all if they are few.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    match meant(name, known.iter().copied()) {
        Some(other) => Some(format!("did you mean `{other}`?")),
        None => (1..=12).contains(&known.len()).then(|| format!("known here: {}", known.join(", "))),
    }
}

/// Returns the known name that `name` seems to stand for.
pub fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let comparable = |other: &&str| name.len().max(other.len()) <= LONGEST_NAME;
    let known = known.into_iter().filter(comparable);
    let best = known.map(|other| (strsim::damerau_levenshtein(name, other), other)).min();
    best.filter(|(distance, _)| *distance <= 1 + name.chars().count() / 3).map(|(_, other)| other)
}
