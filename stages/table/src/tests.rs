mod hostile;
mod images;
mod round_trip;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{Image, Label, PixelType, Pixels, Shape, View};

/// Returns a path in a new folder, which lives as long as the first value.
fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("table.parquet");
    (folder, path)
}

/// Returns an image of a few pixels that differ by `number`.
fn image(number: u16, pixel_type: PixelType, shape: Shape) -> Image {
    let counts: Vec<u16> = (0..shape.pixels()).map(|pixel| number.wrapping_add(pixel as u16)).collect();
    Image {
        image_id: format!("image-{number}"),
        patient_id: format!("patient-{}", number / 2),
        view: if number.is_multiple_of(2) { View::Anterior } else { View::Posterior },
        sex: (!number.is_multiple_of(3)).then(|| "F".to_owned()),
        age_years: (number % 3 != 1).then(|| 40.5 + f64::from(number)),
        label: Label::ALL[usize::from(number) % Label::ALL.len()],
        rows: shape.rows,
        cols: shape.cols,
        counts_total: counts.iter().copied().map(f64::from).sum(),
        counts_max: 7.0,
        source_digest: "00".repeat(32),
        derived_from: (number % 2 == 1).then(|| format!("image-{}", number - 1)),
        operation: (number % 2 == 1).then(|| "mirror".to_owned()),
        pixels: match pixel_type {
            PixelType::U16 => Pixels::U16(counts),
            PixelType::F32 => Pixels::F32(counts.into_iter().map(|count| f32::from(count) / 7.0).collect()),
        },
    }
}
