use std::path::{Path, PathBuf};
use std::vec;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use crate::file::{check_table, guarded, open};
use crate::image_writer::bytes_per_image;
use crate::properties::IMAGES_PER_BATCH;
use crate::{Columns, Fault, Image, PixelType, Pixels, Shape, TableError};

/// Reads the table `images`, one image after the other.
///
/// It ends after the first error.
pub struct ImageReader {
    path: PathBuf,
    rows: usize,
    pixel_type: PixelType,
    shape: Shape,
    with_pixels: bool,
    batches: Option<ParquetRecordBatchReader>,
    images: vec::IntoIter<Image>,
    decoded: usize,
}

impl ImageReader {
    /// Opens the file of a table.
    ///
    /// # Errors
    /// If the file is no Parquet, holds another table, or does not say what its pixels are.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        guarded(|| Self::open_file(path, true)).map_err(|fault| fault.of(path))
    }

    /// Opens the file of a table to read all but the pixels, whose vectors will be empty.
    ///
    /// # Errors
    /// As [`ImageReader::open`].
    pub fn open_without_pixels(path: &Path) -> Result<Self, TableError> {
        guarded(|| Self::open_file(path, false)).map_err(|fault| fault.of(path))
    }

    fn open_file(path: &Path, with_pixels: bool) -> Result<Self, Fault> {
        let builder = open(path)?;
        check_table(&builder, Image::TABLE)?;
        let (position, field) =
            builder.schema().column_with_name("pixels").ok_or(Fault::MissingColumn { column: "pixels" })?;
        let (pixel_type, shape) = pixel_column(field)?;
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let columns =
            (0..builder.schema().fields().len()).filter(|column| with_pixels || *column != position);
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns);
        let batches = builder.with_projection(mask).with_batch_size(IMAGES_PER_BATCH).build()?;
        Ok(Self {
            path: path.to_owned(),
            rows,
            pixel_type,
            shape,
            with_pixels,
            batches: Some(batches),
            images: Vec::new().into_iter(),
            decoded: 0,
        })
    }

    /// Returns how many images the table has.
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Returns whether the table has no image.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns the shape of every image.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Returns the type of the pixels.
    pub const fn pixel_type(&self) -> PixelType {
        self.pixel_type
    }

    fn next_batch(&mut self) -> Option<Result<Vec<Image>, Fault>> {
        let batches = self.batches.as_mut()?;
        let batch = match guarded(|| Ok(batches.next().transpose()?)) {
            Ok(Some(batch)) => self.decode(&batch),
            Ok(None) => return None,
            Err(fault) => Err(fault),
        };
        if let Ok(images) = &batch {
            self.decoded += images.len();
        } else {
            self.batches = None;
        }
        Some(batch)
    }

    fn decode(&self, batch: &RecordBatch) -> Result<Vec<Image>, Fault> {
        let mut images = Image::decode(batch, self.decoded)?;
        let bytes = batch.column_by_name("pixels").map(AsArray::as_fixed_size_binary);
        for (row, image) in images.iter_mut().enumerate() {
            if image.shape() != self.shape {
                let problem = format!("it has {} pixels, not {}", image.shape(), self.shape);
                return Err(Fault::Image { image_id: image.image_id.clone(), problem });
            }
            image.pixels = match bytes {
                Some(bytes) if self.with_pixels => {
                    if bytes.is_null(row) {
                        let problem = "is missing".to_owned();
                        return Err(Fault::Cell {
                            column: "pixels".to_owned(),
                            row: self.decoded + row,
                            problem,
                        });
                    }
                    Pixels::from_bytes(self.pixel_type, bytes.value(row))
                }
                Some(_) | None => Pixels::none(self.pixel_type),
            };
        }
        Ok(images)
    }
}

impl Iterator for ImageReader {
    type Item = Result<Image, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(image) = self.images.next() {
                return Some(Ok(image));
            }
            match self.next_batch()? {
                Ok(images) => self.images = images.into_iter(),
                Err(fault) => return Some(Err(fault.of(&self.path))),
            }
        }
    }
}

/// Returns what the bytes of the pixel column are.
fn pixel_column(field: &Field) -> Result<(PixelType, Shape), Fault> {
    let wrong = |problem: String| Fault::PixelColumn { problem };
    let entry = |key: &str| field.metadata().get(key).ok_or_else(|| wrong(format!("`{key}` is missing")));
    let dtype = entry("dtype")?;
    let pixel_type = PixelType::ALL
        .into_iter()
        .find(|pixel_type| pixel_type.dtype() == dtype)
        .ok_or_else(|| wrong(format!("`dtype` is {dtype:?}")))?;
    let text = entry("shape")?;
    let shape = shape(text).ok_or_else(|| wrong(format!("`shape` is {text:?}")))?;
    let layout = entry("layout")?;
    if layout != "raw" {
        return Err(wrong(format!("`layout` is {layout:?}")));
    }
    match (field.data_type(), bytes_per_image(pixel_type, shape)) {
        (DataType::FixedSizeBinary(bytes), Some(needed)) if *bytes == needed => Ok((pixel_type, shape)),
        (found, _) => Err(wrong(format!("{found} does not hold {shape} pixels of type {dtype}"))),
    }
}

fn shape(text: &str) -> Option<Shape> {
    let (rows, cols) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(',')?;
    Some(Shape { rows: rows.trim().parse().ok()?, cols: cols.trim().parse().ok()? })
}
