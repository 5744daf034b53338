//! PyTorch's convolutions, so that the same numbers come out twice.
//!
//! cuDNN adds up gradients in whatever order its threads come, and rounds to the 10 bits of TF32, unless it is told not
//! to. A single convolution can be told; a gradient asks switches of the whole process that nobody can reach from Rust.
//! So gradients are made of what can be told: by the maps of a transposed convolution, and by the weight of one product
//! of matrices.

#![expect(deprecated, reason = "burn has no other way to PyTorch's kernels")]

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, binary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, LibTorch, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::Window;

/// Most numbers of the matrix of windows that a product takes at a time: 256 MB; of tests so few that there are more.
const WINDOWS: i64 = if cfg!(test) { 1 << 8 } else { 1 << 26 };

/// See [`super::convolve`].
pub fn convolve(maps: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::convolve(maps.into_dispatch(), weight.into_dispatch(), window))
}

/// See [`super::spread`].
pub fn spread(maps: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    let side =
        |axis: usize| (maps.dims()[axis] - 1) * window.stride + weight.dims()[axis] - 2 * window.padding;
    let size = [side(2), side(3)];
    Tensor::from_dispatch(Dispatch::spread(maps.into_dispatch(), weight.into_dispatch(), window, size))
}

/// Of the sum of `y ⊗ (x ∗ w)` the derivatives by `y` and `x`, which layers are made of.
#[backend_extension(LibTorch, Autodiff)]
trait Convolutions: Backend {
    /// Returns `x ∗ w`.
    fn convolve(maps: FloatTensor<Self>, weight: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;

    /// Returns the derivative by `x` of so many rows and columns.
    fn spread(
        maps: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        window: Window,
        size: [usize; 2],
    ) -> FloatTensor<Self>;
}

/// Of the same sum the derivative by `w`, which gradients need.
trait Correlation: Backend {
    /// Returns it for a kernel of so many rows and columns.
    fn correlate(
        maps: FloatTensor<Self>,
        convolved: FloatTensor<Self>,
        window: Window,
        kernel: [usize; 2],
    ) -> FloatTensor<Self>;
}

impl Convolutions for LibTorch {
    fn convolve(maps: FloatTensor<Self>, weight: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        FloatTensor::<Self>::new(told(&maps.tensor, &weight.tensor, window, None))
    }

    fn spread(
        maps: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        window: Window,
        size: [usize; 2],
    ) -> FloatTensor<Self> {
        FloatTensor::<Self>::new(told(&maps.tensor, &weight.tensor, window, Some(size)))
    }
}

impl Correlation for LibTorch {
    fn correlate(
        maps: FloatTensor<Self>,
        convolved: FloatTensor<Self>,
        window: Window,
        [kernel_rows, kernel_cols]: [usize; 2],
    ) -> FloatTensor<Self> {
        let (rows, cols, stride) = (long(kernel_rows), long(kernel_cols), long(window.stride));
        let (images, channels, _, _) = maps.tensor.size4().expect("maps have four axes");
        let (_, out, out_rows, out_cols) = convolved.tensor.size4().expect("maps have four axes");
        let window_count = channels * rows * cols;
        let maps = maps.tensor.constant_pad_nd([long(window.padding); 4]);
        let at_a_time = (WINDOWS / (window_count * out_rows * out_cols)).clamp(1, images);
        let parts = maps.split(at_a_time, 0).into_iter().zip(convolved.tensor.split(at_a_time, 0));
        let products = parts.map(|(maps, convolved)| {
            let windows = maps.unfold(2, rows, stride).unfold(3, cols, stride);
            let windows = windows.permute([1, 4, 5, 0, 2, 3]).reshape([window_count, -1]);
            convolved.transpose(0, 1).reshape([out, -1]).matmul(&windows.transpose(0, 1))
        });
        let gradient = products.reduce(|sum, product| sum + product).expect("there is an image");
        FloatTensor::<Self>::new(gradient.reshape([out, channels, rows, cols]))
    }
}

/// Convolves, or spreads to so many rows and columns, always in the same order and in full precision.
fn told(maps: &tch::Tensor, weight: &tch::Tensor, window: Window, to: Option<[usize; 2]>) -> tch::Tensor {
    let (stride, padding) = (long(window.stride), long(window.padding));
    let missing = to.map_or([0, 0], |size| {
        [0, 1].map(|axis| {
            let least = (maps.size()[2 + axis] - 1) * stride - 2 * padding + weight.size()[2 + axis];
            long(size[axis]) - least
        })
    });
    let (benchmark, deterministic, cudnn, tf32) = (false, true, true, false);
    maps.internal_convolution(
        weight,
        None::<tch::Tensor>,
        [stride; 2],
        [padding; 2],
        [1, 1],
        to.is_some(),
        missing,
        1,
        benchmark,
        deterministic,
        cudnn,
        tf32,
    )
}

fn long(number: usize) -> i64 {
    i64::try_from(number).expect("axes are short")
}

impl<B: Convolutions + Correlation, C: CheckpointStrategy> Convolutions for Autodiff<B, C> {
    fn convolve(maps: FloatTensor<Self>, weight: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        let made = |maps, weight| B::convolve(maps, weight, window);
        remember::<B, C>(Way::There, maps, weight, window, made)
    }

    fn spread(
        maps: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        window: Window,
        size: [usize; 2],
    ) -> FloatTensor<Self> {
        let made = |maps, weight| B::spread(maps, weight, window, size);
        remember::<B, C>(Way::Back, maps, weight, window, made)
    }
}

/// Whether maps were convolved or spread.
#[derive(Clone, Copy, Debug)]
enum Way {
    There,
    Back,
}

/// Returns what is made, with what its gradients need.
fn remember<B: Convolutions + Correlation, C: CheckpointStrategy>(
    way: Way,
    maps: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    window: Window,
    made: impl FnOnce(FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match Gradient.prepare::<C>([maps.node(), weight.node()]).compute_bound().stateful() {
        OpsKind::Tracked(mut prep) => {
            let state = (way, prep.checkpoint(&maps), prep.checkpoint(&weight), window);
            prep.finish(state, made(maps.into_primitive(), weight.into_primitive()))
        }
        OpsKind::UnTracked(prep) => prep.finish(made(maps.into_primitive(), weight.into_primitive())),
    }
}

#[derive(Debug)]
struct Gradient;

impl<B: Convolutions + Correlation> Backward<B, 2> for Gradient {
    type State = (Way, NodeId, NodeId, Window);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let (way, maps, weight, window) = ops.state;
        let maps: FloatTensor<B> = checkpointer.retrieve_node_output(maps);
        let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
        let (size, kernel) = (sides::<B>(&maps), sides::<B>(&weight));
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            grads,
            |gradient| match way {
                Way::There => B::spread(gradient, weight, window, size),
                Way::Back => B::convolve(gradient, weight, window),
            },
            |gradient| match way {
                Way::There => B::correlate(maps, gradient, window, kernel),
                Way::Back => B::correlate(gradient, maps, window, kernel),
            },
        );
    }
}

/// Returns the rows and columns of maps or of a kernel.
fn sides<B: Backend>(tensor: &FloatTensor<B>) -> [usize; 2] {
    let shape = tensor.shape();
    [shape[2], shape[3]]
}
