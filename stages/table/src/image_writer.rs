use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::FixedSizeBinaryArray;
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use crate::properties::{self, IMAGES_PER_BATCH};
use crate::{Columns, Fault, Image, Metadata, PixelType, Shape, TableError};

/// Writes the table `images`, one image after the other.
pub struct ImageWriter {
    path: PathBuf,
    pixel_type: PixelType,
    shape: Shape,
    bytes_per_image: i32,
    schema: Arc<Schema>,
    writer: ArrowWriter<File>,
    waiting: Vec<Image>,
}

impl ImageWriter {
    /// Creates the file of a table whose images all have one pixel type and one shape.
    ///
    /// # Errors
    /// If the file cannot be written, or an image has no pixel or more than 2 GiB.
    pub fn create(
        path: &Path,
        pixel_type: PixelType,
        shape: Shape,
        metadata: &Metadata,
    ) -> Result<Self, TableError> {
        Self::create_file(path, pixel_type, shape, metadata).map_err(|fault| fault.of(path))
    }

    fn create_file(
        path: &Path,
        pixel_type: PixelType,
        shape: Shape,
        metadata: &Metadata,
    ) -> Result<Self, Fault> {
        let bytes_per_image = bytes_per_image(pixel_type, shape).ok_or(Fault::Size(shape))?;
        let mut fields = Image::fields();
        fields.push(pixel_field(pixel_type, shape, bytes_per_image));
        let schema = Arc::new(Schema::new(fields));
        let properties = properties::images(Image::TABLE, metadata);
        let writer = ArrowWriter::try_new(File::create(path)?, Arc::clone(&schema), Some(properties))?;
        let waiting = Vec::with_capacity(IMAGES_PER_BATCH);
        Ok(Self { path: path.to_owned(), pixel_type, shape, bytes_per_image, schema, writer, waiting })
    }

    /// Appends an image.
    ///
    /// # Errors
    /// If it has another shape or pixel type than the table, or cannot be written.
    pub fn push(&mut self, image: Image) -> Result<(), TableError> {
        self.check(&image).map_err(|fault| fault.of(&self.path))?;
        self.waiting.push(image);
        if self.waiting.len() == IMAGES_PER_BATCH { self.write_waiting() } else { Ok(()) }
    }

    /// Writes what is left and ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(), TableError> {
        self.write_waiting()?;
        self.writer.close().map(drop).map_err(|error| Fault::from(error).of(&self.path))
    }

    fn check(&self, image: &Image) -> Result<(), Fault> {
        let problem = if image.pixels.pixel_type() != self.pixel_type {
            format!("its pixels are {:?}, not {:?}", image.pixels.pixel_type(), self.pixel_type)
        } else if image.shape() != self.shape {
            format!("it has {} pixels, not {}", image.shape(), self.shape)
        } else if image.pixels.len() != self.shape.pixels() {
            format!("it claims {} pixels and holds {}", image.shape(), image.pixels.len())
        } else {
            return Ok(());
        };
        Err(Fault::Image { image_id: image.image_id.clone(), problem })
    }

    fn write_waiting(&mut self) -> Result<(), TableError> {
        let images = std::mem::take(&mut self.waiting);
        self.write_batch(&images).map_err(|fault| fault.of(&self.path))
    }

    fn write_batch(&mut self, images: &[Image]) -> Result<(), Fault> {
        let mut bytes = Vec::with_capacity(images.len() * self.shape.pixels() * self.pixel_type.size());
        for image in images {
            image.pixels.append_to(&mut bytes);
        }
        let mut columns = Image::encode(images);
        columns.push(Arc::new(FixedSizeBinaryArray::try_new(
            self.bytes_per_image,
            Buffer::from(bytes),
            None,
        )?));
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        Ok(())
    }
}

/// Returns the size of an image as Arrow counts it, in bytes; none if there is no such size.
pub(crate) fn bytes_per_image(pixel_type: PixelType, shape: Shape) -> Option<i32> {
    let bytes = shape.pixels().checked_mul(pixel_type.size())?;
    i32::try_from(bytes).ok().filter(|bytes| *bytes > 0)
}

fn pixel_field(pixel_type: PixelType, shape: Shape, bytes_per_image: i32) -> Field {
    let metadata = [
        ("dtype", pixel_type.dtype().to_owned()),
        ("shape", format!("[{},{}]", shape.rows, shape.cols)),
        ("layout", "raw".to_owned()),
        ("units", pixel_type.units().to_owned()),
    ];
    // Arrow takes field metadata in this type and writes it sorted.
    let metadata: HashMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value)).into();
    Field::new("pixels", DataType::FixedSizeBinary(bytes_per_image), false).with_metadata(metadata)
}
