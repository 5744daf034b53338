use crate::row::columns;
use crate::{Label, Pixels, Shape, View};

columns! {
    /// An image of the table `images`.
    pub struct Image {
        /// Name, unique in the table.
        pub image_id: String,
        /// Pseudonym of the patient.
        pub patient_id: String,
        /// Side from which it was taken.
        pub view: View,
        /// Sex as the scan states it: `F`, `M` or `O`.
        pub sex: Option<String>,
        /// Age at the scan, in years.
        pub age_years: Option<f64>,
        /// What the readers found.
        pub label: Label,
        /// Height, in pixels; the same for all images of a table.
        pub rows: u32,
        /// Width, in pixels; the same for all images of a table.
        pub cols: u32,
        /// Sum of all pixels of the scan, in counts.
        pub counts_total: f64,
        /// Largest pixel of the scan, in counts.
        pub counts_max: f64,
        /// Digest of the file from which it was taken.
        pub source_digest: String,
        /// Image from which it was made, if it is no original.
        pub derived_from: Option<String>,
        /// How it was made from that.
        pub operation: Option<String>,
    }
    beside {
        /// Row-major pixels, the last column of the file.
        pub pixels: Pixels = Pixels::U16(Vec::new())
    }
}

impl Image {
    /// Name of the table.
    pub const TABLE: &'static str = "images";

    /// Returns height and width.
    pub const fn shape(&self) -> Shape {
        Shape { rows: self.rows, cols: self.cols }
    }

    /// Returns whether a generator made it: it goes back to no scan.
    pub const fn is_generated(&self) -> bool {
        self.derived_from.is_none() && self.operation.is_some()
    }
}
