#![expect(deprecated, reason = "burn has no other way to PyTorch's kernels")]

use burn::backend::LibTorch;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Tensor;

use super::{BETA_1, BETA_2, EPSILON, Step};

/// The decaying means of one parameter that PyTorch computes: m, and v / (1 - β₂), which it brings up to date by fewer passes
/// over memory than burn has kernels for.
#[derive(Debug)]
pub struct Moments {
    mean: tch::Tensor,
    square: tch::Tensor,
}

impl Moments {
    /// Returns those of a parameter before its first step; nothing if others compute it.
    pub fn zeros(parameter: &Tensor<1>) -> Option<Self> {
        let parameter = parameter.clone().try_into_primitive::<LibTorch>().ok()?.tensor;
        Some(Self { mean: parameter.zeros_like(), square: parameter.zeros_like() })
    }

    /// Moves the parameter against its gradient.
    pub fn step(&mut self, step: Step, parameter: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let [parameter, gradient] = [parameter, gradient].map(|tensor| {
            tensor.try_into_primitive::<LibTorch>().expect("a parameter stays on its device").tensor
        });
        let _itself = self.mean.lerp_(&gradient, f64::from(1.0 - BETA_1));
        let _itself = self.square.g_mul_scalar_(f64::from(BETA_2)).addcmul_(&gradient, &gradient);
        let scale = f64::from(step.scale) * f64::from(1.0 - BETA_2).sqrt();
        let mut root = self.square.sqrt();
        let _itself =
            root.g_add_scalar_(f64::from(EPSILON) / scale).g_mul_scalar_(-scale / f64::from(step.rate));
        Tensor::from_primitive::<LibTorch>(FloatTensor::<LibTorch>::new(parameter.addcdiv(&self.mean, &root)))
    }
}
