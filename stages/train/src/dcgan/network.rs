use burn::tensor::Tensor;
use burn::tensor::activation::{leaky_relu, relu, tanh};
use burn::tensor::module::batch_norm_train;

use crate::convolution::{Window, convolve, spread};
use crate::model::Parameter;

/// Slope of the discriminator's rectifiers below zero.
const SLOPE: f64 = 0.2;
/// Keeps a channel finite that is the same everywhere.
const EPSILON: f64 = 1e-5;
/// How 4x4 convolutions halve the sides of their maps, and transposed ones double them.
const HALVE: Window = Window { stride: 2, padding: 1 };

/// Returns what a generator makes of noise: pixels between -1 and 1.
///
/// ```text
/// project, normalize, ReLU, (transposed 4x4 convolution of stride 2, normalize, ReLU)*, the same convolution, tanh
/// ```
///
/// Channels are normalized by mean and variance of this batch, while it is fitted and afterwards.
///
/// # Shapes
/// `noise`: `[n, 100]`; the result: `[n, 1, rows, columns]`.
/// # Source
/// Radford et al. 2016, §3.
pub fn generate(parameters: &[Parameter], noise: Tensor<2>) -> Tensor<4> {
    let [images, units] = noise.dims();
    let (projection, rest) = parameters.split_first().expect("a generator has parameters");
    let [_, channels, rows, cols] = dims(projection);
    let weight = projection.value.clone().reshape([units, channels * rows * cols]);
    let start = noise.matmul(weight).reshape([images, channels, rows, cols]);
    let (layers, _) = rest.as_chunks::<3>();
    let image = layers.iter().fold(start, |maps, [scale, offset, weight]| {
        spread(relu(normalize(maps, scale, offset)), shaped(weight), HALVE)
    });
    tanh(image)
}

/// Returns the scores of images, before the sigmoid: positive where a discriminator takes one for real.
///
/// ```text
/// 4x4 convolution of stride 2, leaky ReLU, (the same convolution, normalize, leaky ReLU)*, one weight for each number
/// ```
///
/// # Shapes
/// `images`: `[n, 1, rows, columns]`; the result: `[n]`.
/// # Source
/// Radford et al. 2016, §3.
pub fn judge(parameters: &[Parameter], images: Tensor<4>) -> Tensor<1> {
    let halve = |maps, weight| convolve(maps, shaped(weight), None, HALVE);
    let (first, rest) = parameters.split_first().expect("a discriminator has parameters");
    let (layers, last) = rest.as_chunks::<3>();
    let start = leaky_relu(halve(images, first), SLOPE);
    let maps = layers.iter().fold(start, |maps, [weight, scale, offset]| {
        leaky_relu(normalize(halve(maps, weight), scale, offset), SLOPE)
    });
    let weight = last.first().expect("the last weight follows the layers").value.clone();
    maps.flatten::<2>(1, 3).matmul(weight.unsqueeze_dim(1)).squeeze_dim(1)
}

fn normalize(maps: Tensor<4>, scale: &Parameter, offset: &Parameter) -> Tensor<4> {
    batch_norm_train(maps, scale.value.clone(), offset.value.clone(), EPSILON).output
}

fn shaped(parameter: &Parameter) -> Tensor<4> {
    parameter.value.clone().reshape(dims(parameter))
}

fn dims(parameter: &Parameter) -> [usize; 4] {
    parameter.shape.dims.as_slice().try_into().expect("the weight of a convolution has four axes")
}
