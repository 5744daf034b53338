use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor};

use super::attention::{attention, gate};
use super::lattice::Lattice;
use super::parameter::{Cursor, Parameter};
use super::residual::residual;
use crate::convolution::{Window, convolve};
use crate::network::{Layer, ParameterShape, Shape};

/// A network with its parameters.
#[derive(Clone, Debug)]
pub struct Model {
    /// Layers between maps, and after them dense layers alone: so many hidden ones and the output.
    maps: Vec<Layer>,
    hidden: usize,
    /// Its parameters, in the order in which the layers use them.
    pub parameters: Vec<Parameter>,
}

impl Model {
    /// Returns a model of `shape` on `device`, with every parameter filled by `values`.
    pub fn new(shape: &Shape, device: &Device, values: impl Fn(&ParameterShape) -> Vec<f32>) -> Self {
        let parameter = |shape: &ParameterShape| Parameter::new(shape.clone(), values(shape), device);
        let (dense, maps): (Vec<Layer>, Vec<Layer>) = shape
            .layers
            .iter()
            .map(|layer| layer.layer)
            .partition(|layer| matches!(layer, Layer::Dense { .. } | Layer::Softmax { .. }));
        Self { maps, hidden: dense.len() - 1, parameters: shape.parameters().map(parameter).collect() }
    }

    /// Returns the model so that nothing it computes can be differentiated; the parameters are shared, not copied.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let freeze = |parameter: &Parameter| Parameter {
            shape: parameter.shape.clone(),
            value: parameter.value.clone().without_autodiff(),
        };
        let parameters = self.parameters.iter().map(freeze).collect();
        Self { maps: self.maps.clone(), hidden: self.hidden, parameters }
    }

    /// Returns the scores of every class, before the softmax.
    ///
    /// # Shapes
    /// `images`: `[n, 1, rows, columns]`; the result: `[n, classes]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut cursor = Cursor::new(&self.parameters);
        let maps = self.maps.iter().fold(images, |maps, layer| step(*layer, maps, &mut cursor));
        let units = (0..self.hidden).fold(maps.flatten(1, 3), |units, _| relu(dense(units, cursor.dense())));
        dense(units, cursor.dense())
    }

    /// Returns the weights of the first layer of spatial attention, and where they lie in the images; nothing if no
    /// layer is one.
    ///
    /// # Shapes
    /// `images`: `[n, 1, rows, columns]`; the weights: `[n, 1, rows, columns]` of that layer's maps.
    pub fn gate(&self, images: Tensor<4>) -> Option<(Tensor<4>, Lattice)> {
        let first = self.maps.iter().position(|layer| matches!(layer, Layer::Attention { .. }))?;
        let before = &self.maps[..first];
        let mut cursor = Cursor::new(&self.parameters);
        let maps = before.iter().fold(images, |maps, layer| step(*layer, maps, &mut cursor));
        Some((gate(maps, &mut cursor), before.iter().fold(Lattice::default(), Lattice::through)))
    }
}

/// Returns `x Wᵀ + b`.
///
/// # Shapes
/// `x`: `[n, in]`, W: `[out, in]`, b: `[out]`; the result: `[n, out]`.
pub fn dense(x: Tensor<2>, (weight, bias): (Tensor<2>, Tensor<1>)) -> Tensor<2> {
    // As (W xᵀ)ᵀ, because then the gradient of W comes out in the order in which W is kept.
    weight.matmul(x.transpose()).transpose() + bias.unsqueeze()
}

fn step(layer: Layer, maps: Tensor<4>, cursor: &mut Cursor<'_>) -> Tensor<4> {
    match layer {
        Layer::Convolution { stride, padding, .. } => {
            let (weight, bias) = cursor.convolution();
            relu(convolve(maps, weight, Some(bias), Window { stride, padding }))
        }
        Layer::MaxPool { kernel, stride } => {
            max_pool2d(maps, MaxPoolOptions::new(kernel).with_stride([stride; 2]))
        }
        Layer::Attention { .. } => attention(maps, cursor),
        Layer::Residual => residual(maps, cursor),
        Layer::Dense { .. } | Layer::Softmax { .. } => {
            unreachable!("the shape has dense layers after all others")
        }
    }
}
