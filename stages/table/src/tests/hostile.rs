use std::fs::{self, File};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, LargeStringArray, StringArray};
use arrow::record_batch::RecordBatch;
use contract::Issue;
use parquet::arrow::ArrowWriter;

use super::{image, scratch};
use crate::{
    Image, ImageReader, ImageWriter, Metadata, Metric, Patient, PixelType, Sample, Shape, metadata, read,
    read_any, write,
};

/// Writes columns as another program would: without saying which table they are.
fn write_foreign(path: &std::path::Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = File::create(path).expect("the folder is there");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows are written");
    writer.close().expect("the file ends");
}

fn metrics() -> Vec<Metric> {
    let metric = |value| Metric { class: "macro".to_owned(), metric: "auc".to_owned(), value };
    vec![metric(0.5), metric(0.25)]
}

#[test]
fn a_column_of_another_type_is_an_error_that_names_file_and_column() {
    let (_folder, path) = scratch();
    let text: ArrayRef = Arc::new(StringArray::from(vec!["macro"]));
    write_foreign(
        &path,
        vec![("class", Arc::clone(&text)), ("metric", text), ("value", Arc::new(Int64Array::from(vec![1])))],
    );
    let issue = Issue::from(read::<Metric>(&path).expect_err("a whole number is no number"));
    assert_eq!(issue.message, "the column `value` holds Int64, not Float64");
    assert_eq!(issue.place.expect("a place").file, path);
}

#[test]
fn a_missing_column_is_named_even_if_there_are_no_rows() {
    let (_folder, path) = scratch();
    write_foreign(&path, vec![("class", Arc::new(StringArray::from(Vec::<&str>::new())))]);
    let error = read::<Metric>(&path).expect_err("two columns are missing").to_string();
    assert_eq!(error, format!("{}: has no column `metric`", path.display()));
}

#[test]
fn a_missing_value_and_an_unknown_word_are_named_with_their_row() {
    let (_folder, path) = scratch();
    let text = |words: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(words)) };
    let generated: ArrayRef = Arc::new(BooleanArray::from(vec![false, true]));
    let columns = |label| {
        vec![
            ("sample_id", text(vec![Some("a"), Some("b")])),
            ("image_id", text(vec![Some("a"), Some("b")])),
            ("label", text(vec![Some("normal"), label])),
            ("also", text(vec![None, None])),
            ("generated", Arc::clone(&generated)),
            ("part", text(vec![Some("train"), Some("test")])),
        ]
    };
    for (label, problem) in
        [(None, "is missing"), (Some("both"), "\"both\" is none of normal, metastatic, arthritic")]
    {
        write_foreign(&path, columns(label));
        let issue = Issue::from(read::<Sample>(&path).expect_err("the label is wrong"));
        assert_eq!(issue.message, format!("the column `label`, row 1 (from 0): {problem}"));
    }
}

#[test]
fn another_table_is_refused_by_name() {
    let (_folder, path) = scratch();
    write(&path, &metrics(), &Metadata::new()).expect("rows are written");
    let error = read::<Patient>(&path).expect_err("these are metrics").to_string();
    assert!(error.ends_with("holds the table `metrics`, not `patients`"), "{error}");
    assert!(ImageReader::open(&path).is_err());
}

#[test]
fn a_table_of_another_program_is_read_if_its_columns_fit() {
    let (_folder, path) = scratch();
    write_foreign(
        &path,
        vec![
            ("value", Arc::new(Float64Array::from(vec![0.5, 0.25]))),
            ("metric", Arc::new(LargeStringArray::from(vec!["auc", "auc"]))),
            ("class", Arc::new(StringArray::from(vec!["macro", "macro"]))),
            ("beside", Arc::new(Int64Array::from(vec![1, 2]))),
        ],
    );
    assert_eq!(read::<Metric>(&path).expect("the columns fit"), metrics());
}

#[test]
fn bytes_that_are_no_parquet_are_an_error() {
    let (_folder, path) = scratch();
    for bytes in
        [&b""[..], b"PAR1", b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"class,metric,value\nmacro,auc,0.5\n"]
    {
        fs::write(&path, bytes).expect("the folder is there");
        assert!(read::<Metric>(&path).is_err());
        assert!(read_any(&path).is_err());
        assert!(metadata(&path).is_err());
        assert!(ImageReader::open(&path).is_err());
    }
}

#[test]
fn no_truncated_and_no_flipped_table_panics() {
    let (_folder, path) = scratch();
    write(&path, &metrics(), &Metadata::new()).expect("rows are written");
    let bytes = fs::read(&path).expect("the file is there");
    for end in 0..bytes.len() {
        fs::write(&path, &bytes[..end]).expect("the folder is there");
        assert!(read::<Metric>(&path).is_err());
    }
    for position in 0..bytes.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[position] ^= mask;
            fs::write(&path, &flipped).expect("the folder is there");
            let _any_outcome =
                (read::<Metric>(&path).is_ok(), read_any(&path).is_ok(), metadata(&path).is_ok());
        }
    }
}

#[test]
fn no_flipped_table_of_images_panics() {
    let (_folder, path) = scratch();
    let shape = Shape { rows: 4, cols: 4 };
    let mut writer =
        ImageWriter::create(&path, PixelType::U16, shape, &Metadata::new()).expect("the folder is there");
    for number in 0..3 {
        writer.push(image(number, PixelType::U16, shape)).expect("it fits");
    }
    writer.finish().expect("the file ends");
    let bytes = fs::read(&path).expect("the file is there");
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0xff;
        fs::write(&path, &flipped).expect("the folder is there");
        let _any_outcome =
            ImageReader::open(&path).and_then(Iterator::collect::<Result<Vec<Image>, _>>).is_ok();
    }
}
