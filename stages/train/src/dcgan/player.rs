use burn::optim::{Adam, AdamState, Optimizer};
use burn::tensor::{Device, Gradients, Tensor};

use crate::model::Parameter;
use crate::network::ParameterShape;

/// One of two networks that are fitted against each other: its parameters, and what Adam remembers of each.
pub struct Player {
    /// Its parameters, in the order of use.
    pub parameters: Vec<Parameter>,
    /// Decaying means of the gradient and of its square; none before the first step.
    pub moments: Vec<Option<AdamState<1>>>,
}

impl Player {
    /// Returns a network with every parameter filled by `values`.
    pub fn new(
        shapes: Vec<ParameterShape>,
        device: &Device,
        values: impl Fn(&ParameterShape) -> Vec<f32>,
    ) -> Self {
        let parameters: Vec<Parameter> = shapes
            .into_iter()
            .map(|shape| {
                let values = values(&shape);
                Parameter::new(shape, values, device)
            })
            .collect();
        Self { moments: parameters.iter().map(|_| None).collect(), parameters }
    }

    /// Returns the parameters so that nothing differentiates by them; they are shared, not copied.
    pub fn constant(&self) -> Vec<Parameter> {
        self.with(Tensor::detach)
    }

    /// Returns the parameters so that nothing they compute can be differentiated.
    pub fn frozen(&self) -> Vec<Parameter> {
        self.with(Tensor::without_autodiff)
    }

    fn with(&self, change: fn(Tensor<1>) -> Tensor<1>) -> Vec<Parameter> {
        let changed = |Parameter { shape, value }: &Parameter| {
            let value = change(value.clone());
            Parameter { shape: shape.clone(), value }
        };
        self.parameters.iter().map(changed).collect()
    }

    /// Moves every parameter against its gradient.
    pub fn step(&mut self, adam: &Adam, rate: f64, gradients: &mut Gradients) {
        for (parameter, moments) in self.parameters.iter_mut().zip(&mut self.moments) {
            let gradient =
                parameter.value.grad_remove(gradients).expect("every parameter has a part in the loss");
            let (moved, after) = adam.step(rate, parameter.value.clone().inner(), gradient, moments.take());
            parameter.value = moved.autodiff().require_grad();
            *moments = after;
        }
    }
}
