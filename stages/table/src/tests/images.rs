use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{image, scratch};
use crate::{Image, ImageReader, ImageWriter, Metadata, PixelType, Pixels, Shape, TableError, metadata};

const SMALL: Shape = Shape { rows: 3, cols: 2 };

fn write(path: &Path, pixel_type: PixelType, shape: Shape, images: &[Image]) -> Result<(), TableError> {
    let metadata = Metadata::from([("origin".to_owned(), "phantom".to_owned())]);
    let mut writer = ImageWriter::create(path, pixel_type, shape, &metadata)?;
    for image in images {
        writer.push(image.clone())?;
    }
    writer.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_written_is_read(count in 0..90_u16, rows in 1..9_u32, cols in 1..9_u32, float in any::<bool>()) {
        let pixel_type = if float { PixelType::F32 } else { PixelType::U16 };
        let shape = Shape { rows, cols };
        let images: Vec<Image> = (0..count).map(|number| image(number, pixel_type, shape)).collect();
        let (_folder, path) = scratch();
        write(&path, pixel_type, shape, &images).expect("images are written");
        let bytes = fs::read(&path).expect("the file is there");

        let reader = ImageReader::open(&path).expect("the table opens");
        prop_assert_eq!((reader.len(), reader.shape(), reader.pixel_type()), (images.len(), shape, pixel_type));
        let read: Vec<Image> = reader.collect::<Result<_, _>>().expect("what was written is read");
        prop_assert_eq!(&read, &images);

        write(&path, pixel_type, shape, &images).expect("images are written");
        prop_assert_eq!(fs::read(&path).expect("the file is there"), bytes);
    }
}

#[test]
fn pixels_can_be_left_out() {
    let images: Vec<Image> = (0..40).map(|number| image(number, PixelType::F32, SMALL)).collect();
    let (_folder, path) = scratch();
    write(&path, PixelType::F32, SMALL, &images).expect("images are written");
    let reader = ImageReader::open_without_pixels(&path).expect("the table opens");
    assert_eq!(reader.shape(), SMALL);
    for (read, mut written) in reader.zip(images) {
        written.pixels = Pixels::F32(Vec::new());
        assert_eq!(read.expect("what was written is read"), written);
    }
}

#[test]
fn an_image_of_another_shape_or_type_is_refused_by_name() {
    let (_folder, path) = scratch();
    let other_shape = image(1, PixelType::U16, Shape { rows: 2, cols: 3 });
    let other_type = image(2, PixelType::F32, SMALL);
    let mut too_few = image(3, PixelType::U16, SMALL);
    too_few.pixels = Pixels::U16(vec![0; 5]);
    for (image, expected) in [
        (other_shape, "`image-1` does not fit the table: it has 2 x 3 pixels, not 3 x 2"),
        (other_type, "`image-2` does not fit the table: its pixels are F32, not U16"),
        (too_few, "`image-3` does not fit the table: it claims 3 x 2 pixels and holds 5"),
    ] {
        let error = write(&path, PixelType::U16, SMALL, &[image]).expect_err("it does not fit").to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}

#[test]
fn images_without_pixels_and_of_more_than_two_gibibytes_are_refused() {
    let (_folder, path) = scratch();
    for shape in [
        Shape { rows: 0, cols: 4 },
        Shape { rows: 65_536, cols: 65_536 },
        Shape { rows: u32::MAX, cols: u32::MAX },
    ] {
        let error = write(&path, PixelType::F32, shape, &[]).expect_err("it has no size").to_string();
        assert!(error.ends_with(&format!("images of {shape} pixels cannot be stored")), "{error}");
    }
}

#[test]
fn metadata_of_images_reads_back() {
    let (_folder, path) = scratch();
    write(&path, PixelType::U16, SMALL, &[]).expect("images are written");
    let pairs = metadata(&path).expect("metadata is read");
    assert_eq!(pairs.into_iter().collect::<Vec<_>>(), [("origin".to_owned(), "phantom".to_owned())]);
}
