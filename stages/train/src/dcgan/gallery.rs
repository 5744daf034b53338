use std::path::Path;

use contract::Issue;
use table::{Image, ImageWriter, Label, Metadata, PixelType, Pixels, Shape, View};

/// Writes generated images of one class as a table of images.
///
/// No patient was scanned and no image was changed: `patient_id` and `source_digest` are empty, counts are zero, there
/// is no sex, no age and no `derived_from`, and the operation is `dcgan`. A network that saw both views makes no
/// difference between them; `view` has to be one and is `anterior`.
///
/// # Errors
/// If the file cannot be written.
pub fn write(images: Vec<Vec<f32>>, label: Label, shape: Shape, file: &Path) -> Result<(), Issue> {
    let mut writer = ImageWriter::create(file, PixelType::F32, shape, &Metadata::new())?;
    for (number, pixels) in (1..).zip(images) {
        writer.push(image(number, pixels, label, shape))?;
    }
    Ok(writer.finish()?)
}

fn image(number: u32, pixels: Vec<f32>, label: Label, shape: Shape) -> Image {
    Image {
        image_id: format!("dcgan-{label}-{number:04}"),
        patient_id: String::new(),
        view: View::Anterior,
        sex: None,
        age_years: None,
        label,
        rows: shape.rows,
        cols: shape.cols,
        counts_total: 0.0,
        counts_max: 0.0,
        source_digest: String::new(),
        derived_from: None,
        operation: Some("dcgan".to_owned()),
        pixels: Pixels::F32(pixels),
    }
}
