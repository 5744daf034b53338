use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};

use super::network::dense;
use super::parameter::Cursor;
use crate::convolution::{Window, convolve};

/// Returns `maps` weighted by channel attention and then by spatial attention.
///
/// ```text
/// F' = σ( W₁ δ(W₀ avg(F)) + W₁ δ(W₀ max(F)) ) ⊗ F        one weight for each channel
/// M  = σ( conv7x7[ avg(F'); max(F') ] ) ⊗ F'             one weight for each pixel
/// ```
///
/// W₀ and W₁ have biases, the 7x7 convolution has one and is not normalized.
/// The paper's Eq. 6 multiplies the second weights with F, so that the first would have no effect; the figure beside
/// it and the work it cites multiply with F', which is done here.
///
/// # Shapes
/// `maps` and the result: `[n, channels, rows, columns]`.
/// # Source
/// Eq. 6 to 8 and Fig. 5.
pub fn attention(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let maps = channel(maps, parameters);
    spatial(maps, parameters)
}

/// Returns the weight, from 0 to 1, that spatial attention gives to each pixel of `maps`.
///
/// # Shapes
/// `maps`: `[n, channels, rows, columns]`; the result: `[n, 1, rows, columns]`.
pub fn gate(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let maps = channel(maps, parameters);
    pixel_weights(maps, parameters)
}

fn channel(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let [images, channels, rows, cols] = maps.dims();
    let pixels = maps.clone().reshape([images, channels, rows * cols]);
    let average = pixels.clone().mean_dim(2).reshape([images, channels]);
    let largest = pixels.max_dim(2).reshape([images, channels]);
    let (reduce, expand) = (parameters.dense(), parameters.dense());
    let score = |summary: Tensor<2>| dense(relu(dense(summary, reduce.clone())), expand.clone());
    let weights = sigmoid(score(average) + score(largest));
    maps * weights.reshape([images, channels, 1, 1])
}

fn spatial(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let weights = pixel_weights(maps.clone(), parameters);
    maps * weights
}

fn pixel_weights(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let summary = Tensor::cat(vec![maps.clone().mean_dim(1), maps.max_dim(1)], 1);
    let (weight, bias) = parameters.convolution();
    sigmoid(convolve(summary, weight, Some(bias), Window { stride: 1, padding: 3 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameter::on_zero_parameters;
    use crate::network::parameter::{convolution, dense};

    #[test]
    fn parameters_of_zero_weigh_every_channel_and_every_pixel_by_a_half() {
        let shapes =
            [dense("reduce", 2, 1), dense("expand", 1, 2), convolution("spatial", 2, 1, [7, 7])].concat();
        let (maps, result) = on_zero_parameters(shapes, attention);
        let quarter: Vec<f32> = maps.iter().map(|value| value / 4.0).collect();
        assert_eq!(result, quarter);
    }
}
