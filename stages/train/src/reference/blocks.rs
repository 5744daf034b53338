//! The two modules that networks add, by themselves.

use std::collections::BTreeMap;

use burn::tensor::{FloatDType, Tensor};
use serde::Deserialize;

use super::{Expected, Learner, STEPS, Summary, fill, floats, part, sines, tolerance, with_precision};
use crate::device::Device;
use crate::model::{Cursor, Parameter, attention, residual};
use crate::network::ParameterShape;
use crate::network::parameter::{convolution, dense};

#[derive(Deserialize)]
struct Reference {
    shape: [usize; 4],
    output: Summary,
    input: Summary,
    parameters: BTreeMap<String, Expected>,
}

#[test]
fn attention_answers_and_learns_as_in_pytorch() {
    let shapes =
        [dense("reduce", 32, 2), dense("expand", 2, 32), convolution("spatial", 2, 1, [7, 7])].concat();
    compare("attention", &shapes, attention);
}

#[test]
fn the_residual_module_answers_and_learns_as_in_pytorch() {
    let shapes = [convolution("first", 8, 8, [3, 3]), convolution("second", 8, 8, [3, 3])].concat();
    compare("residual", &shapes, residual);
}

fn compare(name: &str, shapes: &[ParameterShape], block: impl Fn(Tensor<4>, &mut Cursor<'_>) -> Tensor<4>) {
    for precision in [FloatDType::F32, FloatDType::F64] {
        compare_one(name, shapes, precision, &block);
    }
}

fn compare_one(
    name: &str,
    shapes: &[ParameterShape],
    precision: FloatDType,
    block: impl Fn(Tensor<4>, &mut Cursor<'_>) -> Tensor<4>,
) {
    let device = Device::tested().open().unwrap();
    let reference = part::<BTreeMap<String, Reference>>("blocks").remove(name).unwrap();
    let maps = sines(reference.shape, 0.5, 0.2).inner().cast(precision).autodiff().require_grad();
    let parameter = |shape: &ParameterShape| {
        with_precision(Parameter::new(shape.clone(), fill(shape), &device), precision)
    };
    let mut learner = Learner::new(shapes.iter().map(parameter).collect());
    for step in 0..STEPS {
        let output = block(maps.clone(), &mut Cursor::new(&learner.parameters));
        let weights = sines(output.dims(), 1.0, 0.0).cast(precision);
        let gradients = (output.clone() * weights).sum().backward();
        if step == 0 {
            let input = floats(maps.grad(&gradients).unwrap());
            reference.input.is_close(&input, 1e-3, || format!("{name}: the gradient of the maps"));
            reference.output.is_close(&floats(output), 1e-4, || format!("{name}: what it makes"));
            learner.check_gradients(&gradients, &reference.parameters, name);
        }
        learner.step(gradients);
    }
    let (distance, what) = learner.after_steps(precision, &reference.parameters, name);
    assert!(distance < tolerance(precision), "{what} differs by {distance:.1e}");
}
