use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, StringArray, UInt32Array, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;

use crate::Fault;

/// A type whose values one column can hold.
pub trait Value: Sized {
    /// Arrow type of the column.
    const TYPE: DataType;

    /// Returns the column of `values`.
    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> ArrayRef
    where
        Self: 'a;

    /// Returns the value in a row of a column of [`Value::TYPE`] that is not null there.
    ///
    /// # Errors
    /// What is wrong with it, for a type that does not take every value.
    fn decode(array: &dyn Array, row: usize) -> Result<Self, String>;
}

/// The type of a field of a row: a [`Value`], or an `Option` of one for a column that may be null.
pub trait Column: Sized {
    /// Arrow type of the column.
    const TYPE: DataType;
    /// Whether a value may be missing.
    const NULLABLE: bool;

    /// Returns the column of `values`.
    fn encode<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef
    where
        Self: 'a;

    /// Returns the value in a row of a column of [`Column::TYPE`].
    ///
    /// # Errors
    /// What is wrong with it.
    fn decode(array: &dyn Array, row: usize) -> Result<Self, String>;
}

impl<V: Value> Column for V {
    const TYPE: DataType = V::TYPE;
    const NULLABLE: bool = false;

    fn encode<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef
    where
        Self: 'a,
    {
        V::encode(values.map(Some))
    }

    fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
        if array.is_null(row) { Err("is missing".to_owned()) } else { V::decode(array, row) }
    }
}

impl<V: Value> Column for Option<V> {
    const TYPE: DataType = V::TYPE;
    const NULLABLE: bool = true;

    fn encode<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef
    where
        Self: 'a,
    {
        V::encode(values.map(Self::as_ref))
    }

    fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
        if array.is_null(row) { Ok(None) } else { V::decode(array, row).map(Some) }
    }
}

impl Value for String {
    const TYPE: DataType = DataType::Utf8;

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }

    fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
        Ok(array.as_string::<i32>().value(row).to_owned())
    }
}

impl Value for bool {
    const TYPE: DataType = DataType::Boolean;

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> ArrayRef {
        Arc::new(values.map(Option::<&Self>::copied).collect::<BooleanArray>())
    }

    fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
        Ok(array.as_boolean().value(row))
    }
}

/// Declares the column of a number.
macro_rules! number {
    ($number:ty, $data_type:ident, $array:ident, $arrow:ident) => {
        impl Value for $number {
            const TYPE: DataType = DataType::$data_type;

            fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> ArrayRef {
                Arc::new(values.map(Option::<&Self>::copied).collect::<$array>())
            }

            fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
                Ok(array.as_primitive::<$arrow>().value(row))
            }
        }
    };
}

number!(f64, Float64, Float64Array, Float64Type);
number!(u32, UInt32, UInt32Array, UInt32Type);
number!(u64, UInt64, UInt64Array, UInt64Type);

/// Returns the schema's field of a column called `name`.
pub(crate) fn field<C: Column>(name: &str) -> Field {
    Field::new(name, C::TYPE, C::NULLABLE)
}

/// Returns the column called `name` after checking its type.
///
/// The three ways in which Arrow writes text are one type to everybody else, so they are one type here.
pub(crate) fn typed<C: Column>(batch: &RecordBatch, name: &'static str) -> Result<ArrayRef, Fault> {
    let column = batch.column_by_name(name).ok_or(Fault::MissingColumn { column: name })?;
    let found = column.data_type();
    match (C::TYPE, found) {
        (expected, found) if expected == *found => Ok(Arc::clone(column)),
        (DataType::Utf8, DataType::LargeUtf8 | DataType::Utf8View) => Ok(cast(column, &DataType::Utf8)?),
        (expected, found) => Err(Fault::ColumnType {
            column: name.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }),
    }
}

/// Returns the value in a row of a column that [`typed`] returned; the batch begins at row `first` of its file.
pub(crate) fn cell<C: Column>(array: &dyn Array, name: &str, first: usize, row: usize) -> Result<C, Fault> {
    C::decode(array, row).map_err(|problem| Fault::Cell {
        column: name.to_owned(),
        row: first + row,
        problem,
    })
}
