use std::collections::{BTreeMap, BTreeSet};

use contract::Issue;
use table::{Image, Label, Leak, Part, Patient, Sample};

/// Where the images of samples come from, and what of that is trained on.
pub struct Kinship<'a> {
    origins: BTreeMap<&'a str, Origin<'a>>,
    tested: Vec<&'a Sample>,
    images: Counts<&'a str>,
    originals: Counts<&'a str>,
    patients: Counts<&'a str>,
    generated: Counts<Label>,
    fitted_on: Counts<Label>,
}

/// Where an image comes from.
struct Origin<'a> {
    /// The image at the beginning: a scan, or what a generator made.
    root: &'a str,
    /// Pseudonym of its patient.
    patient: &'a str,
    label: Label,
    /// Whether a generator made the root.
    generated: bool,
    /// Whether a generator may have been fitted on the root.
    fitted_on: bool,
}

impl<'a> Kinship<'a> {
    /// Returns the kinship of samples of `images`.
    ///
    /// # Errors
    /// If a sample is of an image that is not there.
    pub fn of(images: &'a [Image], patients: &'a [Patient], samples: &'a [Sample]) -> Result<Self, Issue> {
        let held_out = patients.iter().filter(|patient| patient.held_out);
        let held_out = held_out.map(|patient| patient.patient_id.as_str()).collect();
        let mut kinship = Self {
            origins: origins(images, &held_out),
            tested: samples.iter().filter(|sample| sample.part == Part::Test).collect(),
            images: Counts::new(),
            originals: Counts::new(),
            patients: Counts::new(),
            generated: Counts::new(),
            fitted_on: Counts::new(),
        };
        for sample in samples {
            let origin = kinship.origins.get(sample.image_id.as_str()).ok_or_else(|| {
                Issue::new(format!("the image of the sample {} is not in the data set", sample.sample_id))
                    .help("wire the images that `split` read")
            })?;
            if sample.part != Part::Train {
                continue;
            }
            kinship.images.add(&sample.image_id);
            kinship.originals.add(origin.root);
            if origin.generated {
                kinship.generated.add(origin.label);
            } else {
                kinship.patients.add(origin.patient);
            }
            if origin.fitted_on {
                kinship.fitted_on.add(origin.label);
            }
        }
        Ok(kinship)
    }

    /// Returns how each test sample is given away, in the order of the samples.
    pub fn leaks(&self) -> Vec<Leak> {
        self.tested.iter().map(|sample| self.leak(sample)).collect()
    }

    fn leak(&self, sample: &Sample) -> Leak {
        let origin = &self.origins[sample.image_id.as_str()];
        let duplicates = self.images.of(&sample.image_id.as_str());
        let family = self.originals.of(&origin.root);
        let same_patient = self.patients.of(&origin.patient).saturating_sub(family);
        let made_alike = self.generated.of(&origin.label);
        Leak {
            sample_id: sample.sample_id.clone(),
            image_id: sample.image_id.clone(),
            label: sample.label,
            siblings: family.saturating_sub(duplicates),
            other_views: if origin.generated { 0 } else { same_patient },
            duplicates,
            generated: match origin {
                Origin { generated: true, .. } => {
                    made_alike.saturating_sub(family) + self.fitted_on.of(&origin.label)
                }
                Origin { fitted_on: true, .. } => made_alike,
                Origin { .. } => 0,
            },
        }
    }
}

/// Returns where each image comes from.
fn origins<'a>(images: &'a [Image], held_out: &BTreeSet<&str>) -> BTreeMap<&'a str, Origin<'a>> {
    let by_name: BTreeMap<&str, &Image> =
        images.iter().map(|image| (image.image_id.as_str(), image)).collect();
    let origin = |image: &'a Image| {
        let (mut root, mut made) = (image.image_id.as_str(), Some(image));
        // A chain is at most as long as the table; one that is longer bites its own tail.
        for _ in images {
            let Some(before) = made.and_then(|image| image.derived_from.as_deref()) else { break };
            (root, made) = (before, by_name.get(before).copied());
        }
        let generated = made.is_some_and(|root| root.operation.is_some());
        Origin {
            root,
            patient: &image.patient_id,
            label: image.label,
            generated,
            fitted_on: !generated && !held_out.contains(image.patient_id.as_str()),
        }
    };
    images.iter().map(|image| (image.image_id.as_str(), origin(image))).collect()
}

/// How many training samples there are of each name.
struct Counts<K>(BTreeMap<K, u32>);

impl<K: Ord> Counts<K> {
    const fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn add(&mut self, name: K) {
        *self.0.entry(name).or_default() += 1;
    }

    fn of(&self, name: &K) -> u32 {
        self.0.get(name).copied().unwrap_or_default()
    }
}
