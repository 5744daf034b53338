#[cfg(feature = "libtorch")]
mod libtorch;

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use crate::device;

/// Decay of the mean of gradients.
const BETA_1: f32 = 0.9;
/// Decay of the mean of squared gradients.
const BETA_2: f32 = 0.999;
/// Keeps a step finite where all gradients were zero: the default of TensorFlow 2, which the paper used.
const EPSILON: f32 = 1e-7;
/// Numbers that one thread changes in a row. A step is element by element, so this changes no result.
const CHUNK: usize = 1 << 16;

/// The optimizer Adam.
///
/// ```text
/// m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
/// θ ← θ - rate · m / (1 - β₁ᵗ) / ( sqrt( v / (1 - β₂ᵗ) ) + ε )
/// ```
///
/// # Source
/// Eq. 10 to 12, where Eq. 12 has `β₂ᵗ` in place of `g²`, a slip; β and ε are not printed.
#[derive(Debug)]
pub struct Adam {
    rate: f32,
    steps: i32,
    moments: Vec<Moments>,
}

impl Adam {
    /// Returns an optimizer with this learning rate, before its first step.
    pub fn new(rate: f32) -> Self {
        Self { rate, steps: 0, moments: Vec::new() }
    }

    /// Moves every parameter against its gradient.
    ///
    /// # Shapes
    /// A parameter and its gradient: `[n]`; the same parameters in the same order at every step.
    pub fn step(&mut self, parameters: Vec<(Tensor<1>, Tensor<1>)>) -> Vec<Tensor<1>> {
        if self.moments.is_empty() {
            self.moments = parameters.iter().map(|(parameter, _)| Moments::zeros(parameter)).collect();
        }
        self.steps = self.steps.saturating_add(1);
        let step = Step::new(self.rate, self.steps);
        let moments = std::mem::take(&mut self.moments).into_iter();
        let moved = moments
            .zip(parameters)
            .map(|(moments, (parameter, gradient))| moments.step(step, parameter, gradient));
        let (moments, parameters) = moved.unzip();
        self.moments = moments;
        parameters
    }
}

/// The numbers of one step that are the same for all parameters.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// rate / (1 - β₁ᵗ)
    rate: f32,
    /// 1 / sqrt(1 - β₂ᵗ)
    scale: f32,
}

impl Step {
    #[expect(clippy::cast_possible_truncation, reason = "computed in f64, used in f32")]
    fn new(rate: f32, steps: i32) -> Self {
        let remaining = |beta: f32| 1.0 - f64::from(beta).powi(steps);
        let rate = f64::from(rate) / remaining(BETA_1);
        Self { rate: rate as f32, scale: remaining(BETA_2).sqrt().recip() as f32 }
    }
}

/// The decaying means m and v of one parameter.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each parameter, which is far larger")]
enum Moments {
    /// Beside a parameter that can be changed in place.
    InPlace(Vec<f32>, Vec<f32>),
    /// On a device of PyTorch.
    #[cfg(feature = "libtorch")]
    LibTorch(libtorch::Moments),
    /// In another precision.
    Tensors(Tensor<1>, Tensor<1>),
}

impl Moments {
    fn zeros(parameter: &Tensor<1>) -> Self {
        if device::is_in_place(parameter) {
            let count = parameter.dims()[0];
            return Self::InPlace(vec![0.0; count], vec![0.0; count]);
        }
        #[cfg(feature = "libtorch")]
        if let Some(moments) = libtorch::Moments::zeros(parameter) {
            return Self::LibTorch(moments);
        }
        let zeros = parameter.zeros_like();
        Self::Tensors(zeros.clone(), zeros)
    }

    fn step(self, step: Step, parameter: Tensor<1>, gradient: Tensor<1>) -> (Self, Tensor<1>) {
        match self {
            Self::InPlace(mut mean, mut square) => {
                let device = parameter.device();
                // Neither copies, because a parameter and its gradient have no second owner between two batches.
                let (mut parameter, gradient) = (parameter.into_data(), gradient.into_data());
                in_place(step, floats_mut(&mut parameter), floats(&gradient), &mut mean, &mut square);
                (Self::InPlace(mean, square), Tensor::from_data(parameter, &device))
            }
            #[cfg(feature = "libtorch")]
            Self::LibTorch(mut moments) => {
                let moved = moments.step(step, parameter, gradient);
                (Self::LibTorch(moments), moved)
            }
            Self::Tensors(mean, square) => {
                let mean = mean * BETA_1 + gradient.clone() * (1.0 - BETA_1);
                let square = square * BETA_2 + gradient.clone() * gradient * (1.0 - BETA_2);
                let root = square.clone().sqrt() * step.scale + EPSILON;
                let moved = parameter - mean.clone() / root * step.rate;
                (Self::Tensors(mean, square), moved)
            }
        }
    }
}

/// Changes parameter and moments in one pass over memory, which is all that a step costs.
fn in_place(step: Step, parameter: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32]) {
    let chunks = (
        parameter.par_chunks_mut(CHUNK),
        gradient.par_chunks(CHUNK),
        mean.par_chunks_mut(CHUNK),
        square.par_chunks_mut(CHUNK),
    );
    chunks.into_par_iter().for_each(|(parameter, gradient, mean, square)| {
        for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(mean).zip(square) {
            *m = BETA_1 * *m + (1.0 - BETA_1) * g;
            *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
            *p -= step.rate * *m / (v.sqrt() * step.scale + EPSILON);
        }
    });
}

fn floats(data: &TensorData) -> &[f32] {
    data.as_slice().expect("parameters are f32")
}

fn floats_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect("parameters are f32")
}

#[cfg(test)]
mod tests {
    use burn::optim::{AdamConfig, Optimizer};
    use proptest::prelude::*;

    use super::*;
    use crate::device::Device;

    fn tensor(values: &[f32]) -> Tensor<1> {
        tensor_on(Device::Flex, values)
    }

    fn tensor_on(device: Device, values: &[f32]) -> Tensor<1> {
        let device = device.open().unwrap();
        Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), &device).inner()
    }

    fn values(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    fn close(ours: &[f32], theirs: &[f32], rate: f32) -> bool {
        ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= 1e-4 * rate + 1e-6 * b.abs())
    }

    fn gradients() -> impl Strategy<Value = Vec<Vec<f32>>> {
        let gradient = prop_oneof![Just(0.0_f32), -1.0_f32..1.0, -1e-6_f32..1e-6, -1e3_f32..1e3];
        (1_usize..40).prop_flat_map(move |count| {
            prop::collection::vec(prop::collection::vec(gradient.clone(), count), 1..6)
        })
    }

    /// The formula, in f64, for one number.
    fn formula(start: f64, gradients: impl Iterator<Item = f64>, rate: f64) -> f64 {
        let (mut value, mut m, mut v) = (start, 0.0, 0.0);
        for (step, g) in (1..).zip(gradients) {
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            let root = f64::sqrt(v / (1.0 - 0.999_f64.powi(step)));
            value -= rate * (m / (1.0 - 0.9_f64.powi(step))) / (root + 1e-7);
        }
        value
    }

    proptest! {
        #[test]
        fn steps_follow_the_formula_and_burn(gradients in gradients(), rate in 1e-5_f32..0.1) {
            let start: Vec<f32> = (0..gradients[0].len()).map(|index| (index as f32).sin()).collect();
            let (mut adam, mut ours) = (Adam::new(rate), tensor(&start));
            let (burn, mut theirs, mut state) = (AdamConfig::new().with_epsilon(EPSILON).build(), tensor(&start), None);
            for gradient in &gradients {
                ours = adam.step(vec![(ours, tensor(gradient))]).remove(0);
                (theirs, state) = burn.step(rate.into(), theirs, tensor(gradient), state);
            }
            let ours = values(ours);
            prop_assert!(close(&ours, &values(theirs), rate));
            let one = |at: usize| formula(start[at].into(), gradients.iter().map(|g| f64::from(g[at])), rate.into());
            let plain: Vec<f32> = (0..start.len()).map(|at| one(at) as f32).collect();
            prop_assert!(close(&ours, &plain, rate), "{:?} and not {:?}", ours, plain);
        }

        #[test]
        fn moments_of_every_kind_take_the_same_steps(gradients in gradients()) {
            let count = gradients[0].len();
            let take = |mut moments: Moments, device: Device| {
                let mut parameter = tensor_on(device, &vec![1.0; count]);
                for (index, gradient) in gradients.iter().enumerate() {
                    let step = Step::new(1e-3, i32::try_from(index).unwrap() + 1);
                    (moments, parameter) = moments.step(step, parameter, tensor_on(device, gradient));
                }
                values(parameter)
            };
            let zeros = |device| tensor_on(device, &vec![0.0; count]);
            let in_place = take(Moments::zeros(&zeros(Device::Flex)), Device::Flex);
            let tensors = take(Moments::Tensors(zeros(Device::Flex), zeros(Device::Flex)), Device::Flex);
            prop_assert!(close(&in_place, &tensors, 1e-3));
            let tested = take(Moments::zeros(&zeros(Device::tested())), Device::tested());
            prop_assert!(close(&in_place, &tested, 1e-3));
        }
    }

    #[test]
    fn a_parameter_is_changed_where_it_lies() {
        let data = TensorData::new(vec![1.0_f32; 8], [8]);
        let place = data.as_bytes().as_ptr();
        let parameter = Tensor::<1>::from_data(data, &tensor(&[0.0]).device());
        let moved = Adam::new(0.1).step(vec![(parameter, tensor(&[1.0; 8]))]).remove(0).into_data();
        assert_eq!(moved.as_bytes().as_ptr(), place);
    }
}
