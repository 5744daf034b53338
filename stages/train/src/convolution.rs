//! Convolutions and transposed ones, by the kernels that suit the device.

#[cfg(feature = "libtorch")]
mod libtorch;

use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

/// How a kernel moves over maps: the same way along rows and columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Pixels from one place of the kernel to the next.
    pub stride: usize,
    /// Zeros on every side of the maps.
    pub padding: usize,
}

/// Returns the maps that kernels make of `maps`.
///
/// # Shapes
/// `maps`: `[n, in, rows, columns]`; `weight`: `[out, in, kernel rows, kernel columns]`; `bias`: `[out]`; the result:
/// `[n, out, (rows + 2 padding - kernel rows) / stride + 1, …]`.
pub fn convolve(maps: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, window: Window) -> Tensor<4> {
    #[cfg(feature = "libtorch")]
    if crate::device::is_gpu(&maps.device()) {
        let convolved = libtorch::convolve(maps, weight, window);
        return match bias {
            Some(bias) => convolved + bias.reshape([1, -1, 1, 1]),
            None => convolved,
        };
    }
    let options = ConvOptions::new([window.stride; 2], [window.padding; 2], [1, 1], 1);
    conv2d(maps, weight, bias, options)
}

/// Returns the maps that kernels spread `maps` to: the transposed convolution.
///
/// # Shapes
/// `maps`: `[n, in, rows, columns]`; `weight`: `[in, out, kernel rows, kernel columns]`; the result:
/// `[n, out, (rows - 1) stride - 2 padding + kernel rows, …]`.
pub fn spread(maps: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    #[cfg(feature = "libtorch")]
    if crate::device::is_gpu(&maps.device()) {
        return libtorch::spread(maps, weight, window);
    }
    let options = ConvTransposeOptions::new([window.stride; 2], [window.padding; 2], [0, 0], [1, 1], 1);
    conv_transpose2d(maps, weight, None, options)
}

#[cfg(all(test, feature = "libtorch"))]
mod tests {
    use burn::tensor::TensorData;
    use proptest::prelude::*;

    use super::*;
    use crate::device::Device;

    type Layer = fn(Tensor<4>, Tensor<4>, Window) -> Tensor<4>;

    /// Returns what a layer makes of waves, and the gradients of its maps and of its weight.
    fn learn(layer: Layer, device: Device, [maps, weight]: [[usize; 4]; 2], window: Window) -> [Vec<f32>; 3] {
        let device = device.open().expect("the program has it");
        let wave = |dims: [usize; 4], pitch: f32| {
            let values =
                (0..dims.iter().product()).map(|index: usize| (index as f32 * pitch).sin()).collect();
            Tensor::<4>::from_data(TensorData::new(values, dims), &device)
        };
        let (maps, weight) = (wave(maps, 0.7).require_grad(), wave(weight, 1.3).require_grad());
        let made = layer(maps.clone(), weight.clone(), window);
        let gradients = (made.clone() * wave(made.dims(), 0.9)).sum().backward();
        let [maps, weight] =
            [maps, weight].map(|of| of.grad(&gradients).expect("it has a part in what is made"));
        [made.inner(), maps, weight].map(|tensor| tensor.into_data().try_to_vec().expect("it is f32"))
    }

    proptest! {
        #[test]
        fn what_a_gpu_is_told_makes_and_learns_what_kernels_of_rust_do(
            images in 1_usize..4, channels in 1_usize..3, out in 1_usize..4,
            kernel in 1_usize..6, stride in 1_usize..5, padding in 0_usize..3, more in [0_usize..6, 0_usize..6],
        ) {
            let window = Window { stride, padding: padding.min(kernel - 1) };
            let maps = [images, channels, kernel + more[0], kernel + more[1]];
            let layers: [(Layer, Layer, [usize; 4]); 2] = [
                (|maps, weight, window| convolve(maps, weight, None, window), libtorch::convolve, [out, channels, kernel, kernel]),
                (spread, libtorch::spread, [channels, out, kernel, kernel]),
            ];
            for (rust, told, weight) in layers {
                let rust = learn(rust, Device::Flex, [maps, weight], window);
                let told = learn(told, Device::tested(), [maps, weight], window);
                for (rust, told) in rust.iter().zip(&told) {
                    prop_assert_eq!(rust.len(), told.len());
                    prop_assert!(rust.iter().zip(told).all(|(a, b)| (a - b).abs() < 1e-3), "{:?} and not {:?}", told, rust);
                }
            }
        }
    }
}
