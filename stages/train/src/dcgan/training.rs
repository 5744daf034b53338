use burn::tensor::{Device, Tensor, TensorData};
use contract::{Ctx, Issue, Seed};
use table::AdversaryPoint;

use super::checkpoint::Checkpoint;
use super::duel::Duel;
use super::network::generate;
use super::noise::normal;
use super::real::Real;
use super::recipe::NOISE;
use super::tally::Tally;
use crate::batches::order;
use crate::fit::check;

/// How both networks are fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Passes over the real images.
    pub epochs: u32,
    /// Real images of one step, and as many generated ones; the last step of an epoch takes what is left.
    pub batch: usize,
    /// Origin of the order of the images and of all noise.
    pub seed: Seed,
}

impl Training {
    /// Fits both networks, and returns their curves.
    ///
    /// It goes on where an earlier attempt left a checkpoint, and then ends with the same bits.
    ///
    /// # Errors
    /// If a loss is not finite, or a checkpoint cannot be written.
    pub fn run(
        self,
        duel: &mut Duel,
        real: &Real,
        device: &Device,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<AdversaryPoint>, Issue> {
        let checkpoint = Checkpoint::at(ctx.scratch());
        let mut curves = checkpoint.resume(duel, real.count.div_ceil(self.batch), device, ctx);
        let done = u32::try_from(curves.len()).unwrap_or(u32::MAX);
        for epoch in done + 1..=self.epochs {
            let mut tally = Tally::default();
            for (index, batch) in order(real.count, epoch, self.seed).chunks(self.batch).enumerate() {
                let place = format!("epoch {epoch}, batch {}", index + 1);
                let noise = self.noise(batch.len(), &place, device);
                let loss = tally.count(&duel.step(real.batch(batch, device), noise));
                check(loss, || place.clone())?;
            }
            curves.push(tally.point(epoch));
            checkpoint.write(duel, &curves)?;
            ctx.progress(epoch as usize, self.epochs as usize, "epochs");
        }
        Ok(curves)
    }

    /// Returns the pixels of `count` generated images, between 0 and 1.
    ///
    /// Noise comes in whole batches, whatever the count is, because a batch is normalized by its own mean and variance.
    ///
    /// # Errors
    /// If a pixel is not a number.
    pub fn images(self, duel: &Duel, count: usize, device: &Device) -> Result<Vec<Vec<f32>>, Issue> {
        let parameters = duel.generator.frozen();
        let mut images = Vec::with_capacity(count);
        for batch in 0..count.div_ceil(self.batch) {
            let noise = self.noise(self.batch, &format!("images, batch {batch}"), device).without_autodiff();
            let data = generate(&parameters, noise).into_data();
            let pixels: &[f32] = data.as_slice().expect("pixels are f32");
            let size = pixels.len() / self.batch;
            images.extend(
                pixels
                    .chunks(size)
                    .map(|image| image.iter().map(|pixel| f32::midpoint(*pixel, 1.0)).collect()),
            );
        }
        images.truncate(count);
        if images.iter().flatten().any(|pixel: &f32| pixel.is_nan()) {
            return Err(Issue::new("a generated pixel is NaN").help("lower `learning-rate`"));
        }
        Ok(images)
    }

    /// Returns the noise of one use.
    ///
    /// # Shapes
    /// `[count, 100]`.
    fn noise(self, count: usize, place: &str, device: &Device) -> Tensor<2> {
        let values = normal(count * NOISE, self.seed, &format!("noise of {place}"));
        Tensor::from_data(TensorData::new(values, [count, NOISE]), device)
    }
}
