use contract::Issue;
use table::Class;

use super::file::{Network, Written};
use super::layer::Layer;
use super::parameter::{ParameterShape, convolution, dense, product};

/// How a network is made smaller than its file says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Channels of every convolution, relative to the file; above 0.
    pub width: f64,
    /// Units of every hidden dense layer; 0: as in the file.
    pub hidden: u64,
}

impl Scale {
    /// The network as its file has it.
    pub const PRINTED: Self = Self { width: 1.0, hidden: 0 };

    fn apply(self, layer: Layer) -> Layer {
        match layer {
            Layer::Convolution { kernel, channels, stride, padding } => {
                let channels = self.channels(channels);
                Layer::Convolution { kernel, channels, stride, padding }
            }
            Layer::Dense { .. } if self.hidden > 0 => {
                Layer::Dense { units: usize::try_from(self.hidden).unwrap_or(usize::MAX) }
            }
            other => other,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a float is cast to the nearest whole number in range"
    )]
    fn channels(self, printed: usize) -> usize {
        ((printed as f64 * self.width).round() as usize).max(1)
    }
}

/// What flows from one layer to the next; a vector has one row and one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    /// Channels, or units.
    pub channels: usize,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
}

impl Map {
    /// Returns how many numbers it holds.
    pub fn count(self) -> u64 {
        product(&[self.channels, self.rows, self.cols])
    }
}

/// A layer at its scale, between what it is given and what it makes.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerShape {
    /// The layer.
    pub layer: Layer,
    /// What it is given.
    pub input: Map,
    /// What it makes.
    pub output: Map,
    /// Its parameters, in the order in which it uses them.
    pub parameters: Vec<ParameterShape>,
    /// Multiplications with an addition, forward, for one image.
    pub macs: u64,
}

impl LayerShape {
    /// Returns how many numbers its parameters hold.
    pub fn count(&self) -> u64 {
        self.parameters.iter().map(ParameterShape::count).fold(0, u64::saturating_add)
    }
}

/// The sizes of a network for images of one size. Pure: nothing is allocated.
///
/// # Source
/// Tables 3 and 7.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Rows of an image.
    pub rows: usize,
    /// Columns of an image.
    pub cols: usize,
    /// Its layers, the input's first.
    pub layers: Vec<LayerShape>,
}

impl Shape {
    /// Returns the sizes of `network` at `scale` for images of one channel and `rows` x `cols` pixels.
    ///
    /// # Errors
    /// If a layer does not fit what comes before it; with its place in the file and, if the image is too small, the
    /// size that would do.
    pub fn of(network: &Network, scale: Scale, rows: usize, cols: usize) -> Result<Self, Issue> {
        if network.layers.is_empty() {
            return Err(Issue::new("the network has no layers").file(&network.file));
        }
        let mut map = Map { channels: 1, rows, cols };
        let mut layers = Vec::new();
        for (index, Written { layer, span }) in network.layers.iter().enumerate() {
            let at = |issue: Issue| issue.at(&network.file, span.clone());
            let layer = scale.apply(*layer);
            order(network, index).map_err(at)?;
            let output = output(layer, map).ok_or_else(|| at(too_small(network, layer, map)))?;
            let name = format!("layer-{:02}", index + 1);
            let (parameters, macs) = work(&name, layer, map, output);
            layers.push(LayerShape { layer, input: map, output, parameters, macs });
            map = output;
        }
        Ok(Self { rows, cols, layers })
    }

    /// Returns its parameters, in the order in which the layers use them.
    pub fn parameters(&self) -> impl Iterator<Item = &ParameterShape> {
        self.layers.iter().flat_map(|layer| &layer.parameters)
    }

    /// Returns how many numbers its parameters hold.
    pub fn count(&self) -> u64 {
        self.layers.iter().map(LayerShape::count).fold(0, u64::saturating_add)
    }

    /// Returns the multiplications with an addition, forward, for one image.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).fold(0, u64::saturating_add)
    }
}

/// Checks that maps come before vectors and that the output, and nothing else, is last.
fn order(network: &Network, index: usize) -> Result<(), Issue> {
    let layer = network.layers[index].layer;
    let last = index + 1 == network.layers.len();
    let after_dense = index > 0 && matches!(network.layers[index - 1].layer, Layer::Dense { .. });
    let classes = Class::ALL.len();
    match layer {
        Layer::Softmax { classes: units } if units != classes => {
            Err(Issue::new(format!("`{layer}` has {units} outputs and there are {classes} classes"))
                .help(format!("write `softmax {classes}`")))
        }
        Layer::Softmax { .. } if !last => Err(Issue::new(format!("`{layer}` is not the last layer"))),
        Layer::Softmax { .. } => Ok(()),
        _ if last => Err(Issue::new(format!("the last layer is `{layer}`, which gives no probabilities"))
            .help(format!("end the network with `softmax {classes}`"))),
        Layer::Dense { .. } => Ok(()),
        _ if after_dense => Err(Issue::new(format!("`{layer}` needs a map and follows a dense layer"))
            .help("put the dense layers after all others")),
        _ => Ok(()),
    }
}

/// Returns what `layer` makes of `input`, if it fits.
fn output(layer: Layer, input: Map) -> Option<Map> {
    let (channels, rows, cols) = match layer {
        Layer::Convolution { kernel: [high, wide], channels, stride, padding } => {
            (channels, slide(input.rows, high, stride, padding)?, slide(input.cols, wide, stride, padding)?)
        }
        Layer::MaxPool { kernel: [high, wide], stride } => {
            (input.channels, slide(input.rows, high, stride, 0)?, slide(input.cols, wide, stride, 0)?)
        }
        Layer::Attention { .. } | Layer::Residual => (input.channels, input.rows, input.cols),
        Layer::Dense { units } => (units, 1, 1),
        Layer::Softmax { classes } => (classes, 1, 1),
    };
    Some(Map { channels, rows, cols })
}

/// Returns how many windows fit along one axis.
fn slide(side: usize, window: usize, stride: usize, padding: usize) -> Option<usize> {
    Some((side + 2 * padding).checked_sub(window)? / stride + 1)
}

/// Returns the parameters and the multiplications of a layer.
fn work(name: &str, layer: Layer, input: Map, output: Map) -> (Vec<ParameterShape>, u64) {
    let pixels = product(&[output.rows, output.cols]);
    let channels = input.channels;
    let weights = |parameters: &[ParameterShape]| parameters[0].count();
    match layer {
        Layer::Convolution { kernel, .. } => {
            let parameters = convolution(name, channels, output.channels, kernel);
            let macs = weights(&parameters).saturating_mul(pixels);
            (parameters.into(), macs)
        }
        Layer::MaxPool { .. } => (Vec::new(), 0),
        Layer::Attention { reduction } => {
            let units = (channels / reduction).max(1);
            let reduce = dense(&format!("{name}.reduce"), channels, units);
            let expand = dense(&format!("{name}.expand"), units, channels);
            let spatial = convolution(&format!("{name}.spatial"), 2, 1, [7, 7]);
            // The hidden layer is shared by the average and the maximum, so it is passed twice.
            let twice = weights(&reduce).saturating_add(weights(&expand)).saturating_mul(2);
            let macs = weights(&spatial).saturating_mul(pixels).saturating_add(twice);
            ([reduce, expand, spatial].concat(), macs)
        }
        Layer::Residual => {
            let first = convolution(&format!("{name}.first"), channels, channels, [3, 3]);
            let second = convolution(&format!("{name}.second"), channels, channels, [3, 3]);
            let macs = weights(&first).saturating_mul(pixels).saturating_mul(2);
            ([first, second].concat(), macs)
        }
        Layer::Dense { .. } | Layer::Softmax { .. } => {
            let from = usize::try_from(input.count()).unwrap_or(usize::MAX);
            let parameters = dense(name, from, output.channels);
            let macs = weights(&parameters);
            (parameters.into(), macs)
        }
    }
}

/// Most rows or columns that are suggested.
const LARGEST_SIDE: usize = 1 << 16;

/// Rows or columns that every network has room enough in.
const ROOM: usize = 1 << 32;

fn too_small(network: &Network, layer: Layer, input: Map) -> Issue {
    let message = format!("`{layer}` does not fit the {} x {} map that reaches it", input.rows, input.cols);
    let least = |axis: fn(usize) -> Map| {
        let fits = |side: usize| {
            let mut layers = network.layers.iter().map(|written| written.layer);
            layers.try_fold(axis(side), |map, layer| output(layer, map)).is_some()
        };
        // What fits a side fits every larger one.
        let (mut too_few, mut enough) = (0, fits(LARGEST_SIDE).then_some(LARGEST_SIDE)?);
        while enough - too_few > 1 {
            let middle = usize::midpoint(too_few, enough);
            if fits(middle) {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        Some(enough)
    };
    // The two axes never meet, so each is searched while the other has room enough.
    let rows = least(|rows| Map { channels: 1, rows, cols: ROOM });
    let cols = least(|cols| Map { channels: 1, rows: ROOM, cols });
    match (rows, cols) {
        (Some(rows), Some(cols)) => Issue::new(message)
            .help(format!("images of at least {rows} rows and {cols} columns fit this network")),
        _ => Issue::new(message).help("no image fits this network: its windows are too large"),
    }
}

#[cfg(test)]
mod tests;
