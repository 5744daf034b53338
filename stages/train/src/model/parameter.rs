use std::slice;

use burn::tensor::{Device, Tensor, TensorData};

use crate::network::ParameterShape;

/// One parameter of a model.
///
/// Its value is kept flat, so that the optimizer and the file of weights need to know no ranks; a layer gives it its
/// shape when it uses it, which copies nothing.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name and shape.
    pub shape: ParameterShape,
    /// Its numbers in row-major order.
    pub value: Tensor<1>,
}

impl Parameter {
    /// Returns a parameter with these values, to be differentiated by.
    pub fn new(shape: ParameterShape, values: Vec<f32>, device: &Device) -> Self {
        let count = values.len();
        let value = Tensor::from_data(TensorData::new(values, [count]), device);
        Self { shape, value: value.autodiff().require_grad() }
    }
}

/// The parameters of a model, taken in the order in which its layers use them.
pub struct Cursor<'a>(slice::Iter<'a, Parameter>);

impl<'a> Cursor<'a> {
    /// Returns a cursor before the first of `parameters`.
    pub fn new(parameters: &'a [Parameter]) -> Self {
        Self(parameters.iter())
    }

    /// Takes the weight `[out, in, rows, columns]` and the bias `[out]` of a convolution.
    pub fn convolution(&mut self) -> (Tensor<4>, Tensor<1>) {
        (self.shaped(), self.shaped())
    }

    /// Takes the weight `[out, in]` and the bias `[out]` of a dense layer.
    pub fn dense(&mut self) -> (Tensor<2>, Tensor<1>) {
        (self.shaped(), self.shaped())
    }

    fn shaped<const D: usize>(&mut self) -> Tensor<D> {
        let parameter = self.0.next().expect("a model has every parameter of its layers");
        let dims: [usize; D] =
            parameter.shape.dims.as_slice().try_into().expect("layers use parameters in their order");
        parameter.value.clone().reshape(dims)
    }
}

/// Returns maps of two channels, and what `layer` makes of them where every parameter is zero.
#[cfg(test)]
pub fn on_zero_parameters(
    shapes: Vec<ParameterShape>,
    layer: impl Fn(Tensor<4>, &mut Cursor<'_>) -> Tensor<4>,
) -> (Vec<f32>, Vec<f32>) {
    let device = crate::device::Device::tested().open().unwrap();
    let zero = |shape: ParameterShape| {
        let count = usize::try_from(shape.count()).unwrap();
        Parameter::new(shape, vec![0.0; count], &device)
    };
    let parameters: Vec<Parameter> = shapes.into_iter().map(zero).collect();
    let maps: Vec<f32> = (0..2 * 2 * 4 * 3).map(|index| (index as f32).sin()).collect();
    let input = Tensor::from_data(TensorData::new(maps.clone(), [2, 2, 4, 3]), &device);
    let output = layer(input, &mut Cursor::new(&parameters));
    (maps, output.into_data().try_to_vec().unwrap())
}
