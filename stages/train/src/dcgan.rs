//! Images of scans that were never taken, made by a network that is fitted against another.
//!
//! - `recipe`: the sizes of both; `network`: what they compute; `noise`: what they start with, and what images are made of.
//! - `real`: the images that they may see. `player`, `duel`, `training`: one network, one step of both, the loop.
//! - `tally`, `checkpoint`: what is told of an epoch, and what is kept of it for another attempt.
//! - `gallery`, `sheet`: the images as a table, and some beside real ones. `outlook`: memory and time beforehand.

mod checkpoint;
mod duel;
mod gallery;
mod network;
mod noise;
mod outlook;
mod player;
mod real;
mod recipe;
#[cfg(test)]
mod reference;
mod sheet;
mod tally;
#[cfg(test)]
mod tests;
mod training;

use std::num::NonZeroU32;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Counts, Label, Metadata, Shape};

use self::duel::Duel;
use self::outlook::Outlook;
use self::real::Real;
use self::recipe::Recipe;
use self::training::Training;
use crate::device::Device;
use crate::positive::Positive;
use crate::weights::{Stored, write_tensors};

/// Fits a DCGAN to the images of one class, and generates the images that the class lacks in `D_3`.
///
/// It sees the patients who are not held out, and no others. The generator that makes the images is that of the last
/// epoch. Epochs that an earlier attempt completed are taken from its checkpoint.
///
/// A class of which it may see no image is warned of: then nothing is fitted and none is generated, so that whoever has
/// no scan of it still gets every table of the others.
///
/// Version 1: the first.
///
/// # Source
/// §2.2 and Table 2, which name DCGAN, one model for each class, and the counts; all else is Radford et al. 2016.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dcgan {
    /// Class of the images that it sees and makes; not `normal`, which is not augmented.
    pub label: Label,
    /// Images of each class afterwards, originals included.
    pub counts: Counts,
    /// Number of originals that the counts refer to; with fewer or more originals the counts shrink or grow in
    /// proportion.
    #[serde(default = "Counts::paper_images")]
    pub of: NonZeroU32,
    /// Channels of every layer, relative to the 1024, 512, 256, … of the recipe.
    #[serde(default = "Dcgan::full_width")]
    pub width: Positive,
    /// Passes over the images.
    pub epochs: NonZeroU32,
    /// Real images of one step, and as many generated ones.
    pub batch: NonZeroU32,
    /// Learning rate of Adam, for both networks.
    pub learning_rate: Positive,
    /// Decay of Adam's mean of gradients, for both networks: at least 0 and below 1.
    #[serde(default = "Dcgan::half")]
    pub beta1: f32,
    /// Where it is computed: `flex`, `libtorch`, or `libtorch:0` for the first GPU.
    #[serde(default)]
    pub device: Device,
    /// Origin of the first weights, of the order of the images and of all noise.
    pub seed: Seed,
}

impl Dcgan {
    const fn full_width() -> Positive {
        Positive::ONE
    }

    const fn half() -> f32 {
        0.5
    }

    /// Returns how many images are made where `of_label` of `of_all` originals are of this class.
    fn lacking(&self, of_label: usize, of_all: usize) -> usize {
        self.counts.target(self.label, of_all, self.of).unwrap_or(0).saturating_sub(of_label)
    }

    fn training(&self) -> Training {
        Training { epochs: self.epochs.get(), batch: self.batch.get() as usize, seed: self.seed }
    }
}

impl Stage for Dcgan {
    const KIND: &'static str = "dcgan";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Fits a DCGAN to the images of one class and generates more of them.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "normalized originals of all classes"),
        Input::one("held-out", "patients", "whose images it must not see, from `hold-out`"),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new("images", "images.parquet", "images", "the generated images, of no patient"),
        Output::new("curves", "curves.parquet", "adversary-curves", "losses of both networks in every epoch"),
        Output::new(
            "weights",
            "weights.safetensors",
            "weights",
            "the generator's parameters, named and shaped as in PyTorch's example of a DCGAN",
        ),
        Output::new("sheet", "sheet.png", "png", "real images above generated ones"),
    ];

    fn check(&self) -> Result<(), Issue> {
        if self.label == Label::Normal {
            let issue = Issue::new("`label`: normal images are not augmented");
            return Err(issue.help("choose metastatic, arthritic or both"));
        }
        if !(0.0..1.0).contains(&self.beta1) {
            return Err(Issue::new(format!("`beta1`: {} is not between 0 and 1", self.beta1)));
        }
        self.device.check()
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let fact = |name| known.number("images", name).and_then(|number| usize::try_from(number).ok());
        let (Some(rows), Some(cols)) = (fact("rows"), fact("cols")) else { return Ok(Forecast::default()) };
        let recipe = Recipe::of(rows, cols, self.width.get())?;
        let outlook = Outlook { batch: self.batch.get().into(), threads: known.threads.max(1) as u64 };
        let of_all = fact("images");
        let of_label = of_all.map(|all| outlook::share(self.label, all));
        let images = of_all.zip(of_label).map(|(all, label)| self.lacking(label, all));
        let held = of_label.zip(images).map(|(real, made)| real + made);
        let outputs = [("images", json!({ "images": images, "rows": rows, "cols": cols }))].into();
        if self.device.is_gpu() {
            return Ok(Forecast {
                memory: Some(outlook::data_memory(&recipe, held)),
                seconds: None,
                outputs,
            });
        }
        let seconds = of_label.map(|images| outlook.seconds(&recipe, images, self.epochs.get()));
        Ok(Forecast { memory: Some(outlook.memory(&recipe, held)), seconds, outputs })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let real = Real::read(ctx.input("images")?, ctx.input("held-out")?, self.label)?;
        let recipe = Recipe::of(real.rows, real.cols, self.width.get())?;
        let (mut count, mut training) = (self.lacking(real.of_label, real.of_all), self.training());
        if real.count == 0 {
            ctx.warn(format!(
                "no image of a patient who is not held out is {}: nothing is fitted, and none is generated",
                self.label
            ));
            (count, training.epochs) = (0, 0);
        } else if count == 0 {
            ctx.warn(format!("there are {} {} images already: none is generated", real.of_label, self.label));
        }
        let device = self.device.open()?;
        let mut duel = Duel::new(&recipe, &device, self.learning_rate.get(), self.beta1, self.seed);
        let curves = training.run(&mut duel, &real, &device, ctx)?;
        table::write(ctx.output("curves")?, &curves, &Metadata::new())?;
        let images = training.images(&duel, count, &device)?;
        let above: Vec<&[f32]> = (0..real.count).map(|index| real.image(index)).collect();
        let below: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
        sheet::write(&[&above, &below], real.rows, real.cols, ctx.output("sheet")?)?;
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let shape = Shape { rows: side(real.rows), cols: side(real.cols) };
        gallery::write(images, self.label, shape, ctx.output("images")?)?;
        write_tensors(duel.generator.parameters.into_iter().map(Stored::from), ctx.output("weights")?)
    }
}
