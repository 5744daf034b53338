/// The `table` of a port that takes or holds anything.
pub const ANY: &str = "any";

/// How many artifacts an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One, or the port is left out.
    Optional,
    /// One or more: a gather, each with its cell.
    Many,
    /// As many, or the port is left out.
    Any,
}

/// A named input of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Name in the manifest's `inputs`.
    pub name: &'static str,
    /// What it takes: the name of a table (`images`, `samples`, …), of another form (`dicom`), or [`ANY`].
    pub table: &'static str,
    /// How many.
    pub arity: Arity,
    /// What for, in one sentence.
    pub doc: &'static str,
}

/// A named output of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Name in references, as in `stage.name`.
    pub name: &'static str,
    /// Its file name; a folder if it ends in `/`.
    pub file: &'static str,
    /// What it holds: the name of a table, or of another form.
    pub table: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
}

impl Arity {
    /// Returns whether the port may be left out.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::Any)
    }

    /// Returns whether the port takes several artifacts.
    pub fn is_many(self) -> bool {
        matches!(self, Self::Many | Self::Any)
    }
}

impl Input {
    /// Returns an input that takes exactly one artifact.
    pub const fn one(name: &'static str, table: &'static str, doc: &'static str) -> Self {
        Self { name, table, arity: Arity::One, doc }
    }

    /// Returns an input that may be left out.
    pub const fn optional(name: &'static str, table: &'static str, doc: &'static str) -> Self {
        Self { name, table, arity: Arity::Optional, doc }
    }

    /// Returns an input that takes a gather.
    pub const fn many(name: &'static str, table: &'static str, doc: &'static str) -> Self {
        Self { name, table, arity: Arity::Many, doc }
    }

    /// Returns an input that takes a gather, or may be left out.
    pub const fn any(name: &'static str, table: &'static str, doc: &'static str) -> Self {
        Self { name, table, arity: Arity::Any, doc }
    }
}

impl Output {
    /// Returns an output.
    pub const fn new(name: &'static str, file: &'static str, table: &'static str, doc: &'static str) -> Self {
        Self { name, file, table, doc }
    }
}
