use std::borrow::Cow;
use std::fmt::Display;
use std::path::Path;

use burn::tensor::{DType, Device, TensorData};
use contract::Issue;
use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Model, Parameter};
use crate::network::{ParameterShape, Shape};

/// Whether the weights of a fitted network are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// In a file that can be larger than all others together.
    #[default]
    Keep,
    /// No: the file holds no tensor.
    Drop,
}

impl Weights {
    /// Writes the parameters of `model` to a safetensors file, with the names and shapes that PyTorch uses.
    ///
    /// Equal parameters make equal bytes: tensors are sorted by name and the file has no metadata.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(self, model: Model, file: &Path) -> Result<(), Issue> {
        let parameters = match self {
            Self::Keep => model.parameters,
            Self::Drop => Vec::new(),
        };
        write_tensors(parameters.into_iter().map(Stored::from), file)
    }
}

/// Writes tensors to a safetensors file, sorted by name and without metadata.
///
/// # Errors
/// If the file cannot be written.
pub fn write_tensors(tensors: impl Iterator<Item = Stored>, file: &Path) -> Result<(), Issue> {
    let tensors = tensors.map(|tensor| (tensor.name.clone(), tensor));
    safetensors::serialize_to_file(tensors, None, file)
        .map_err(|error| Issue::new(format!("the weights cannot be written: {error}")).file(file))
}

/// Returns the model of `shape` whose parameters lie in a safetensors file.
///
/// # Errors
/// If the file is none, or lacks a parameter of this shape.
pub fn read(file: &Path, shape: &Shape, device: &Device) -> Result<Model, Issue> {
    let broken = |error: &dyn Display| Issue::new(format!("the weights cannot be read: {error}")).file(file);
    let bytes = std::fs::read(file).map_err(|error| broken(&error))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| broken(&error))?;
    if tensors.is_empty() {
        return Err(Issue::new("the weights were not kept")
            .file(file)
            .help("set `weights = \"keep\"` where the network is fitted"));
    }
    for parameter in shape.parameters() {
        let wrong = |message: String| {
            Issue::new(message).file(file).help(
                "give the network, its `width`, its `hidden` and the size of its images as they were fitted",
            )
        };
        let ParameterShape { name, dims } = parameter;
        let tensor = tensors.tensor(name).map_err(|_| wrong(format!("there is no `{name}`")))?;
        if tensor.dtype() != Dtype::F32 {
            return Err(wrong(format!("`{name}` holds {:?} and should hold F32", tensor.dtype())));
        }
        if tensor.shape() != dims {
            return Err(wrong(format!("`{name}` is {:?} and should be {dims:?}", tensor.shape())));
        }
    }
    Ok(Model::new(shape, device, |parameter| {
        let tensor = tensors.tensor(&parameter.name).expect("every parameter was found above");
        let (numbers, _) = tensor.data().as_chunks();
        numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }))
}

/// A tensor of a safetensors file.
pub struct Stored {
    /// Its name, unique in the file.
    pub name: String,
    /// Sizes of its axes.
    pub dims: Vec<usize>,
    /// Its numbers in row-major order, of 32 or 64 bits.
    pub values: TensorData,
}

impl From<Parameter> for Stored {
    fn from(Parameter { shape, value }: Parameter) -> Self {
        Self { name: shape.name, dims: shape.dims, values: value.into_data() }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        if self.values.dtype() == DType::F64 { Dtype::F64 } else { Dtype::F32 }
    }

    fn shape(&self) -> &[usize] {
        &self.dims
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.as_bytes().into()
    }

    fn data_len(&self) -> usize {
        self.values.as_bytes().len()
    }
}
