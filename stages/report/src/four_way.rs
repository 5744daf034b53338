use std::collections::{BTreeMap, BTreeSet};

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, ImageReader, Label, Metric, Prediction};

use crate::confusion::{OneAgainstRest, f1, share};
use crate::network;
use crate::numeral::number;
use crate::predictions::{names_both, predictions};
use crate::ranking::area_under_curve;

/// The answers of a network of three outputs, read as answers in four classes, and as normal against abnormal.
///
/// An image is taken for metastatic and arthritic (`both`) if these are its two most probable classes, and the less
/// probable of the two has at least `tau`; else for the most probable class. Each image counts once, whether the split
/// tests it as a sample of one disease, or of both.
///
/// | class | metrics |
/// |---|---|
/// | each of four | accuracy, precision, sensitivity, specificity, f1, images |
/// | `both`, if any | first, second: mean probability of the more and of the less probable disease |
/// | `abnormal` | the same, of all that is not normal; auc of `1 - p(normal)`, if defined |
/// | `macro` | accuracy over all classes; means of precision, sensitivity and specificity; f1 of these means; images |
///
/// What is undefined is 0, as in scikit-learn; what is left out is named in the metadata.
///
/// VERSION 2: what is left out is named. 1: the first.
///
/// # Source
/// Fig. 13 and its text, which name both diseases by the two largest outputs and give no threshold: of its two
/// examples the second has 0.05 and 0.15. Counts of abnormal against normal: eqs. 13 to 17.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FourWay {
    /// Probability that the less probable disease needs.
    #[serde(default = "twentieth")]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub tau: f64,
}

const fn twentieth() -> f64 {
    0.05
}

impl Stage for FourWay {
    const KIND: &'static str = "four-way";
    const VERSION: u32 = 2;
    const DOC: &'static str =
        "Reads predictions as answers in four classes, with both diseases as one of them.";
    const INPUTS: &'static [Input] = &[
        Input::one("predictions", "predictions", "Probabilities and labels of the scored samples."),
        Input::one("images", "images", "The images that were scored, with what readers found in them."),
    ];
    const OUTPUTS: &'static [Output] =
        &[Output::new("metrics", "metrics.parquet", "metrics", "One number for each class and metric.")];

    fn check(&self) -> Result<(), Issue> {
        if (0.0..=0.5).contains(&self.tau) {
            return Ok(());
        }
        let message = format!("`tau` is {}: the second largest probability lies between 0 and 0.5", self.tau);
        Err(Issue::new(message).help("the paper's examples have 0.05 and 0.15"))
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let path = ctx.input("predictions")?;
        let predictions = predictions(path)?;
        let labels = labels(ctx, &predictions)?;
        let mut seen = BTreeSet::new();
        let mut images = Vec::new();
        for sample in predictions.iter().filter(|sample| seen.insert(&sample.image_id)) {
            let label = labels.get(&sample.image_id).ok_or_else(|| {
                let message = format!("has no image `{}`, which was scored", sample.image_id);
                Issue::new(message)
                    .file(ctx.input("images").unwrap_or(path))
                    .help("wire the images that were split")
            })?;
            images.push((*label, sample));
        }
        let metrics = self.metrics(&images);
        let mut metadata = network::carried(table::metadata(path)?);
        table::tell_undefined(
            &mut metadata,
            &metrics,
            &[("abnormal", "auc"), ("both", "first"), ("both", "second")],
        );
        Ok(table::write(ctx.output("metrics")?, &metrics, &metadata)?)
    }
}

impl FourWay {
    fn answer(&self, sample: &Prediction) -> Label {
        if names_both(sample) && diseases(sample).1 >= self.tau {
            return Label::Both;
        }
        match sample.predicted {
            Class::Normal => Label::Normal,
            Class::Metastatic => Label::Metastatic,
            Class::Arthritic => Label::Arthritic,
        }
    }

    fn metrics(&self, images: &[(Label, &Prediction)]) -> Vec<Metric> {
        let pairs: Vec<(Label, Label)> =
            images.iter().map(|(label, sample)| (*label, self.answer(sample))).collect();
        let against = |is: &dyn Fn(Label) -> bool| {
            OneAgainstRest::of(pairs.iter().map(|(label, answer)| (is(*label), is(*answer))))
        };
        let mut rows = Vec::new();
        let mut row = |class: &str, metric: &str, value: f64| {
            rows.push(Metric { class: class.to_owned(), metric: metric.to_owned(), value });
        };
        let views: Vec<OneAgainstRest> =
            Label::ALL.iter().map(|class| against(&|label| label == *class)).collect();
        let abnormal = against(&|label| label != Label::Normal);
        let names = Label::ALL.iter().map(|class| class.as_str()).chain(["abnormal"]);
        for (class, counts) in names.zip(views.iter().chain([&abnormal])) {
            counts.metrics().into_iter().for_each(|(metric, value)| row(class, metric, value));
            row(class, "images", number(counts.samples()));
        }
        let sides = images.iter().map(|(label, sample)| (1.0 - sample.p_normal, *label != Label::Normal));
        if let Some(area) = area_under_curve(sides.collect()) {
            row("abnormal", "auc", area);
        }
        let both: Vec<(f64, f64)> = images
            .iter()
            .filter(|(label, _)| *label == Label::Both)
            .map(|(_, sample)| diseases(sample))
            .collect();
        if !both.is_empty() {
            let mean =
                |of: fn(&(f64, f64)) -> f64| both.iter().map(of).sum::<f64>() / number(both.len() as u64);
            row("both", "first", mean(|pair| pair.0));
            row("both", "second", mean(|pair| pair.1));
        }
        let mean = |of: fn(OneAgainstRest) -> f64| {
            views.iter().map(|counts| of(*counts)).sum::<f64>() / number(views.len() as u64)
        };
        let (precision, sensitivity) = (mean(OneAgainstRest::precision), mean(OneAgainstRest::sensitivity));
        let right = pairs.iter().filter(|(label, answer)| label == answer).count() as u64;
        row("macro", "accuracy", share(right, pairs.len() as u64));
        row("macro", "precision", precision);
        row("macro", "sensitivity", sensitivity);
        row("macro", "specificity", mean(OneAgainstRest::specificity));
        row("macro", "f1", f1(precision, sensitivity));
        row("macro", "images", number(pairs.len() as u64));
        rows
    }
}

/// Returns the probabilities of the more and of the less probable disease.
fn diseases(sample: &Prediction) -> (f64, f64) {
    let (metastatic, arthritic) = (sample.p_metastatic, sample.p_arthritic);
    (metastatic.max(arthritic), metastatic.min(arthritic))
}

/// Returns what readers found in the images that were scored.
fn labels(ctx: &Ctx<'_>, predictions: &[Prediction]) -> Result<BTreeMap<String, Label>, Issue> {
    let scored: BTreeSet<&str> = predictions.iter().map(|sample| sample.image_id.as_str()).collect();
    let mut labels = BTreeMap::new();
    for image in ImageReader::open_without_pixels(ctx.input("images")?)? {
        let image = image?;
        if scored.contains(image.image_id.as_str()) {
            labels.insert(image.image_id, image.label);
        }
    }
    Ok(labels)
}
