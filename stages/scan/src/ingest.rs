use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use contract::{Ctx, Digest, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::Shape;

use crate::dicom::{Frame, Scan};
use crate::folder::Folder;
use crate::intake::{Arrival, Intake, Taken};
use crate::names::Place;
use crate::pseudonym::Secret;
use crate::stream;
use crate::verdict::Verdicts;

/// Reads scans and what readers saw in them.
///
/// Every file in the folder is read, at any depth; what is not a planar nuclear medicine image never stops the
/// others. A label is the vote of the readers; two of three decide (`vote`). `opinions` has what each reader found in
/// each image, and `lesions` a row for each shape that a reader drew, whether others agree or not, in pixels of the
/// stored image. Where there are no readers, a table gives the labels, and these two are empty.
///
/// An image is named by the pseudonym of its patient and its view, with `-2`, `-3` for more of the same in the order
/// of their paths. All images of a run have the shape of the first. No name of a file reaches an artifact or a message.
///
/// Version 2: files and readers are told by number, and `opinions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ingest {
    /// What a file without an image does to the stage.
    pub on_reject: OnReject,
    /// How many readers have to have annotated each image.
    pub readers: NonZeroU32,
    /// What becomes of an image that most readers find abnormal without agreeing on a disease.
    pub unresolved: Unresolved,
}

/// What a file without an image does to the stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnReject {
    /// The stage fails after all files were read, and names each.
    #[default]
    Fail,
    /// It is listed in `rejected`.
    Skip,
}

/// What becomes of an image that most readers find abnormal without agreeing on a disease.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unresolved {
    /// It is listed in `rejected`.
    #[default]
    Exclude,
    /// It has every disease that one of them names.
    Union,
}

const PAPER_READERS: NonZeroU32 = NonZeroU32::new(3).unwrap();

impl Default for Ingest {
    fn default() -> Self {
        Self { on_reject: OnReject::default(), readers: PAPER_READERS, unresolved: Unresolved::default() }
    }
}

impl Stage for Ingest {
    const KIND: &'static str = "ingest";
    const VERSION: u32 = 2;
    const DOC: &'static str =
        "Reads nuclear medicine scans from DICOM files, and their labels from LabelMe files or a table.";
    const INPUTS: &'static [Input] = &[
        Input::one("scans", "dicom", "A folder of DICOM files, at any depth."),
        Input::optional(
            "annotations",
            "labelme",
            "A folder for each reader, with a LabelMe file for each image.",
        ),
        Input::optional(
            "labels",
            contract::ANY,
            "A CSV file with the columns `file` and `label`, if there are no readers.",
        ),
        Input::optional(
            "secret",
            contract::ANY,
            "A file of 16 bytes or more, without which pseudonyms tell nothing.",
        ),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new("images", "images.parquet", "images", "Counts, with patient, view and label."),
        Output::new("lesions", "lesions.parquet", "lesions", "What each reader marked, and where."),
        Output::new("opinions", "opinions.parquet", "opinions", "What each reader found in each image."),
        Output::new(
            "rejected",
            "rejected.parquet",
            "rejected",
            "Files and images that were left out, and why.",
        ),
    ];

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let fact = |name| known.number("scans", name);
        let (images, rows, cols) = (fact("images"), fact("rows"), fact("cols"));
        // A file, its parsed data set and its decoded pixels.
        let memory = rows.zip(cols).map(|(rows, cols)| stream::memory(rows * cols, 16));
        let outputs = [("images", json!({ "images": images, "rows": rows, "cols": cols }))].into();
        Ok(Forecast { memory, outputs, ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let Folder { root, files } = Folder::open(ctx.input("scans")?)?;
        let verdicts = Verdicts::open(ctx, self.readers.get() as usize, &files)?;
        let secret = ctx.optional("secret").map(Secret::read).transpose()?;
        let mut intake = Intake::new(self, ctx);
        let (mut done, total) = (0, files.len());
        let work = |(number, file): (u32, PathBuf)| {
            let mut arrival = take(&root, number, &file, &verdicts);
            if let (Taken::Scan(scan, _), Some(secret)) = (&mut arrival.taken, &secret) {
                scan.person.pseudonym = secret.conceal(&scan.person.pseudonym);
            }
            arrival
        };
        stream::in_order((1..).zip(files).map(Ok), work, |arrival| {
            intake.take(arrival)?;
            done += 1;
            ctx.progress(done, total, "files");
            Ok(())
        })?;
        intake.take_strangers(verdicts.strangers()?);
        intake.finish()
    }
}

fn take(root: &Path, number: u32, file: &Path, verdicts: &Verdicts) -> Arrival {
    let bytes = match Scan::bytes(&root.join(file)) {
        Ok(bytes) => bytes,
        Err(reason) => return Arrival { number, digest: None, taken: Taken::Refused(reason) },
    };
    let taken = match Scan::parse(&bytes) {
        Ok(scan) => judge(scan, number, file, verdicts),
        Err(reason) => Taken::Refused(reason),
    };
    Arrival { number, digest: Some(Digest::of(&bytes)), taken }
}

fn judge(scan: Scan, number: u32, file: &Path, verdicts: &Verdicts) -> Taken {
    let size = Shape { rows: scan.rows, cols: scan.cols };
    let place = |(image, frame): (usize, &Frame)| Place {
        scan: number as usize - 1,
        path: file,
        number: image,
        of: scan.frames.len(),
        view: frame.view,
    };
    let judged: Result<Vec<_>, Issue> =
        (1..).zip(&scan.frames).map(|image| verdicts.of(place(image), size)).collect();
    match judged {
        Ok(judged) => Taken::Scan(scan, judged),
        Err(issue) => Taken::Unjudged(issue),
    }
}

#[cfg(test)]
mod tests;
