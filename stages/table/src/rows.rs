use crate::row::columns;
use crate::{Class, Label, Part};

columns! {
    /// A lesion on which at least two readers agree, or that one reader marked.
    pub struct Lesion in "lesions" {
        /// Image in which it lies.
        pub image_id: String,
        /// Reader who marked it.
        pub reader: String,
        /// `metastasis` or `arthritis`.
        pub disease: String,
        /// Bone or joint.
        pub site: String,
        /// Left edge, in pixels of the stored image.
        pub x_min: f64,
        /// Upper edge, in pixels of the stored image.
        pub y_min: f64,
        /// Right edge, in pixels of the stored image.
        pub x_max: f64,
        /// Lower edge, in pixels of the stored image.
        pub y_max: f64,
    }
}

columns! {
    /// What one reader found in an image, whatever the others did.
    pub struct Opinion in "opinions" {
        /// The image; one on which the readers do not agree is in no other table.
        pub image_id: String,
        /// Who read it.
        pub reader: String,
        /// What they found.
        pub label: Label,
    }
}

columns! {
    /// A file or image that was left out. Files are told by number, not by name: a name may tell who the patient is.
    pub struct Rejected in "rejected" {
        /// Input of the stage to which the file belongs.
        pub input: String,
        /// Which of the files there, from 1 in the order of the bytes of their paths.
        pub file: u32,
        /// Digest of the file, if it could be read.
        pub source_digest: Option<String>,
        /// Why.
        pub reason: String,
    }
}

columns! {
    /// A patient and the side of the protocol on which all of their images lie.
    pub struct Patient in "patients" {
        /// Pseudonym.
        pub patient_id: String,
        /// Whether nothing may be fitted on their images.
        pub held_out: bool,
    }
}

columns! {
    /// An image with the one class for which it stands.
    pub struct Sample in "samples" {
        /// Name, unique in the table.
        pub sample_id: String,
        /// Image.
        pub image_id: String,
        /// Class that a network is to answer.
        pub label: Class,
        /// Second class, if the sample stands for two, by half for each.
        pub also: Option<Class>,
        /// Whether a generator made the image: it is of no patient.
        pub generated: bool,
        /// Use.
        pub part: Part,
    }
}

columns! {
    /// How many training samples give a test sample away, by the way in which they do.
    pub struct Leak in "leaks" {
        /// The test sample.
        pub sample_id: String,
        /// Its image.
        pub image_id: String,
        /// Its class.
        pub label: Class,
        /// Of other images that go back to the same original.
        pub siblings: u32,
        /// Of other scans of the same patient.
        pub other_views: u32,
        /// Of the same image.
        pub duplicates: u32,
        /// Related to it by a generator.
        pub generated: u32,
    }
}

columns! {
    /// A network's answer to a sample.
    pub struct Prediction in "predictions" {
        /// Sample.
        pub sample_id: String,
        /// Its image.
        pub image_id: String,
        /// Its class.
        pub label: Class,
        /// Whether a generator made the image.
        pub generated: bool,
        /// Probability of `normal`.
        pub p_normal: f64,
        /// Probability of `metastatic`.
        pub p_metastatic: f64,
        /// Probability of `arthritic`.
        pub p_arthritic: f64,
        /// Most probable class.
        pub predicted: Class,
    }
}

impl Prediction {
    /// Returns the probability of `class`.
    pub const fn probability(&self, class: Class) -> f64 {
        match class {
            Class::Normal => self.p_normal,
            Class::Metastatic => self.p_metastatic,
            Class::Arthritic => self.p_arthritic,
        }
    }
}

columns! {
    /// Where a map of what a network looks at is largest, beside the lesions that were annotated.
    pub struct Hit in "hits" {
        /// Sample.
        pub sample_id: String,
        /// Its image.
        pub image_id: String,
        /// Its class, which the network answered.
        pub label: Class,
        /// Row of the map's largest value, from 0.
        pub row: u32,
        /// Column of the map's largest value, from 0.
        pub col: u32,
        /// Whether that is a lesion of the class, or close enough to one.
        pub hit: bool,
        /// Share of the pixels that would be a hit: how often chance hits.
        pub chance: f64,
        /// Share of the map, above its smallest value, that lies within lesions.
        pub energy: f64,
        /// Share of the pixels within lesions: the energy of a map that is the same everywhere.
        pub area: f64,
    }
}

columns! {
    /// Loss and accuracy after an epoch.
    pub struct CurvePoint in "curves" {
        /// Epochs done.
        pub epoch: u32,
        /// Samples on which it was measured.
        pub part: Part,
        /// Mean cross-entropy, in nats.
        pub loss: f64,
        /// Share of samples whose most probable class is their label.
        pub accuracy: f64,
    }
}

columns! {
    /// Losses of a generator and its discriminator in an epoch, and what the discriminator took images for.
    pub struct AdversaryPoint in "adversary-curves" {
        /// Epochs done.
        pub epoch: u32,
        /// Mean of -ln σ(D(G(z))) over generated images, in nats.
        pub generator_loss: f64,
        /// Means of -ln σ(D(x)) over real and of -ln(1 - σ(D(G(z)))) over generated images, added, in nats.
        pub discriminator_loss: f64,
        /// Mean probability that the discriminator gives real images of being real.
        pub real: f64,
        /// The same for generated images, before its step.
        pub generated: f64,
    }
}

columns! {
    /// One number about a set of predictions.
    pub struct Metric in "metrics" {
        /// A class against the rest, or `macro` or `micro`.
        pub class: String,
        /// Name of the metric.
        pub metric: String,
        /// Its value.
        pub value: f64,
    }
}

columns! {
    /// How often one class was answered with another.
    pub struct Confusion in "confusion" {
        /// Class of the samples.
        pub label: Class,
        /// Class that the network answered.
        pub predicted: Class,
        /// Samples.
        pub count: u64,
    }
}

columns! {
    /// A test of whether two classifiers differ on the same samples.
    pub struct Comparison in "comparisons" {
        /// Cell in which both were tested, as `axis=value,axis=value`.
        pub cell: String,
        /// One classifier.
        pub first: String,
        /// The other.
        pub second: String,
        /// `mcnemar-exact`, `mcnemar-chi-squared` (of the accuracy) or `delong` (of the AUC).
        pub test: String,
        /// A class against the rest, or `macro`.
        pub class: String,
        /// Accuracy or AUC of the first minus that of the second.
        pub difference: Option<f64>,
        /// Statistic of the test.
        pub statistic: Option<f64>,
        /// How likely a difference at least as large is by chance; two-sided.
        pub p: Option<f64>,
        /// The same, corrected by Holm's method for all pairs of the cell.
        pub p_holm: Option<f64>,
    }
}

columns! {
    /// A bin of a reliability curve: how often what is said with about one probability is right.
    pub struct Reliability in "reliability" {
        /// A class against the rest, or `top` for the most probable class.
        pub class: String,
        /// The bin's probabilities are larger; of the first bin, it is included.
        pub lower: f64,
        /// And at most as large.
        pub upper: f64,
        /// Samples in the bin.
        pub samples: u64,
        /// Their mean probability.
        pub confidence: Option<f64>,
        /// Share of them that are of the class.
        pub accuracy: Option<f64>,
    }
}

columns! {
    /// A cell of a table of the paper, published and ours.
    pub struct TableCell in "table" {
        /// Name of the row.
        pub row: String,
        /// Name of the column.
        pub column: String,
        /// Value that the paper prints, if it is a number.
        pub published: Option<f64>,
        /// Ours, the mean over seeds.
        pub mean: Option<f64>,
        /// Sample standard deviation over seeds.
        pub sd: Option<f64>,
        /// Lower bound of the 95 % interval of the mean, if it has one.
        pub low: Option<f64>,
        /// Its upper bound.
        pub high: Option<f64>,
        /// Seeds over which the mean goes.
        pub seeds: u32,
        /// Ours minus published.
        pub difference: Option<f64>,
        /// What the paper prints, as text.
        pub published_text: String,
        /// Ours, as text.
        pub ours_text: String,
        /// Whether ours comes from a network smaller than the paper's.
        pub scaled: bool,
        /// Remark.
        pub note: String,
    }
}
