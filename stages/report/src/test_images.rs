use std::collections::BTreeMap;
use std::iter::repeat_with;

use contract::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use table::{Class, Prediction};

use crate::confusion::ConfusionMatrix;
use crate::score::{auc_of_the_others, metrics};

/// The images on which some runs were tested: what a bootstrap draws again.
///
/// Images are drawn, not samples: both samples of an image that is metastatic and arthritic stand or fall together.
/// And they are drawn for all runs at once: an image that several seeds test on is one piece of evidence, so a mean
/// over seeds does not look more certain than its images allow. Images of one patient, and those made from one
/// another, are taken for independent: where a data set holds such, the interval is rather too narrow.
pub(crate) struct TestImages<'a> {
    /// The samples of each image, each with the position of its run; in the order of the images' names.
    images: Vec<Vec<(usize, &'a Prediction)>>,
    /// For each run, whether it has images of every class.
    complete: Vec<bool>,
}

impl<'a> TestImages<'a> {
    /// Collects the images of runs.
    pub(crate) fn of(runs: &[&'a [Prediction]]) -> Self {
        let mut images = BTreeMap::<&str, Vec<_>>::new();
        for (run, predictions) in runs.iter().enumerate() {
            for sample in *predictions {
                images.entry(&sample.image_id).or_default().push((run, sample));
            }
        }
        let has = |run: &[Prediction], class: Class| run.iter().any(|sample| sample.label == class);
        let complete = runs.iter().map(|run| Class::ALL.iter().all(|class| has(run, *class)));
        Self { images: images.into_values().collect(), complete: complete.collect() }
    }

    /// Returns how many there are.
    pub(crate) const fn count(&self) -> usize {
        self.images.len()
    }

    /// Returns endless resamples: each as many images as there are, drawn with replacement, by position.
    pub(crate) fn resamples(&self, seed: Seed) -> impl Iterator<Item = Vec<usize>> {
        let mut generator = ChaCha8Rng::from_seed(seed.fork_bytes("bootstrap"));
        let count = self.images.len();
        // The high word of a product is below `count`, so it fits.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        let mut draw = move || ((u128::from(generator.next_u64()) * count as u128) >> 64) as usize;
        repeat_with(move || repeat_with(&mut draw).take(count).collect())
    }

    /// Returns the mean over the runs of each metric of `class`, on the samples of the images at these positions.
    ///
    /// A run that is left without samples, or in which a metric is undefined, does not count for it. Where a run has
    /// images of every class and these are of fewer, its macro AUC is the mean over the classes that are there: else
    /// the interval would leave out just these resamples, which are not like the others.
    pub(crate) fn means(&self, positions: &[usize], class: &str) -> BTreeMap<String, f64> {
        let mut samples = vec![Vec::new(); self.complete.len()];
        for (run, sample) in positions.iter().filter_map(|position| self.images.get(*position)).flatten() {
            samples[*run].push(*sample);
        }
        let mut sums = BTreeMap::<String, (f64, f64)>::new();
        for (samples, complete) in
            samples.iter().zip(&self.complete).filter(|(samples, _)| !samples.is_empty())
        {
            let matrix = ConfusionMatrix::of(samples.iter().map(|sample| (sample.label, sample.predicted)));
            let (mut rows, without_auc) = metrics(samples, &matrix);
            if *complete && !without_auc.is_empty() {
                rows.extend(auc_of_the_others(&rows));
            }
            for row in rows.into_iter().filter(|row| row.class == class) {
                let (sum, count) = sums.entry(row.metric).or_default();
                *sum += row.value;
                *count += 1.0;
            }
        }
        sums.into_iter().map(|(metric, (sum, count))| (metric, sum / count)).collect()
    }

    /// Returns the values of each metric of `class` over `resamples`.
    pub(crate) fn replicates(
        &self,
        resamples: impl Iterator<Item = Vec<usize>>,
        class: &str,
    ) -> BTreeMap<String, Vec<f64>> {
        let mut replicates = BTreeMap::<String, Vec<f64>>::new();
        for (metric, mean) in resamples.flat_map(|positions| self.means(&positions, class)) {
            replicates.entry(metric).or_default().push(mean);
        }
        replicates
    }
}
