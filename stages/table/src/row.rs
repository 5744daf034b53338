use arrow::array::ArrayRef;
use arrow::datatypes::Field;
use arrow::record_batch::RecordBatch;

use crate::Fault;

/// A struct whose fields are columns.
pub trait Columns: Sized {
    /// Returns the columns, in order.
    fn fields() -> Vec<Field>;

    /// Returns the columns of `rows`, in the order of [`Columns::fields`].
    fn encode(rows: &[Self]) -> Vec<ArrayRef>;

    /// Returns the rows of a batch that begins at row `first` of its file; columns are found by name, and those that
    /// the struct does not have are ignored.
    ///
    /// # Errors
    /// If a column is missing or of another type, or a value is missing or not in the column's vocabulary.
    fn decode(batch: &RecordBatch, first: usize) -> Result<Vec<Self>, Fault>;
}

/// A row of a table that is written and read whole.
pub trait Row: Columns {
    /// Name of the table, as ports give it.
    const TABLE: &'static str;
}

/// Declares a struct whose fields are columns, each named by its field; `in` names the table of which it is a row.
///
/// A field after `beside` is no column; it gets its value when a row is read.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(in $table:literal)? {
            $($(#[$doc:meta])* pub $field:ident: $type:ty,)+
        }
        $(beside { $(#[$other_doc:meta])* pub $other:ident: $other_type:ty = $default:expr })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)+
            $($(#[$other_doc])* pub $other: $other_type,)?
        }

        $(impl $crate::Row for $name {
            const TABLE: &'static str = $table;
        })?

        impl $crate::Columns for $name {
            fn fields() -> Vec<arrow::datatypes::Field> {
                vec![$($crate::column::field::<$type>(stringify!($field))),+]
            }

            fn encode(rows: &[Self]) -> Vec<arrow::array::ArrayRef> {
                vec![$(<$type as $crate::Column>::encode(rows.iter().map(|row| &row.$field))),+]
            }

            fn decode(
                batch: &arrow::record_batch::RecordBatch,
                first: usize,
            ) -> Result<Vec<Self>, $crate::Fault> {
                $(let $field = $crate::column::typed::<$type>(batch, stringify!($field))?;)+
                (0..batch.num_rows())
                    .map(|row| {
                        Ok(Self {
                            $($field: $crate::column::cell(&$field, stringify!($field), first, row)?,)+
                            $($other: $default,)?
                        })
                    })
                    .collect()
            }
        }
    };
}

pub(crate) use columns;
