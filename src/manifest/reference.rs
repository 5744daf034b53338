//! References to artifacts.

use super::name::{self, unescape};
use super::problem::Problem;
use super::text::{Span, Texts};

/// A reference to artifacts: `stage.port`, `source.name`, `$axis.port`, each with brackets that pick cells.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where it stands.
    pub span: Span,
    /// Whose artifacts.
    pub target: Target,
    /// Of which cells.
    pub select: Select,
    /// Which port; none for a source, and none where cells alone are meant.
    pub port: Option<String>,
}

/// Whose artifacts a [`Reference`] means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A source.
    Source(String),
    /// A stage.
    Stage(String),
    /// The stage that the value of this axis (or variable) names.
    Named(String),
}

/// Which cells a [`Reference`] means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// Those with these values; every other axis is the reader's of the same name.
    Where(Vec<(String, Pick)>),
    /// Every cell.
    All,
    /// The cells of the reader's `over`.
    Over,
}

/// The values that one axis may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The value that prints like this.
    Value(String),
    /// The value of the reader's axis, or of the variable.
    Named(String),
    /// Every value.
    All,
}

impl Reference {
    /// Reads a reference to a port.
    pub fn parse(text: &str, span: &Span, texts: &Texts) -> Result<Self, Problem> {
        let problem = |help: &str| {
            Problem::new("reference", format!("`{text}` is no reference"), span, "not understood").help(help)
        };
        let shape = "write `stage.port`, `stage[axis=value].port` or `source.name`";
        if text.starts_with("source.") {
            let mut reference = Self::cells(text, span, texts)?;
            reference.port = None;
            return Ok(reference);
        }
        let dot = match text.rfind(']') {
            Some(close) => text[close..].find('.').map(|at| close + at),
            None => text.find('.'),
        };
        let (cells, port) = dot.map(|at| (&text[..at], &text[at + 1..])).ok_or_else(|| problem(shape))?;
        if let Some(why) = name::refuse(port) {
            return Err(problem(why));
        }
        let mut reference = Self::cells(cells, span, texts)?;
        reference.port = Some(port.to_owned());
        Ok(reference)
    }

    /// Reads a reference to cells alone, such as `fit[seed=*]`.
    pub fn cells(text: &str, span: &Span, texts: &Texts) -> Result<Self, Problem> {
        let problem = |part: &str, why: &str| {
            Problem::new(
                "reference",
                format!("`{text}` is no reference"),
                &texts.within(span, part),
                why.to_owned(),
            )
        };
        let (head, brackets) = match text.split_once('[') {
            Some((head, rest)) => {
                let inner =
                    rest.strip_suffix(']').ok_or_else(|| problem(rest, "the bracket is not closed"))?;
                (head, Some(inner))
            }
            None => (text, None),
        };
        let (target, name): (fn(String) -> Target, &str) = if let Some(name) = head.strip_prefix("source.") {
            (Target::Source, name)
        } else if let Some(name) = head.strip_prefix('$') {
            (Target::Named, name)
        } else {
            (Target::Stage, head)
        };
        if let Some(why) = name::refuse(name) {
            return Err(problem(head, why));
        }
        let select = match brackets {
            None => Select::Where(Vec::new()),
            Some("*") => Select::All,
            Some("over") => Select::Over,
            Some(inner) => {
                let pick = |part: &str| {
                    let (axis, value) =
                        part.split_once('=').ok_or_else(|| problem(part, "write axis=value, axis=* or *"))?;
                    let (axis, value) = (axis.trim(), value.trim());
                    if let Some(why) = name::refuse(axis) {
                        return Err(problem(part, why));
                    }
                    let pick = match (value, name::variable(value)) {
                        ("*", _) => Pick::All,
                        (_, Some(name)) => Pick::Named(name.to_owned()),
                        (_, None) => Pick::Value(unescape(value)),
                    };
                    Ok((axis.to_owned(), pick))
                };
                Select::Where(inner.split(',').map(pick).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { span: span.clone(), target: target(name.to_owned()), select, port: None })
    }
}
