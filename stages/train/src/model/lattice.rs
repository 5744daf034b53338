use crate::network::Layer;

/// Where the cells of a map lie in the image: cell `i` of an axis looks at what is around pixel `first + i · step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    /// Row and column of the first cell, in pixels.
    pub first: [f64; 2],
    /// Pixels from one cell to the next, the same along rows and columns.
    pub step: f64,
}

impl Default for Lattice {
    /// The image itself.
    fn default() -> Self {
        Self { first: [0.0; 2], step: 1.0 }
    }
}

impl Lattice {
    /// Returns where the cells lie that `layer` makes of these.
    #[expect(clippy::cast_precision_loss, reason = "sizes of windows are small")]
    #[must_use]
    pub fn through(self, layer: &Layer) -> Self {
        let (kernel, stride, padding) = match *layer {
            Layer::Convolution { kernel, stride, padding, .. } => (kernel, stride, padding),
            Layer::MaxPool { kernel, stride } => (kernel, stride, 0),
            Layer::Attention { .. } | Layer::Residual | Layer::Dense { .. } | Layer::Softmax { .. } => {
                return self;
            }
        };
        let shift = |side: usize| ((side as f64 - 1.0) / 2.0 - padding as f64) * self.step;
        let [row, col] = self.first;
        let first = [row + shift(kernel[0]), col + shift(kernel[1])];
        Self { first, step: self.step * stride as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_looks_at_the_middle_of_its_windows() {
        let layers = ["conv 11x11 96 s4 p2", "maxpool 3x3 s2", "residual"].map(|text| text.parse().unwrap());
        // The first convolution is centered on pixel 5 - 2 = 3, and the pooling on its second cell.
        let lattice = layers.iter().fold(Lattice::default(), Lattice::through);
        assert_eq!(lattice, Lattice { first: [7.0, 7.0], step: 8.0 });
    }
}
