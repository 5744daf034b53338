use std::any::type_name;
use std::fmt;
use std::io::Write;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::{Ctx, Forecast, Input, Issue, Known, Output, Stage};

/// What a program of osteon can do beyond running commands.
#[derive(Clone, Copy)]
pub struct Catalogue {
    /// The kinds of stage.
    pub kinds: &'static [Kind],
    /// The functions behind verbs that read tables.
    pub tools: &'static [Tool],
}

impl Catalogue {
    /// A catalogue without kinds and tools: commands alone.
    pub const EMPTY: Self = Self { kinds: &[], tools: &[] };

    /// Returns the kind called `name`.
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// Returns the tool called `name`.
    pub fn tool(&self, name: &str) -> Option<&'static Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

/// A function behind a verb: reads a request, writes what is to be printed.
#[derive(Clone, Copy)]
pub struct Tool {
    /// Name of the verb.
    pub name: &'static str,
    /// Answers a request; the request is the engine's, as JSON.
    pub run: fn(&Value, &mut dyn Write) -> Result<(), Issue>,
}

/// A [`Stage`] with its type erased.
#[derive(Clone, Copy)]
pub struct Kind {
    /// [`Stage::KIND`].
    pub name: &'static str,
    /// [`Stage::VERSION`].
    pub version: u32,
    /// [`Stage::DOC`].
    pub doc: &'static str,
    /// [`Stage::INPUTS`].
    pub inputs: &'static [Input],
    /// [`Stage::OUTPUTS`].
    pub outputs: &'static [Output],
    /// [`Stage::PRESENTATION`].
    pub presentation: &'static [&'static str],
    /// Returns the JSON schema (draft 7) of the parameters.
    pub schema: fn() -> Value,
    /// Reads the parameters.
    pub bind: fn(&Value) -> Result<Box<dyn Bound>, Issue>,
}

impl Kind {
    /// Returns the kind that `S` is.
    pub const fn of<S: Stage>() -> Self {
        Self {
            name: S::KIND,
            version: S::VERSION,
            doc: S::DOC,
            inputs: S::INPUTS,
            outputs: S::OUTPUTS,
            presentation: S::PRESENTATION,
            schema: schema::<S>,
            bind: bind::<S>,
        }
    }

    /// Returns the input called `name`.
    pub fn input(&self, name: &str) -> Option<&'static Input> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// Returns the output called `name`.
    pub fn output(&self, name: &str) -> Option<&'static Output> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

/// A stage with its parameters, type erased.
pub trait Bound: Send + Sync {
    /// Returns the parameters in their one written form: every default spelled out, numbers in the field's type,
    /// presentation left out.
    ///
    /// # Errors
    /// If a parameter cannot be written as JSON (it is not finite, say).
    fn params(&self) -> Result<Value, Issue>;

    /// See [`Stage::forecast`].
    ///
    /// # Errors
    /// As there.
    fn forecast(&self, known: &Known) -> Result<Forecast, Issue>;

    /// See [`Stage::run`].
    ///
    /// # Errors
    /// As there.
    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue>;
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (version {})", self.name, self.version)
    }
}

struct Params<S>(S);

impl<S: Stage> Bound for Params<S> {
    fn params(&self) -> Result<Value, Issue> {
        let mut value = serde_json::to_value(&self.0)
            .map_err(|error| Issue::new(format!("the parameters of {}: {error}", type_name::<S>())))?;
        if let Value::Object(table) = &mut value {
            for name in S::PRESENTATION {
                table.remove(*name);
            }
        }
        Ok(value)
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        self.0.forecast(known)
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        self.0.run(ctx)
    }
}

fn schema<S: Stage>() -> Value {
    let generator = SchemaGenerator::new(SchemaSettings::draft07());
    generator.into_root_schema_for::<S>().to_value()
}

fn bind<S: Stage>(params: &Value) -> Result<Box<dyn Bound>, Issue> {
    let stage: S = serde_path_to_error::deserialize(params).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        if path == "." { Issue::new(message) } else { Issue::new(format!("`{path}`: {message}")) }
    })?;
    stage.check()?;
    Ok(Box::new(Params(stage)))
}
