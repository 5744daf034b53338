use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use contract::Issue;
use table::{ImageReader, Label, Patient, PixelType, Pixels};

/// The images of one class that a generator may see, decoded once.
#[derive(Debug)]
pub struct Real {
    /// Rows of every image.
    pub rows: usize,
    /// Columns of every image.
    pub cols: usize,
    /// How many there are.
    pub count: usize,
    /// Images of the class in the whole table, those of held-out patients included.
    pub of_label: usize,
    /// Images in the whole table.
    pub of_all: usize,
    pixels: Vec<f32>,
}

impl Real {
    /// Reads the images of class `label` whose patients are not held out.
    ///
    /// # Errors
    /// If a table cannot be read, the images are not normalized, or a patient is unknown.
    pub fn read(images: &Path, held_out: &Path, label: Label) -> Result<Self, Issue> {
        let patients: Vec<Patient> = table::read(held_out)?;
        let held_out_by_name: BTreeMap<&str, bool> =
            patients.iter().map(|patient| (patient.patient_id.as_str(), patient.held_out)).collect();
        let reader = ImageReader::open(images)?;
        if reader.pixel_type() != PixelType::F32 {
            let issue = Issue::new("the images are not normalized").file(images);
            return Err(issue.help("wire the images of `normalize`"));
        }
        let (rows, cols) = (reader.shape().rows as usize, reader.shape().cols as usize);
        let mut real = Self { rows, cols, count: 0, of_label: 0, of_all: reader.len(), pixels: Vec::new() };
        for image in reader {
            let image = image?;
            if image.label != label {
                continue;
            }
            real.of_label += 1;
            match held_out_by_name.get(image.patient_id.as_str()) {
                Some(true) => {}
                Some(false) => real.push(&image.pixels),
                None => {
                    let message = format!("the patient of the image {} is not in the table", image.image_id);
                    return Err(Issue::new(message)
                        .file(held_out)
                        .help("wire a `hold-out` that read the same originals"));
                }
            }
        }
        Ok(real)
    }

    fn push(&mut self, pixels: &Pixels) {
        if let Pixels::F32(pixels) = pixels {
            self.pixels.extend_from_slice(pixels);
            self.count += 1;
        }
    }

    /// Returns the pixels of an image, between 0 and 1.
    pub fn image(&self, index: usize) -> &[f32] {
        let size = self.rows * self.cols;
        &self.pixels[index * size..][..size]
    }

    /// Returns some images as one tensor, with pixels between -1 and 1.
    ///
    /// # Shapes
    /// `[n, 1, rows, columns]`.
    pub fn batch(&self, indices: &[usize], device: &Device) -> Tensor<4> {
        let pixels = indices.iter().flat_map(|index| self.image(*index)).map(|pixel| 2.0 * pixel - 1.0);
        let values: Vec<f32> = pixels.collect();
        Tensor::from_data(TensorData::new(values, [indices.len(), 1, self.rows, self.cols]), device)
    }
}
