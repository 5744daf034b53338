use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use crate::Metadata;

/// Metadata key that names the table in the file.
pub(crate) const TABLE_KEY: &str = "table";

/// Rows in a row group of a table without pixels.
pub(crate) const ROWS_PER_GROUP: usize = 65_536;

/// Images in a row group: 32 MiB of 1024 x 256 counts.
const IMAGES_PER_GROUP: usize = 64;

/// Images that a writer or a reader holds at once.
pub(crate) const IMAGES_PER_BATCH: usize = 16;

/// Returns how a table without pixels is written.
pub(crate) fn table(name: &str, metadata: &Metadata) -> WriterProperties {
    stable(name, metadata).set_max_row_group_row_count(Some(ROWS_PER_GROUP)).build()
}

/// Returns how the table `images` is written: each image is a page of its own, so that it can be read alone.
///
/// The page limits are looked at once for each write batch, which therefore holds one image; a dictionary or
/// statistics of pixels would only hash and compare megabytes.
pub(crate) fn images(name: &str, metadata: &Metadata) -> WriterProperties {
    let pixels = ColumnPath::from("pixels");
    stable(name, metadata)
        .set_max_row_group_row_count(Some(IMAGES_PER_GROUP))
        .set_write_batch_size(1)
        .set_column_data_page_row_count_limit(pixels.clone(), 1)
        .set_column_dictionary_enabled(pixels.clone(), false)
        .set_column_statistics_enabled(pixels, EnabledStatistics::None)
        .build()
}

/// Returns what all files share: everything that could differ between two writes of the same rows is fixed.
fn stable(name: &str, metadata: &Metadata) -> WriterPropertiesBuilder {
    let mut pairs = metadata.clone();
    pairs.insert(TABLE_KEY.to_owned(), name.to_owned());
    let pairs = pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let level = ZstdLevel::try_new(3).expect("3 is a level of zstd");
    WriterProperties::builder()
        .set_created_by("osteon 1".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_key_value_metadata(Some(pairs))
}
