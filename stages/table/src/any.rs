use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use parquet::arrow::ProjectionMask;

use crate::file::{guarded, open};
use crate::{Fault, TableError};

/// The columns of a Parquet file whose table is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyTable {
    /// Number of rows.
    pub rows: usize,
    /// Columns in order, each with its name; those that hold neither text, nor numbers, nor truth values (pixels,
    /// say) are left out.
    pub columns: Vec<(String, Values)>,
}

/// The values of one column, in the widest type of their sort.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers with a sign.
    Signed(Vec<Option<i64>>),
    /// Whole numbers without a sign.
    Unsigned(Vec<Option<u64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Truth values.
    Truth(Vec<Option<bool>>),
}

impl Values {
    /// Returns no values of the sort that a column of this Arrow type holds.
    fn empty(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text(Vec::new()),
            DataType::Boolean => Self::Truth(Vec::new()),
            unsigned if unsigned.is_unsigned_integer() => Self::Unsigned(Vec::new()),
            signed if signed.is_signed_integer() => Self::Signed(Vec::new()),
            number if number.is_floating() => Self::Number(Vec::new()),
            _ => return None,
        })
    }

    fn append(&mut self, array: &ArrayRef) -> Result<(), Fault> {
        match self {
            Self::Text(values) => {
                let array = cast(array, &DataType::Utf8)?;
                values.extend(array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)));
            }
            Self::Signed(values) => append::<Int64Type>(values, array)?,
            Self::Unsigned(values) => append::<UInt64Type>(values, array)?,
            Self::Number(values) => append::<Float64Type>(values, array)?,
            Self::Truth(values) => values.extend(array.as_boolean().iter()),
        }
        Ok(())
    }
}

fn append<T: ArrowPrimitiveType>(values: &mut Vec<Option<T::Native>>, array: &ArrayRef) -> Result<(), Fault> {
    values.extend(cast(array, &T::DATA_TYPE)?.as_primitive::<T>().iter());
    Ok(())
}

/// Reads the columns of any Parquet file.
///
/// # Errors
/// If the file is no Parquet, or is damaged.
pub fn read_any(path: &Path) -> Result<AnyTable, TableError> {
    guarded(|| read_columns(path)).map_err(|fault| fault.of(path))
}

fn read_columns(path: &Path) -> Result<AnyTable, Fault> {
    let builder = open(path)?;
    let schema = Arc::clone(builder.schema());
    let (positions, mut columns): (Vec<usize>, Vec<_>) = schema
        .fields()
        .iter()
        .enumerate()
        .filter_map(|(position, field)| {
            Some((position, (field.name().clone(), Values::empty(field.data_type())?)))
        })
        .unzip();
    let mask = ProjectionMask::roots(builder.parquet_schema(), positions);
    let mut rows = 0;
    for batch in builder.with_projection(mask).build()? {
        let batch = batch?;
        rows += batch.num_rows();
        for ((_, values), array) in columns.iter_mut().zip(batch.columns()) {
            values.append(array)?;
        }
    }
    Ok(AnyTable { rows, columns })
}
