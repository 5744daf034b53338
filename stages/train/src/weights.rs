use std::borrow::Cow;
use std::path::Path;

use burn::tensor::TensorData;
use contract::Issue;
use safetensors::Dtype;
use safetensors::tensor::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Model, Parameter};

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
        let tensors = parameters.into_iter().map(Stored::new).map(|tensor| (tensor.name.clone(), tensor));
        safetensors::serialize_to_file(tensors, None, file)
            .map_err(|error| Issue::new(format!("the weights cannot be written: {error}")).file(file))
    }
}

struct Stored {
    name: String,
    dims: Vec<usize>,
    values: TensorData,
}

impl Stored {
    fn new(parameter: Parameter) -> Self {
        let Parameter { shape, value } = parameter;
        Self { name: shape.name, dims: shape.dims, values: value.into_data() }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        Dtype::F32
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
