use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::parameter::Cursor;
use crate::convolution::{Window, convolve};

/// Returns `maps` after two 3x3 convolutions with a shortcut around them.
///
/// ```text
/// R = δ( conv( δ(conv(F)) ) + F )
/// ```
///
/// # Shapes
/// `maps` and the result: `[n, channels, rows, columns]`.
/// # Source
/// Eq. 9.
pub fn residual(maps: Tensor<4>, parameters: &mut Cursor<'_>) -> Tensor<4> {
    let mut next = |maps: Tensor<4>| {
        let (weight, bias) = parameters.convolution();
        convolve(maps, weight, Some(bias), Window { stride: 1, padding: 1 })
    };
    let inner = relu(next(maps.clone()));
    relu(next(inner) + maps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameter::on_zero_parameters;
    use crate::network::parameter::convolution;

    #[test]
    fn convolutions_of_zero_leave_the_shortcut_alone() {
        let shapes = [convolution("first", 2, 2, [3, 3]), convolution("second", 2, 2, [3, 3])].concat();
        let (maps, result) = on_zero_parameters(shapes, residual);
        let rectified: Vec<f32> = maps.iter().map(|value| value.max(0.0)).collect();
        assert_eq!(result, rectified);
    }
}
