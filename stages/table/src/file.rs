use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::properties::{self, ROWS_PER_GROUP, TABLE_KEY};
use crate::{Fault, Row, TableError};

/// File-level metadata of a table: text by name.
pub type Metadata = BTreeMap<String, String>;

/// Metadata key under which Arrow keeps its own schema.
const ARROW_KEY: &str = "ARROW:schema";

pub(crate) type Builder = ParquetRecordBatchReaderBuilder<File>;

/// Writes a table.
///
/// # Errors
/// If the file cannot be written.
pub fn write<R: Row>(path: &Path, rows: &[R], metadata: &Metadata) -> Result<(), TableError> {
    write_rows(path, rows, metadata).map_err(|fault| fault.of(path))
}

fn write_rows<R: Row>(path: &Path, rows: &[R], metadata: &Metadata) -> Result<(), Fault> {
    let schema = Arc::new(Schema::new(R::fields()));
    let properties = properties::table(R::TABLE, metadata);
    let mut writer = ArrowWriter::try_new(File::create(path)?, Arc::clone(&schema), Some(properties))?;
    for group in rows.chunks(ROWS_PER_GROUP) {
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), R::encode(group))?)?;
    }
    writer.close()?;
    Ok(())
}

/// Reads a table.
///
/// A file that does not say which table it holds is read if its columns fit: other programs may have written it.
///
/// # Errors
/// If the file is no Parquet, holds another table, lacks a column, or a column has another type; the error names the
/// file and the column.
pub fn read<R: Row>(path: &Path) -> Result<Vec<R>, TableError> {
    guarded(|| read_rows(path)).map_err(|fault| fault.of(path))
}

fn read_rows<R: Row>(path: &Path) -> Result<Vec<R>, Fault> {
    let builder = open(path)?;
    check_table(&builder, R::TABLE)?;
    let empty = RecordBatch::new_empty(Arc::clone(builder.schema()));
    let mut rows = R::decode(&empty, 0)?;
    for batch in builder.build()? {
        rows.append(&mut R::decode(&batch?, rows.len())?);
    }
    Ok(rows)
}

/// Returns the file-level metadata of a Parquet file, without what this crate and Arrow add.
///
/// # Errors
/// If the file is no Parquet.
pub fn metadata(path: &Path) -> Result<Metadata, TableError> {
    let mut pairs = guarded(|| Ok(pairs(&open(path)?))).map_err(|fault| fault.of(path))?;
    pairs.remove(TABLE_KEY);
    pairs.remove(ARROW_KEY);
    Ok(pairs)
}

pub(crate) fn open(path: &Path) -> Result<Builder, Fault> {
    Ok(Builder::try_new(File::open(path)?)?)
}

pub(crate) fn check_table(builder: &Builder, expected: &'static str) -> Result<(), Fault> {
    match pairs(builder).remove(TABLE_KEY) {
        Some(found) if found != expected => Err(Fault::OtherTable { expected, found }),
        Some(_) | None => Ok(()),
    }
}

fn pairs(builder: &Builder) -> Metadata {
    let pairs = builder.metadata().file_metadata().key_value_metadata();
    pairs.into_iter().flatten().filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?))).collect()
}

/// Runs a read, so that a page that makes the Parquet library panic is an error like any other damage.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Fault::Damaged))
}
