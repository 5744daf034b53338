use std::collections::BTreeSet;

use contract::{Ctx, Input, Issue, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Image, ImageReader, Leak, Metadata, Metric, Patient, Sample};

use crate::kinship::Kinship;

/// The class under which the numbers of all test samples stand.
const ALL: &str = "all";

/// Counts, for each test sample, the training samples that give its answer away.
///
/// | leak | training samples |
/// |---|---|
/// | `siblings` | of another image that goes back to the same original, or of that original |
/// | `other-views` | of another scan of the same patient, or of an image made from it |
/// | `duplicates` | of the same image under another name: one that is `both` is two samples |
/// | `generated` | that share a generator with it: it was fitted on the one and made the other, or made both |
///
/// `metrics` holds how many test samples have each leak, how many have `any`, their shares of all test samples, and of
/// how many images they are (`any-images` of `images`); for every class, and for `all`. Under `clean` every number but
/// `samples` and `images` is 0.
///
/// Version 2: images. 1: the first.
///
/// An image with an operation and no original was generated; its generator was fitted on the images of its label
/// whose patients are not held out, as `hold-out` says for generators and for networks alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leakage {}

impl Stage for Leakage {
    const KIND: &'static str = "leakage";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Counts the test samples that the training part gives away.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "The data set."),
        Input::one("held-out", "patients", "Who is held out, from `hold-out`."),
        Input::one("samples", "samples", "Samples, from `split`."),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new("leaks", "leaks.parquet", "leaks", "Training samples that give each test sample away."),
        Output::new(
            "metrics",
            "metrics.parquet",
            "metrics",
            "How many test samples are given away, and how.",
        ),
    ];

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let images: Vec<Image> =
            ImageReader::open_without_pixels(ctx.input("images")?)?.collect::<Result<_, _>>()?;
        let patients: Vec<Patient> = table::read(ctx.input("held-out")?)?;
        let path = ctx.input("samples")?;
        let samples: Vec<Sample> = table::read(path)?;
        let kinship = Kinship::of(&images, &patients, &samples).map_err(|issue| issue.file(path))?;
        let leaks = kinship.leaks();
        if leaks.is_empty() {
            ctx.warn("no sample is tested, so none is given away");
        }
        table::write(ctx.output("leaks")?, &leaks, &Metadata::new())?;
        Ok(table::write(ctx.output("metrics")?, &metrics(&leaks), &Metadata::new())?)
    }
}

/// Returns how many of the test samples have each leak, and their share; there is no share of nothing.
fn metrics(leaks: &[Leak]) -> Vec<Metric> {
    let classes = Class::ALL.iter().map(|class| (class.as_str(), Some(*class)));
    let rows = |(name, class): (&str, Option<Class>)| {
        let chosen: Vec<&Leak> =
            leaks.iter().filter(|leak| class.is_none_or(|class| leak.label == class)).collect();
        let kinds: [(&str, fn(&Leak) -> bool); 5] = [
            ("siblings", |leak| leak.siblings > 0),
            ("other-views", |leak| leak.other_views > 0),
            ("duplicates", |leak| leak.duplicates > 0),
            ("generated", |leak| leak.generated > 0),
            ("any", |leak| leak.siblings + leak.other_views + leak.duplicates + leak.generated > 0),
        ];
        let row = |metric: String, value| Metric { class: name.to_owned(), metric, value };
        let images = |has: &dyn Fn(&Leak) -> bool| {
            let found = chosen.iter().filter(|sample| has(sample)).map(|sample| &sample.image_id);
            number(found.collect::<BTreeSet<_>>().len())
        };
        let mut rows = vec![
            row("samples".to_owned(), number(chosen.len())),
            row("images".to_owned(), images(&|_| true)),
        ];
        for (leak, has) in kinds {
            let count = number(chosen.iter().filter(|sample| has(sample)).count());
            rows.push(row(leak.to_owned(), count));
            rows.push(row(format!("{leak}-images"), images(&has)));
            if !chosen.is_empty() {
                rows.push(row(format!("{leak}-share"), count / number(chosen.len())));
            }
        }
        rows
    };
    [(ALL, None)].into_iter().chain(classes).flat_map(rows).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
