/// Name and shape of one parameter tensor.
///
/// # Shapes
/// As in PyTorch: a convolution's weight is `[out, in, kernel rows, kernel columns]`, a dense weight `[out, in]`, a
/// bias `[out]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterShape {
    /// Name, unique in its network: `layer-01.weight`, `layer-03.reduce.bias`.
    pub name: String,
    /// Sizes of its axes.
    pub dims: Vec<usize>,
}

impl ParameterShape {
    /// Returns how many numbers it holds.
    pub fn count(&self) -> u64 {
        product(&self.dims)
    }

    /// Returns (fan-in, fan-out) of a weight, and nothing for a bias.
    pub fn fans(&self) -> Option<(u64, u64)> {
        match self.dims.as_slice() {
            [out, from, window @ ..] => {
                let window = product(window);
                Some(((*from as u64).saturating_mul(window), (*out as u64).saturating_mul(window)))
            }
            _ => None,
        }
    }
}

/// Returns weight and bias of a convolution from `from` to `out` channels.
pub fn convolution(name: &str, from: usize, out: usize, [rows, cols]: [usize; 2]) -> [ParameterShape; 2] {
    weight_and_bias(name, vec![out, from, rows, cols])
}

/// Returns weight and bias of a dense layer from `from` to `out` units.
pub fn dense(name: &str, from: usize, out: usize) -> [ParameterShape; 2] {
    weight_and_bias(name, vec![out, from])
}

/// Returns the product of `factors`, or the largest number if it is larger than that.
pub fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |product, factor| product.saturating_mul(*factor as u64))
}

fn weight_and_bias(name: &str, dims: Vec<usize>) -> [ParameterShape; 2] {
    let bias = ParameterShape { name: format!("{name}.bias"), dims: vec![dims[0]] };
    [ParameterShape { name: format!("{name}.weight"), dims }, bias]
}
