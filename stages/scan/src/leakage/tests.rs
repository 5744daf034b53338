use contract::Seed;
use proptest::prelude::*;
use table::{Label, Part};

use super::*;
use crate::trial::{Trial, image};
use crate::{Both, Fraction, Protocol, Split};

fn derived(original: &Image, operation: &str) -> Image {
    Image {
        image_id: format!("{}/{operation}", original.image_id),
        derived_from: Some(original.image_id.clone()),
        operation: Some(operation.to_owned()),
        ..original.clone()
    }
}

fn generated(name: &str, label: Label) -> Image {
    Image { operation: Some("dcgan".to_owned()), ..image(name, name, label) }
}

fn sample(name: &str, image: &str, part: Part) -> Sample {
    let class = if name.ends_with("metastatic") { Class::Metastatic } else { Class::Arthritic };
    let (sample_id, image_id) = (name.to_owned(), image.to_owned());
    Sample { sample_id, image_id, label: class, also: None, generated: false, part }
}

/// Two scans of one patient, an image made of each, one that is both, and two generated images.
fn cohort() -> Vec<Image> {
    let (front, back) = (image("f", "p", Label::Arthritic), image("b", "p", Label::Arthritic));
    let both = image("m", "q", Label::Both);
    let made = [derived(&front, "mirror"), derived(&back, "mirror")];
    let [front_mirror, back_mirror] = made;
    let (g, h) = (generated("g", Label::Arthritic), generated("h", Label::Arthritic));
    vec![front, back, both, front_mirror, back_mirror, g, h]
}

fn leaks(images: &[Image], patients: &[Patient], samples: &[Sample]) -> Vec<(String, [u32; 4])> {
    let leaks = Kinship::of(images, patients, samples).unwrap().leaks();
    let counts =
        |leak: Leak| (leak.sample_id, [leak.siblings, leak.other_views, leak.duplicates, leak.generated]);
    leaks.into_iter().map(counts).collect()
}

/// Splits the cohort: what is named is tested, everything else is trained on.
fn tested(names: &[&str]) -> Vec<Sample> {
    let all = ["f", "b", "m/metastatic", "m/arthritic", "f/mirror", "b/mirror", "g", "h"];
    let part = |name: &str| if names.contains(&name) { Part::Test } else { Part::Train };
    let image = |name: &'static str| if name.starts_with("m/") { "m" } else { name };
    all.map(|name| sample(name, image(name), part(name))).into()
}

#[test]
fn each_leak_by_hand() {
    let leak = |names: &[&str]| leaks(&cohort(), &[], &tested(names)).remove(0).1;
    // Its mirror image; the other scan and that one's mirror image; both generated images.
    assert_eq!(leak(&["f"]), [1, 2, 0, 2]);
    // The original is a sibling as well.
    assert_eq!(leak(&["f/mirror"]), [1, 2, 0, 2]);
    assert_eq!(leak(&["f", "f/mirror"]), [0, 2, 0, 2]);
    assert_eq!(leak(&["f", "b", "b/mirror"]), [1, 0, 0, 2]);
    assert_eq!(leak(&["m/metastatic"]), [0, 0, 1, 0]);
    assert_eq!(leak(&["m/metastatic", "m/arthritic"]), [0, 0, 0, 0]);
    // The other image of the generator, and the four that it was fitted on.
    assert_eq!(leak(&["g"]), [0, 0, 0, 5]);
}

#[test]
fn a_generator_has_not_seen_those_who_are_held_out() {
    let held_out = [Patient { patient_id: "p".to_owned(), held_out: true }];
    assert_eq!(leaks(&cohort(), &held_out, &tested(&["f", "b", "f/mirror", "b/mirror"]))[0].1, [0; 4]);
}

#[test]
fn what_is_unused_gives_nothing_away() {
    let samples = [sample("f", "f", Part::Test), sample("f/mirror", "f/mirror", Part::Unused)];
    assert_eq!(leaks(&cohort(), &[], &samples), [("f".to_owned(), [0; 4])]);
}

#[test]
fn a_sample_of_an_unknown_image_and_images_made_of_each_other_end_well() {
    let samples = [sample("x", "x", Part::Train)];
    let issue = Kinship::of(&cohort(), &[], &samples).map(|_| ()).unwrap_err();
    assert_eq!(issue.message, "the image of the sample x is not in the data set");
    let around = |name: &str, before: &str| Image {
        derived_from: Some(before.to_owned()),
        ..image(name, "p", Label::Normal)
    };
    let circle = [around("a", "b"), around("b", "a")];
    let samples = [sample("a", "a", Part::Test), sample("b", "b", Part::Train)];
    assert_eq!(leaks(&circle, &[], &samples).len(), 1);
}

#[test]
fn metrics_count_the_test_samples_of_each_class_and_of_all() {
    let samples = tested(&["f", "m/metastatic"]);
    let trial = Trial::new().images("images", cohort()).rows::<Patient>("held-out", &[]);
    let trial = trial.rows("samples", &samples);
    assert_eq!(trial.run(&Leakage {}).unwrap(), Vec::<String>::new());
    let metrics: Vec<Metric> = trial.read_rows("metrics");
    let value = |class: &str, metric: &str| {
        metrics.iter().find(|row| row.class == class && row.metric == metric).map(|row| row.value)
    };
    assert_eq!(value("all", "samples"), Some(2.0));
    assert_eq!(value("all", "siblings"), Some(1.0));
    assert_eq!(value("all", "siblings-share"), Some(0.5));
    assert_eq!(value("all", "any"), Some(2.0));
    assert_eq!(value("metastatic", "duplicates-share"), Some(1.0));
    assert_eq!(value("normal", "samples"), Some(0.0));
    assert_eq!(value("normal", "any-share"), None);
    assert_eq!((value("all", "images"), value("all", "any-images")), (Some(2.0), Some(2.0)));
}

#[test]
fn an_image_that_is_two_test_samples_is_one_test_image() {
    let trial = Trial::new().images("images", cohort()).rows::<Patient>("held-out", &[]);
    let trial = trial.rows("samples", &tested(&["f", "f/mirror", "m/metastatic", "m/arthritic"]));
    trial.run(&Leakage {}).unwrap();
    let metrics: Vec<Metric> = trial.read_rows("metrics");
    let of_all = |metric: &str| {
        metrics.iter().find(|row| row.class == "all" && row.metric == metric).map(|row| row.value)
    };
    assert_eq!((of_all("samples"), of_all("images")), (Some(4.0), Some(3.0)));
}

#[test]
fn its_bytes_change_only_with_its_version() {
    let trial = Trial::new().images("images", cohort()).rows::<Patient>("held-out", &[]);
    let trial = trial.rows("samples", &tested(&["f", "m/metastatic"]));
    trial.run(&Leakage {}).unwrap();
    assert_eq!(trial.pin::<Leakage>(), "leakage 2: leaks=4fcbf51104f8 metrics=498e5c5b1305");
}

/// Any cohort of five patients with two scans each, images made of these, and generated images.
fn cohorts() -> impl Strategy<Value = Vec<Image>> {
    let patients = prop::collection::vec((0_usize..4, prop::collection::vec(0_usize..2, 0..4)), 5);
    (patients, prop::collection::vec(0_usize..4, 0..4)).prop_map(|(patients, made)| {
        let mut images = Vec::new();
        for (patient, (label, operations)) in patients.into_iter().enumerate() {
            let scan =
                |view: &str| image(&format!("p{patient}/{view}"), &format!("p{patient}"), Label::ALL[label]);
            let scans = [scan("front"), scan("back")];
            let made = operations.iter().enumerate();
            let made: Vec<Image> =
                made.map(|(turn, view)| derived(&scans[*view], &format!("turn {turn}"))).collect();
            images.extend(scans.into_iter().chain(made));
        }
        let made = made.into_iter().enumerate();
        images.extend(made.map(|(number, label)| generated(&format!("g{number}"), Label::ALL[label])));
        images
    })
}

fn patients(held_out: &[bool]) -> Vec<Patient> {
    let patient = |(number, held_out): (usize, &bool)| Patient {
        patient_id: format!("p{number}"),
        held_out: *held_out,
    };
    held_out.iter().enumerate().map(patient).collect()
}

fn split(protocol: Protocol, seed: u64) -> Split {
    Split { protocol, fraction: Fraction::try_from(0.3).unwrap(), both: Both::Duplicate, seed: Seed(seed) }
}

/// Looks at every pair of a test sample and a training sample, straight from the definitions.
fn pairs(images: &[Image], held_out: &[Patient], samples: &[Sample]) -> Vec<(String, [u32; 4])> {
    let made = |image: &Image| image.operation.is_some() && image.derived_from.is_none();
    let image = |sample: &Sample| images.iter().find(|image| image.image_id == sample.image_id).unwrap();
    let root = |image: &Image| image.derived_from.clone().unwrap_or_else(|| image.image_id.clone());
    let seen = |image: &Image| {
        let known = held_out.iter().find(|patient| patient.patient_id == image.patient_id);
        !made(image) && known.is_none_or(|patient| !patient.held_out)
    };
    let part = |part| samples.iter().filter(move |sample| sample.part == part);
    let leaks = |tested: &Sample| {
        let one = image(tested);
        let counts = part(Part::Train).fold([0; 4], |counts, trained| {
            let other = image(trained);
            let same = one.image_id == other.image_id;
            let family = root(one) == root(other);
            let generator = one.label == other.label
                && ((made(one) && (made(other) || seen(other))) || (made(other) && seen(one)));
            let found =
                [family && !same, !family && one.patient_id == other.patient_id, same, generator && !same];
            std::array::from_fn(|leak| counts[leak] + u32::from(found[leak]))
        });
        (tested.sample_id.clone(), counts)
    };
    part(Part::Test).map(leaks).collect()
}

proptest! {
    #[test]
    fn under_clean_nothing_gives_a_test_sample_away(
        images in cohorts(),
        held_out in prop::collection::vec(any::<bool>(), 5),
        seed in any::<u64>(),
    ) {
        let patients = patients(&held_out);
        let samples = split(Protocol::Clean, seed).samples(&images, &patients).unwrap();
        prop_assert!(leaks(&images, &patients, &samples).iter().all(|(_, leaks)| *leaks == [0; 4]));
    }

    #[test]
    fn the_counts_are_those_of_a_look_at_every_pair(images in cohorts(), seed in any::<u64>()) {
        let samples = split(Protocol::Paper, seed).samples(&images, &[]).unwrap();
        prop_assert_eq!(leaks(&images, &[], &samples), pairs(&images, &[], &samples));
    }
}
