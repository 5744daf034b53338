use std::collections::BTreeMap;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Class, Image, ImageReader, Label, Metadata, Part, Patient, Sample};

use crate::fraction::Fraction;
use crate::order::shuffled;
use crate::protocol::Protocol;

/// Turns images into samples of three classes, and says which of them are trained on and which tested.
///
/// Under `paper` the samples are shuffled and `fraction` of them, rounded up, is the test part: 233 of `D_1`'s 776,
/// 475 of `D_2`'s 1582. Under `clean` the original images of held-out patients are the test part, all images of
/// others the training part, and what was made from a held-out patient's images is unused. `fraction` and `seed`
/// count under `paper` only.
///
/// A class of which no sample is tested is a warning: nothing can be said of it then.
///
/// An image is an original if it has neither `derived_from` nor `operation`. One that is none and whose patient is
/// not in `held-out` was generated, and is trained on.
/// Samples come in the order of their images.
///
/// Version 3: `generated`. 2: `also`, and the seed is forked. `augment` draws by the names of derived images, too, and with the same
/// seed it was those with the smallest digests that it made and that were then tested: 35 normal images of `D_2`
/// instead of 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Split {
    /// Who may be trained on.
    pub protocol: Protocol,
    /// Share of the samples that is tested under `paper`.
    pub fraction: Fraction,
    /// What becomes of an image that is both metastatic and arthritic.
    #[serde(default)]
    pub both: Both,
    /// Origin of all randomness.
    pub seed: Seed,
}

/// What becomes of an image that is both metastatic and arthritic, where a network answers one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Both {
    /// It is two samples, one of each class. The paper's test sets have the size that this gives.
    #[default]
    Duplicate,
    /// It is one sample of two classes, half of each, where it is fitted, and one of each class where it is tested: a
    /// network is scored on one answer. `fraction` then counts images.
    Soft,
    /// It is no sample.
    Exclude,
}

impl Stage for Split {
    const KIND: &'static str = "split";
    const VERSION: u32 = 3;
    const DOC: &'static str = "Turns images into samples and divides these into training and test part.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "The data set."),
        Input::one("held-out", "patients", "Who is held out, from `hold-out`."),
    ];
    const OUTPUTS: &'static [Output] =
        &[Output::new("samples", "samples.parquet", "samples", "Samples, in the order of their images.")];

    /// Takes every image for one sample: how many are both is known only when they are there.
    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let samples = known.number("images", "images");
        Ok(Forecast { outputs: [("samples", json!({ "samples": samples }))].into(), ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let images: Vec<Image> =
            ImageReader::open_without_pixels(ctx.input("images")?)?.collect::<Result<_, _>>()?;
        let held_out = ctx.input("held-out")?;
        let patients: Vec<Patient> = table::read(held_out)?;
        let samples = self.samples(&images, &patients).map_err(|issue| issue.file(held_out))?;
        for class in untested(&samples) {
            ctx.warn(format!("no sample of class `{class}` is tested: how well it is told is not measured"));
        }
        Ok(table::write(ctx.output("samples")?, &samples, &Metadata::new())?)
    }
}

impl Split {
    pub(crate) fn samples(&self, images: &[Image], patients: &[Patient]) -> Result<Vec<Sample>, Issue> {
        let held_out: BTreeMap<&str, bool> =
            patients.iter().map(|patient| (patient.patient_id.as_str(), patient.held_out)).collect();
        let mut samples = Vec::new();
        for image in images {
            let part = match self.protocol {
                Protocol::Paper => Part::Train,
                Protocol::Clean => clean_part(image, &held_out)?,
            };
            samples.extend(self.of_image(image, part));
        }
        if self.protocol == Protocol::Paper {
            self.draw_test_part(&mut samples);
        }
        Ok(samples.into_iter().flat_map(tested_by_class).collect())
    }

    /// Returns the samples of an image.
    fn of_image(&self, image: &Image, part: Part) -> Vec<Sample> {
        let whole = |label, also| Sample {
            sample_id: image.image_id.clone(),
            image_id: image.image_id.clone(),
            label,
            also,
            generated: image.is_generated(),
            part,
        };
        match (image.label, self.both) {
            (Label::Normal, _) => vec![whole(Class::Normal, None)],
            (Label::Metastatic, _) => vec![whole(Class::Metastatic, None)],
            (Label::Arthritic, _) => vec![whole(Class::Arthritic, None)],
            (Label::Both, Both::Duplicate) => by_class(&whole(Class::Metastatic, Some(Class::Arthritic))),
            (Label::Both, Both::Soft) => vec![whole(Class::Metastatic, Some(Class::Arthritic))],
            (Label::Both, Both::Exclude) => Vec::new(),
        }
    }

    /// Draws the paper's test part from all samples, with the rounding of scikit-learn's `train_test_split`.
    fn draw_test_part(&self, samples: &mut [Sample]) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is at most their number"
        )]
        let size = self.fraction.of(samples.len()).ceil() as usize;
        let seed = self.seed.fork("test part");
        let drawn = shuffled(0..samples.len(), seed, |sample| samples[*sample].sample_id.clone());
        for sample in drawn.into_iter().take(size) {
            samples[sample].part = Part::Test;
        }
    }
}

/// Returns a sample of two classes as one of each.
fn by_class(sample: &Sample) -> Vec<Sample> {
    let of = |label: Class| Sample {
        sample_id: format!("{}/{label}", sample.image_id),
        label,
        also: None,
        ..sample.clone()
    };
    [Some(sample.label), sample.also].into_iter().flatten().map(of).collect()
}

/// Returns a sample as it is, or one of each class if it is tested and has two.
fn tested_by_class(sample: Sample) -> Vec<Sample> {
    if sample.part == Part::Test && sample.also.is_some() { by_class(&sample) } else { vec![sample] }
}

/// Returns the classes of which no sample is tested.
fn untested(samples: &[Sample]) -> Vec<Class> {
    let tested =
        |class: &Class| samples.iter().any(|sample| sample.part == Part::Test && sample.label == *class);
    Class::ALL.iter().copied().filter(|class| !tested(class)).collect()
}

fn clean_part(image: &Image, held_out: &BTreeMap<&str, bool>) -> Result<Part, Issue> {
    let original = image.derived_from.is_none() && image.operation.is_none();
    match held_out.get(image.patient_id.as_str()) {
        Some(true) if original => Ok(Part::Test),
        Some(true) => Ok(Part::Unused),
        Some(false) => Ok(Part::Train),
        None if !original => Ok(Part::Train),
        None => {
            let message = format!("the patient of the original image {} is not in the table", image.image_id);
            Err(Issue::new(message).help("wire a `hold-out` that read the same originals"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deal::{Bounds, deal, derived_id};
    use crate::trial::{Trial, image};

    fn split(protocol: Protocol, seed: u64) -> Split {
        Split {
            protocol,
            fraction: Fraction::try_from(0.3).unwrap(),
            both: Both::Duplicate,
            seed: Seed(seed),
        }
    }

    fn images(counts: [usize; 4]) -> Vec<Image> {
        let labels = Label::ALL.iter().zip(counts).flat_map(|(label, count)| vec![*label; count]);
        labels
            .enumerate()
            .map(|(number, label)| image(&format!("i{number}"), &format!("p{}", number / 2), label))
            .collect()
    }

    fn derived(original: &Image) -> Image {
        Image {
            image_id: format!("{}/mirror", original.image_id),
            derived_from: Some(original.image_id.clone()),
            operation: Some("mirror".to_owned()),
            ..original.clone()
        }
    }

    fn patients(images: &[Image], held_out: impl Fn(&str) -> bool) -> Vec<Patient> {
        let names: std::collections::BTreeSet<&str> =
            images.iter().map(|image| image.patient_id.as_str()).collect();
        names
            .into_iter()
            .map(|name| Patient { patient_id: name.to_owned(), held_out: held_out(name) })
            .collect()
    }

    fn sizes(samples: &[Sample]) -> (usize, usize) {
        (samples.len(), samples.iter().filter(|sample| sample.part == Part::Test).count())
    }

    #[test]
    fn the_paper_s_data_sets_give_the_paper_s_test_parts() {
        let samples = |counts| split(Protocol::Paper, 1).samples(&images(counts), &[]).unwrap();
        assert_eq!(sizes(&samples([334, 174, 252, 8])), (776, 233));
        assert_eq!(sizes(&samples([334, 520, 568, 80])), (1582, 475));
        assert_eq!(sizes(&samples([334, 394, 472, 80])), (1360, 408));
    }

    #[test]
    fn an_image_that_is_both_is_two_samples_or_none() {
        let both = images([0, 0, 0, 1]);
        let samples = split(Protocol::Paper, 1).samples(&both, &[]).unwrap();
        let names: Vec<&str> = samples.iter().map(|sample| sample.sample_id.as_str()).collect();
        assert_eq!(names, ["i0/metastatic", "i0/arthritic"]);
        let exclude = Split { both: Both::Exclude, ..split(Protocol::Paper, 1) };
        assert_eq!(exclude.samples(&both, &[]), Ok(vec![]));
    }

    #[test]
    fn an_image_that_is_both_may_be_fitted_as_one_sample_of_two_classes_and_is_tested_as_two() {
        let soft = |protocol| Split { both: Both::Soft, ..split(protocol, 1) };
        let both = images([0, 0, 0, 4]);
        let samples = soft(Protocol::Clean).samples(&both, &patients(&both, |name| name == "p1")).unwrap();
        let rows: Vec<(&str, Class, Option<Class>, Part)> = samples
            .iter()
            .map(|sample| (sample.sample_id.as_str(), sample.label, sample.also, sample.part))
            .collect();
        let (m, a) = (Class::Metastatic, Class::Arthritic);
        assert_eq!(
            rows,
            [
                ("i0", m, Some(a), Part::Train),
                ("i1", m, Some(a), Part::Train),
                ("i2/metastatic", m, None, Part::Test),
                ("i2/arthritic", a, None, Part::Test),
                ("i3/metastatic", m, None, Part::Test),
                ("i3/arthritic", a, None, Part::Test),
            ]
        );
        let samples = soft(Protocol::Paper).samples(&images([334, 174, 252, 8]), &[]).unwrap();
        let tested = samples.iter().filter(|sample| sample.part == Part::Test);
        let drawn: std::collections::BTreeSet<&str> = tested.map(|sample| sample.image_id.as_str()).collect();
        assert_eq!(drawn.len(), 231, "three in ten of 768 images");
    }

    #[test]
    fn a_class_that_is_not_tested_is_told() {
        let images = images([2, 2, 0, 0]);
        let patients = patients(&images, |name| name == "p1");
        let trial = Trial::new().rows("held-out", &patients).images("images", images);
        let warnings = trial.run(&split(Protocol::Clean, 1)).unwrap();
        let told =
            |class| format!("no sample of class `{class}` is tested: how well it is told is not measured");
        assert_eq!(warnings, [told("normal"), told("arthritic")]);
    }

    #[test]
    fn what_augment_made_with_the_same_seed_is_not_tested_more_often() {
        let mut images = images([334, 174, 252, 8]);
        let labels: Vec<(String, Label)> =
            images.iter().map(|image| (image.image_id.clone(), image.label)).collect();
        let target = |label| (label != Label::Normal).then_some(550);
        let dealt = deal(&labels, target, Bounds { shift: 6, degrees: 50 }, Seed(1)).unwrap();
        for (original, operations) in images.clone().iter().zip(dealt) {
            let made = |operation| Image {
                image_id: derived_id(&original.image_id, operation),
                ..derived(original)
            };
            images.extend(operations.into_iter().map(made));
        }
        let samples = split(Protocol::Paper, 1).samples(&images, &[]).unwrap();
        let tested = samples.iter().filter(|sample| sample.part == Part::Test);
        let normal = tested.filter(|sample| sample.label == Class::Normal).count();
        assert!((75..126).contains(&normal), "{normal} of 334, where 30 % are tested");
    }

    #[test]
    fn another_seed_draws_another_test_part() {
        let test = |seed| {
            let samples = split(Protocol::Paper, seed).samples(&images([20, 20, 20, 2]), &[]).unwrap();
            samples.into_iter().filter(|sample| sample.part == Part::Test).collect::<Vec<_>>()
        };
        assert_eq!(test(1), test(1));
        assert_ne!(test(1), test(2));
    }

    #[test]
    fn what_is_made_from_a_held_out_patient_is_unused() {
        let mut images = images([4, 0, 0, 0]);
        images.push(derived(&images[0]));
        images.push(derived(&images[2]));
        let samples =
            split(Protocol::Clean, 1).samples(&images, &patients(&images, |name| name == "p0")).unwrap();
        let parts: Vec<Part> = samples.iter().map(|sample| sample.part).collect();
        assert_eq!(parts, [Part::Test, Part::Test, Part::Train, Part::Train, Part::Unused, Part::Train]);
    }

    #[test]
    fn a_generated_image_is_trained_on_and_an_unknown_original_is_an_error() {
        let known = images([2, 0, 0, 0]);
        let stranger = image("i9", "p9", Label::Normal);
        let generated = Image { operation: Some("dcgan".to_owned()), ..stranger.clone() };
        let samples = |image| split(Protocol::Clean, 1).samples(&[image], &patients(&known, |_| true));
        let sample = &samples(generated).unwrap()[0];
        assert_eq!((sample.part, sample.generated), (Part::Train, true));
        assert!(samples(stranger).is_err());
    }

    #[test]
    fn its_bytes_change_only_with_its_version() {
        let images = images([2, 2, 2, 2]);
        let trial =
            Trial::new().rows("held-out", &patients(&images, |name| name == "p3")).images("images", images);
        trial.run(&split(Protocol::Paper, 1)).unwrap();
        assert_eq!(trial.pin::<Split>(), "split 3: samples=dc5b7fed808f");
    }

    proptest! {
        #[test]
        fn under_clean_no_patient_is_on_both_sides(
            labels in prop::collection::vec((0_usize..4, 0_usize..6, any::<bool>()), 1..40),
            held_out in prop::collection::vec(any::<bool>(), 6),
            both in prop::sample::select(vec![Both::Duplicate, Both::Soft, Both::Exclude]),
            seed in any::<u64>(),
        ) {
            let images: Vec<Image> = labels
                .into_iter()
                .enumerate()
                .map(|(number, (label, patient, made))| {
                    let original = image(&format!("i{number}"), &format!("p{patient}"), Label::ALL[label]);
                    if made { derived(&original) } else { original }
                })
                .collect();
            let patients = patients(&images, |name| held_out[name[1..].parse::<usize>().unwrap()]);
            let stage = Split { both, ..split(Protocol::Clean, seed) };
            let samples = stage.samples(&images, &patients).unwrap();
            let side = |part| -> Vec<&str> {
                let chosen = samples.iter().filter(|sample| sample.part == part);
                let image = |id: &str| images.iter().find(|image| image.image_id == id).unwrap();
                chosen.map(|sample| image(&sample.image_id).patient_id.as_str()).collect()
            };
            let tested = side(Part::Test);
            prop_assert!(side(Part::Train).iter().all(|patient| !tested.contains(patient)));
        }
    }
}
