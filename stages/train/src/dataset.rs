use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use contract::Issue;
use table::{Class, ImageReader, Part, Pixels, Sample};

use crate::softmax::Target;

/// The images and samples of one training, decoded once.
#[derive(Debug)]
pub struct Dataset {
    /// Rows of every image.
    pub rows: usize,
    /// Columns of every image.
    pub cols: usize,
    /// Samples to fit, in the order of their table.
    pub train: Vec<Entry>,
    /// Samples to predict, in the order of their table.
    pub test: Vec<Entry>,
    pixels: Vec<f32>,
}

/// A sample and the position of its image.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The sample.
    pub sample: Sample,
    image: usize,
}

impl Entry {
    /// Returns what a network is to answer.
    pub fn target(&self) -> Target {
        Target(self.sample.label, self.sample.also)
    }
}

impl Dataset {
    /// Reads the samples to be used and their images, and no other image.
    ///
    /// # Errors
    /// If a table cannot be read, an image is missing, or nothing is to be fitted or to be predicted.
    pub fn read(images: &Path, samples: &Path) -> Result<Self, Issue> {
        let mut used: Vec<Sample> = table::read(samples)?;
        used.retain(|sample| sample.part != Part::Unused);
        let (images, positions) = Images::read(images, &used)?;
        let entry = |sample: Sample| match positions.get(&sample.image_id) {
            Some(image) => Ok(Entry { sample, image: *image }),
            None => Err(Issue::new(format!(
                "sample `{}` needs the image `{}`, which is not among the images",
                sample.sample_id, sample.image_id
            ))
            .file(samples)
            .help("wire `images` to the table that was split")),
        };
        let entries: Vec<Entry> = used.into_iter().map(entry).collect::<Result<_, _>>()?;
        let (train, test): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.sample.part == Part::Train);
        for (part, entries) in [(Part::Train, &train), (Part::Test, &test)] {
            if entries.is_empty() {
                return Err(Issue::new(format!("there is no sample of part `{part}`"))
                    .file(samples)
                    .help("give the split more patients, or another `fraction`"));
            }
        }
        Ok(Self { rows: images.rows, cols: images.cols, train, test, pixels: images.pixels })
    }

    /// Returns the images of `entries` as one tensor.
    ///
    /// # Shapes
    /// `[n, 1, rows, columns]`.
    pub fn images(&self, entries: &[&Entry], device: &Device) -> Tensor<4> {
        let mut values = Vec::with_capacity(entries.len() * self.rows * self.cols);
        for entry in entries {
            values.extend_from_slice(self.pixels(entry));
        }
        Tensor::from_data(TensorData::new(values, [entries.len(), 1, self.rows, self.cols]), device)
    }

    /// Returns the pixels of the image of `entry`, row by row.
    pub fn pixels(&self, entry: &Entry) -> &[f32] {
        let size = self.rows * self.cols;
        &self.pixels[entry.image * size..][..size]
    }

    /// Returns the classes of which no sample is fitted.
    pub fn unseen(&self) -> Vec<Class> {
        let seen = |class: &Class| {
            let mut targets = self.train.iter().flat_map(|entry| entry.target().shares());
            targets.any(|(fitted, _)| fitted == *class)
        };
        Class::ALL.iter().copied().filter(|class| !seen(class)).collect()
    }
}

/// Images behind one another, all of one size.
struct Images {
    rows: usize,
    cols: usize,
    pixels: Vec<f32>,
}

impl Images {
    /// Reads the images of `samples`, and returns with them the position of each.
    fn read(file: &Path, samples: &[Sample]) -> Result<(Self, BTreeMap<String, usize>), Issue> {
        let wanted: BTreeSet<&str> = samples.iter().map(|sample| sample.image_id.as_str()).collect();
        let reader = ImageReader::open(file)?;
        let (rows, cols) = (reader.shape().rows as usize, reader.shape().cols as usize);
        let mut pixels = Vec::with_capacity(wanted.len().min(reader.len()) * rows * cols);
        let mut positions = BTreeMap::new();
        for image in reader {
            let image = image?;
            if wanted.contains(image.image_id.as_str()) {
                match image.pixels {
                    Pixels::U16(counts) => pixels.extend(counts.into_iter().map(f32::from)),
                    Pixels::F32(values) => pixels.extend(values),
                }
                positions.insert(image.image_id, positions.len());
            }
        }
        Ok((Self { rows, cols, pixels }, positions))
    }
}
