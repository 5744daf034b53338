use crate::row::columns;
use crate::{Class, Part};

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
    /// A file that could not be taken in.
    pub struct Rejected in "rejected" {
        /// The file, relative to its source.
        pub file: String,
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
        /// Use.
        pub part: Part,
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
