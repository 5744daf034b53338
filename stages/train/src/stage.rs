use std::collections::BTreeMap;
use std::num::NonZeroU32;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::Metadata;

use crate::caption::Caption;
use crate::dataset::Dataset;
use crate::device::Device;
use crate::fit::Fit;
use crate::forecast::Workload;
use crate::initial;
use crate::model::Model;
use crate::network::{Network, Scale, Shape};
use crate::positive::Positive;
use crate::predict::predict;
use crate::weights::Weights;

/// Fits a network to the samples of part train and predicts those of part test.
///
/// Cross-entropy, Adam, no dropout, no decay, no schedule, the last epoch's weights.
///
/// Version 2: predictions tell which images a generator made. 1: the first.
///
/// # Source
/// §2.3, Tables 3, 4 and 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Train {
    /// Channels of every convolution, relative to the network's file.
    #[serde(default = "Train::full_width")]
    pub width: Positive,
    /// Units of every hidden dense layer; 0: as in the network's file.
    #[serde(default)]
    pub hidden: u64,
    /// Passes over the samples of part train.
    pub epochs: NonZeroU32,
    /// Samples of one step.
    pub batch: NonZeroU32,
    /// Learning rate of Adam.
    pub learning_rate: Positive,
    /// Where it is computed: `flex`, `libtorch`, or `libtorch:0` for the first GPU.
    #[serde(default)]
    pub device: Device,
    /// Origin of the first weights and of the order of the samples.
    pub seed: Seed,
    /// Whether the fitted weights are kept.
    #[serde(default)]
    pub weights: Weights,
}

impl Train {
    const fn full_width() -> Positive {
        Positive::ONE
    }

    fn scale(&self) -> Scale {
        Scale { width: self.width.get(), hidden: self.hidden }
    }
}

impl Stage for Train {
    const KIND: &'static str = "train";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Fits a network to the samples of part train and predicts those of part test.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "the images, all of one size"),
        Input::one("samples", "samples", "what to fit and what to predict"),
        Input::one("network", contract::ANY, "the network, a TOML file with a `title` and `layers`"),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new(
            "weights",
            "weights.safetensors",
            "weights",
            "the fitted parameters, named and shaped as in PyTorch",
        ),
        Output::new(
            "predictions",
            "predictions.parquet",
            "predictions",
            "the probabilities of every sample of part test",
        ),
        Output::new(
            "curves",
            "curves.parquet",
            "curves",
            "loss and accuracy of both parts after every epoch",
        ),
    ];

    fn check(&self) -> Result<(), Issue> {
        self.device.check()
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let size = known.number("images", "rows").zip(known.number("images", "cols"));
        let (Some(file), Some((rows, cols))) = (known.source("network"), size) else {
            return Ok(Forecast::default());
        };
        let network = Network::read(file)?;
        let side = |side: u64| u32::try_from(side).unwrap_or(u32::MAX) as usize;
        let shape = Shape::of(&network, self.scale(), side(rows), side(cols))?;
        let work = Workload {
            batch: self.batch.get().into(),
            epochs: self.epochs.get().into(),
            samples: known.number("samples", "samples"),
            images: known.number("images", "images"),
            threads: known.threads.max(1) as u64,
        };
        if self.device.is_gpu() {
            return Ok(Forecast { memory: Some(work.data_memory(&shape)), ..Forecast::default() });
        }
        work.check(&network, self.scale(), &shape, known.memory)?;
        Ok(Forecast {
            memory: Some(work.memory(&shape)),
            seconds: work.seconds(&shape),
            outputs: BTreeMap::new(),
        })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let network = Network::read(ctx.input("network")?)?;
        let data = Dataset::read(ctx.input("images")?, ctx.input("samples")?)?;
        let shape = Shape::of(&network, self.scale(), data.rows, data.cols)?;
        for class in data.unseen() {
            ctx.warn(format!(
                "no sample of class `{class}` is fitted: the network will hardly ever answer it"
            ));
        }
        let device = self.device.open()?;
        let model = Model::new(&shape, &device, |parameter| initial::values(parameter, self.seed));
        #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
        let rate = self.learning_rate.get() as f32;
        let batch = self.batch.get() as usize;
        let fit = Fit { epochs: self.epochs.get(), batch, rate, seed: self.seed };
        let (model, curves) = fit.run(model, &data, &device, ctx)?;
        let training = (self.epochs.get(), self.batch.get(), self.learning_rate.get());
        let caption: Metadata = Caption::new(&network, self.scale(), &shape, training).metadata();
        table::write(ctx.output("predictions")?, &predict(&model, &data, batch, &device), &caption)?;
        table::write(ctx.output("curves")?, &curves, &caption)?;
        self.weights.write(model, ctx.output("weights")?)
    }
}

#[cfg(test)]
mod tests;
