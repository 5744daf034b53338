use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use contract::{Ctx, Issue, Seed};
use table::{Class, CurvePoint, Part};

use crate::adam::Adam;
use crate::batches::order;
use crate::dataset::{Dataset, Entry};
use crate::model::{Model, Parameter};
use crate::predict::{host, scores};
use crate::softmax::{Tally, Target};

/// How a model is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Passes over the samples.
    pub epochs: u32,
    /// Samples of one step; the last step of an epoch takes what is left.
    pub batch: usize,
    /// Learning rate of Adam.
    pub rate: f32,
    /// Origin of the order of the samples.
    pub seed: Seed,
}

impl Fit {
    /// Fits `model` to the samples of part train, and returns it as the last epoch left it, with its curves.
    ///
    /// The curves hold, of part train, the mean over the batches of an epoch as they were passed, and of part test what
    /// the model says after it.
    ///
    /// # Errors
    /// If a loss is not finite.
    /// # Source
    /// Table 4; Fig. 8 a.
    pub fn run(
        self,
        model: Model,
        data: &Dataset,
        device: &Device,
        ctx: &Ctx<'_>,
    ) -> Result<(Model, Vec<CurvePoint>), Issue> {
        let mut fitted = Fitted { model, adam: Adam::new(self.rate), data, device };
        let mut curves = Vec::new();
        for epoch in 1..=self.epochs {
            let mut train = Tally::default();
            let order = order(data.train.len(), epoch, self.seed);
            for (index, batch) in order.chunks(self.batch).enumerate() {
                let entries: Vec<&Entry> = batch.iter().map(|sample| &data.train[*sample]).collect();
                let loss = fitted.step(&entries, &mut train);
                check(loss, || format!("epoch {epoch}, batch {}", index + 1))?;
            }
            let test = fitted.test(self.batch);
            check(test.loss(), || format!("epoch {epoch}, on the samples of part test"))?;
            for (part, tally) in [(Part::Train, train), (Part::Test, test)] {
                curves.push(CurvePoint { epoch, part, loss: tally.loss(), accuracy: tally.accuracy() });
            }
            ctx.progress(epoch as usize, self.epochs as usize, "epochs");
        }
        Ok((fitted.model, curves))
    }
}

/// A model while it is fitted.
struct Fitted<'a> {
    model: Model,
    adam: Adam,
    data: &'a Dataset,
    device: &'a Device,
}

impl Fitted<'_> {
    /// Moves the model by one step; counts `entries` as it answered them before, and returns the sum of their losses.
    fn step(&mut self, entries: &[&Entry], tally: &mut Tally) -> f64 {
        let targets: Vec<Target> = entries.iter().map(|entry| entry.target()).collect();
        let scores = self.model.forward(self.data.images(entries, self.device));
        let answers = host(scores.clone());
        let mut gradients = cross_entropy(scores, &targets, self.device).backward();
        update(&mut self.model, &mut self.adam, &mut gradients);
        answers.into_iter().zip(targets).map(|(scores, target)| tally.count(scores, target)).sum()
    }

    /// Returns what the model says of the samples of part test.
    fn test(&self, batch: usize) -> Tally {
        let mut tally = Tally::default();
        let answers = scores(&self.model, self.data, batch, self.device);
        for (entry, scores) in self.data.test.iter().zip(answers) {
            tally.count(scores, entry.target());
        }
        tally
    }
}

/// Returns the mean cross-entropy, in nats.
///
/// # Shapes
/// `scores`: `[n, classes]`; the result: `[1]`.
pub fn cross_entropy<T: Copy + Into<Target>>(scores: Tensor<2>, targets: &[T], device: &Device) -> Tensor<1> {
    let mut answers = vec![0.0_f32; targets.len() * Class::ALL.len()];
    for (row, target) in answers.chunks_mut(Class::ALL.len()).zip(targets) {
        let target: Target = (*target).into();
        target.shares().for_each(|(class, share)| row[class.index()] = -share);
    }
    let answers = Tensor::from_data(TensorData::new(answers, scores.shape()), (device, scores.dtype()));
    (log_softmax(scores, 1) * answers).sum_dim(1).mean()
}

/// Moves every parameter of `model` against its gradient.
pub fn update(model: &mut Model, adam: &mut Adam, gradients: &mut Gradients) {
    let (shapes, moving): (Vec<_>, Vec<_>) = std::mem::take(&mut model.parameters)
        .into_iter()
        .map(|Parameter { shape, value }| {
            let gradient = value.grad_remove(gradients).expect("every parameter has a part in the scores");
            (shape, (value.inner(), gradient))
        })
        .unzip();
    let moved = adam.step(moving).into_iter().zip(shapes);
    model.parameters =
        moved.map(|(value, shape)| Parameter { shape, value: value.autodiff().require_grad() }).collect();
}

/// Fails where a loss is no number any more.
pub fn check(loss: f64, at: impl FnOnce() -> String) -> Result<(), Issue> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(Issue::new(format!("the loss is {loss} in {}", at())).help("lower `learning-rate`"))
}
