use contract::Issue;

use crate::network::parameter::product;
use crate::network::{Layer, LayerShape, Network, Scale, Shape};

/// Bytes of the program itself, with what it holds while it reads and writes tables.
const PROGRAM: u64 = 128 << 20;
/// Bytes of a number.
const NUMBER: u64 = 4;
/// Numbers kept for a weight: itself, its gradient and Adam's two means.
const PER_WEIGHT: u64 = 4;
/// Numbers kept for an activation while a batch is passed forward and back: outputs before and after the ReLU, their
/// gradients, and copies in the order that a kernel wants. Measured, see the crate's README.
const PER_ACTIVATION: u64 = 4;
/// Places of a map whose windows a forward convolution lays out at once.
const TILE: u64 = 512;
/// Floating-point operations of one thread in a second, with all that goes with them; of several threads, as many times
/// that as the square root of their number. Measured.
const OPERATIONS_PER_SECOND: f64 = 2e10;
/// Bytes that all threads together move in a second. Measured.
const BYTES_PER_SECOND: f64 = 1e10;

/// What a training is known to work on before it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Samples of one step.
    pub batch: u64,
    /// Passes over the samples.
    pub epochs: u64,
    /// Samples, if they are foreseen.
    pub samples: Option<u64>,
    /// Images, if they are foreseen.
    pub images: Option<u64>,
    /// Threads.
    pub threads: u64,
}

impl Workload {
    /// Returns an upper bound of the peak memory on the processor, in bytes.
    pub fn memory(self, shape: &Shape) -> u64 {
        let layers = shape.layers.iter().map(|layer| self.layer_memory(layer)).fold(0, u64::saturating_add);
        let buffer = shape.layers.iter().map(|layer| self.buffer(layer)).max().unwrap_or(0);
        let input = bytes(pixels(shape).saturating_mul(self.batch).saturating_mul(PER_ACTIVATION));
        layers.saturating_add(buffer).saturating_add(input).saturating_add(self.data_memory(shape))
    }

    /// Returns the memory of the program and its data set, without a network, in bytes.
    pub fn data_memory(self, shape: &Shape) -> u64 {
        // An image is kept once, however many samples stand for it.
        let kept = match (self.images, self.samples) {
            (Some(images), Some(samples)) => images.min(samples),
            (images, samples) => images.or(samples).unwrap_or(0),
        };
        PROGRAM.saturating_add(bytes(pixels(shape).saturating_mul(kept)))
    }

    /// Returns the wall time in seconds, if the samples are foreseen: as if every one were fitted.
    ///
    /// ```text
    /// operations for an image = 2 · (3 · MAC - MAC of the first layer)
    /// ```
    ///
    /// Forward, to the weights and to the input, except that nothing asks for the gradient of the image.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn seconds(self, shape: &Shape) -> Option<f64> {
        let samples = self.samples?;
        let first = shape.layers.first().map_or(0, |layer| layer.macs);
        let operations = 2.0 * (3.0 * shape.macs() as f64 - first as f64);
        let steps = samples.div_ceil(self.batch) as f64;
        // Per step each weight is read and written a few times: forward, back, and by Adam.
        let moved = 2.0 * bytes(shape.count().saturating_mul(PER_WEIGHT)) as f64;
        let computing = samples as f64 * operations / (OPERATIONS_PER_SECOND * (self.threads as f64).sqrt());
        Some(self.epochs as f64 * (computing + steps * moved / BYTES_PER_SECOND))
    }

    /// Checks that a training fits a machine with so much memory, in bytes.
    ///
    /// # Errors
    /// If it does not: names the costliest layer, and what would fit.
    pub fn check(self, network: &Network, scale: Scale, shape: &Shape, memory: u64) -> Result<(), Issue> {
        let needed = self.memory(shape);
        if needed <= memory {
            return Ok(());
        }
        let costs = shape.layers.iter().map(|layer| self.layer_memory(layer));
        let (index, cost) = costs.enumerate().max_by_key(|(_, cost)| *cost).unwrap_or_default();
        let message = format!(
            "{} on {} x {} images needs {} of memory and this machine has {}; `{}`, layer {}, alone needs {}{}",
            network.title,
            shape.rows,
            shape.cols,
            gigabytes(needed),
            gigabytes(memory),
            shape.layers[index].layer,
            index + 1,
            gigabytes(cost),
            self.seconds(shape)
                .map_or_else(String::new, |time| format!("; fitting it would take {}", about(time)))
        );
        let fits = |scale, rows, cols| {
            Shape::of(network, scale, rows, cols).is_ok_and(|shape| self.memory(&shape) <= memory)
        };
        let hidden = largest_hidden(shape, |hidden| fits(Scale { hidden, ..scale }, shape.rows, shape.cols));
        let width =
            largest_width(scale.width, |width| fits(Scale { width, ..scale }, shape.rows, shape.cols));
        let batch = largest_batch(self.batch, |batch| Self { batch, ..self }.memory(shape) <= memory);
        let size = largest_size(shape, |rows, cols| fits(scale, rows, cols));
        let ways = [
            hidden.map(|hidden| format!("set `hidden` to at most {hidden}")),
            width.map(|width| format!("set `width` to at most {width}")),
            batch.map(|batch| format!("set `batch` to at most {batch}")),
            size.map(|(rows, cols)| format!("set `rows` to at most {rows} (and `cols` to {cols})")),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        let help = if ways.is_empty() {
            "no smaller network fits: take another machine".to_owned()
        } else {
            ways.join(", or ")
        };
        Err(Issue::new(message).help(help).at(&network.file, network.layers[index].span.clone()))
    }

    /// Returns what a layer keeps: its weights and what it makes of a batch.
    fn layer_memory(self, layer: &LayerShape) -> u64 {
        let weights = layer.count().saturating_mul(PER_WEIGHT);
        let activations = layer.output.count().saturating_mul(self.batch).saturating_mul(PER_ACTIVATION);
        bytes(weights.saturating_add(activations))
    }

    /// Returns what a convolution needs for a moment.
    ///
    /// Forward, it lays out the windows of some places of two images for each thread; back, to its weights, those of all
    /// places and the whole batch, of one channel for each thread.
    fn buffer(self, layer: &LayerShape) -> u64 {
        let (channels, window) = match layer.layer {
            Layer::Convolution { kernel: [rows, cols], .. } => (layer.input.channels, rows * cols),
            Layer::Attention { .. } => (2, 49),
            Layer::Residual => (layer.input.channels, 9),
            Layer::MaxPool { .. } | Layer::Dense { .. } | Layer::Softmax { .. } => return 0,
        };
        let places = product(&[layer.output.rows, layer.output.cols]);
        let images = self.batch.min(2 * self.threads);
        let forward = product(&[window, channels]).saturating_mul(places.min(TILE)).saturating_mul(images);
        let threads = self.threads.min(channels as u64);
        let back = (window as u64).saturating_mul(places).saturating_mul(self.batch).saturating_mul(threads);
        bytes(forward.max(back))
    }
}

fn pixels(shape: &Shape) -> u64 {
    product(&[shape.rows, shape.cols])
}

fn bytes(numbers: u64) -> u64 {
    numbers.saturating_mul(NUMBER)
}

#[expect(clippy::cast_precision_loss, reason = "printed to a tenth")]
fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Returns a time in the largest unit of which it is at least two.
fn about(seconds: f64) -> String {
    let units = [(86_400.0, "days"), (3600.0, "hours")];
    let (length, unit) =
        units.into_iter().find(|(length, _)| seconds >= 2.0 * length).unwrap_or((60.0, "minutes"));
    format!("about {:.0} {unit}", seconds / length)
}

/// Returns the largest number of hidden units that `fits`, below that of the shape.
fn largest_hidden(shape: &Shape, fits: impl Fn(u64) -> bool) -> Option<u64> {
    let units = shape.layers.iter().filter_map(|layer| match layer.layer {
        Layer::Dense { units } => Some(units as u64),
        _ => None,
    });
    let (mut fitting, mut beyond) = (0, units.max()?);
    while beyond - fitting > 1 {
        let middle = fitting.midpoint(beyond);
        if fits(middle) { fitting = middle } else { beyond = middle }
    }
    (fitting > 0).then_some(fitting)
}

/// Returns the largest width that `fits`, in hundredths, below `width`.
fn largest_width(width: f64, fits: impl Fn(f64) -> bool) -> Option<f64> {
    let widths = (1..1000_u32).map(|hundredths| f64::from(hundredths) / 100.0);
    let below: Vec<f64> = widths.take_while(|below| *below < width).collect();
    // What fits a width fits every smaller one.
    below.partition_point(|width| fits(*width)).checked_sub(1).map(|last| below[last])
}

/// Returns the largest batch that `fits`, below `batch`.
fn largest_batch(batch: u64, fits: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut fitting, mut beyond) = (0, batch);
    while beyond - fitting > 1 {
        let middle = fitting.midpoint(beyond);
        if fits(middle) { fitting = middle } else { beyond = middle }
    }
    (fitting > 0).then_some(fitting)
}

/// Returns the largest image that `fits` among those that a whole number of pixels can be binned to.
fn largest_size(shape: &Shape, fits: impl Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
    let both = |bin: &usize| shape.rows.is_multiple_of(*bin) && shape.cols.is_multiple_of(*bin);
    let sizes = (2..=shape.rows.min(shape.cols)).filter(both).map(|bin| (shape.rows / bin, shape.cols / bin));
    sizes.into_iter().find(|(rows, cols)| fits(*rows, *cols))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::network::paper::network;

    fn memory(name: &str, (rows, cols): (usize, usize), scale: Scale, work: Workload) -> u64 {
        work.memory(&Shape::of(&network(name), scale, rows, cols).unwrap())
    }

    fn work(batch: u64, images: u64) -> Workload {
        Workload { batch, epochs: 1, samples: Some(images), images: Some(images), threads: 2 }
    }

    /// Peak resident memory in MiB, as Linux counted it over one epoch with two threads.
    #[test]
    fn a_forecast_is_above_what_was_measured_and_below_twice_that() {
        let (small, large) = ((256, 64), (1024, 256));
        let eighth = Scale { width: 0.125, hidden: 64 };
        let half_dense = Scale { width: 1.0, hidden: 512 };
        let measured = [
            ("dspic-am", small, eighth, work(8, 1502), 137),
            ("dspic-am-no-pool", small, eighth, work(8, 1502), 216),
            ("si-clf", small, eighth, work(8, 1502), 121),
            ("alexnet", small, eighth, work(8, 1502), 146),
            ("dspic-am", large, eighth, work(16, 40), 368),
            ("dspic-am-no-pool", large, eighth, work(16, 40), 1178),
            ("si-clf-am-rm", large, eighth, work(16, 40), 324),
            ("alexnet", large, eighth, work(16, 40), 333),
            ("dspic-am", small, half_dense, work(8, 41), 657),
            ("si-clf-am", small, half_dense, work(8, 41), 159),
            ("alexnet", small, Scale::PRINTED, work(8, 41), 1694),
        ];
        for (name, size, scale, work, measured) in measured {
            let forecast = memory(name, size, scale, work) >> 20;
            assert!(
                (measured..2 * measured).contains(&forecast),
                "{name} at {size:?}: {forecast} for {measured}"
            );
        }
    }

    proptest! {
        #[test]
        fn more_of_anything_needs_more_memory(
            hidden in 1_u64..4096, batch in 1_u64..64, images in 0_u64..4000, side in 47_usize..200,
        ) {
            let least = |hidden, batch, images, side| {
                memory("si-clf-am-rm", (side, side), Scale { width: 0.25, hidden }, work(batch, images))
            };
            let start = least(hidden, batch, images, side);
            prop_assert!(least(hidden + 1, batch, images, side) > start);
            prop_assert!(least(hidden, batch + 1, images, side) > start);
            prop_assert!(least(hidden, batch, images + 1, side) > start);
            prop_assert!(least(hidden, batch, images, side + 1) > start);
        }
    }

    #[test]
    fn an_image_of_two_samples_is_kept_once() {
        let shape = Shape::of(&network("si-clf"), Scale::PRINTED, 256, 64).unwrap();
        let twice = Workload { samples: Some(200), ..work(8, 100) };
        assert_eq!(twice.data_memory(&shape), work(8, 100).data_memory(&shape));
    }

    #[test]
    fn a_machine_too_small_for_any_network_is_told_so() {
        let network = network("si-clf");
        let shape = Shape::of(&network, Scale::PRINTED, 47, 47).unwrap();
        let issue = work(8, 100).check(&network, Scale::PRINTED, &shape, 1).unwrap_err();
        assert_eq!(issue.help.unwrap(), "no smaller network fits: take another machine");
    }
}
