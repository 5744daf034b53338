use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::acquisition::{Acquisition, Image};
use super::cohort::{Enrolled, cohort};
use super::dicom_file::DicomFile;
use super::difficulty::Difficulty;
use super::draws::Draws;
use super::raster::{COLS, ROWS};
use super::readers::{READERS, annotation};

/// Whole-body bone scans of patients who do not exist, as a camera and three readers would leave them.
///
/// Writes for each patient two DICOM files, `dicom/phantom-000123-anterior.dcm` and `…-posterior.dcm`, and for each
/// of these a LabelMe file of each reader, `annotations/reader-1/phantom-000123-anterior.json`.
///
/// The number of patients with each label is in the proportions of the paper's 384 (167 normal, 87 metastatic, 126
/// arthritic, 4 both), by largest remainder and at least one of each; 384 patients give its 768 images exactly.
/// A phantom is no patient: what is learned from it says how methods compare on it, and nothing about bone scans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Phantom {
    /// Patients, at least 4.
    pub patients: u32,
    /// How faint lesions are and how much normal patients vary: 0 is plain, 1 realistic, more is harder.
    #[serde(default = "realistic")]
    pub difficulty: f64,
    /// Origin of all randomness.
    pub seed: Seed,
}

const FEWEST: u32 = 4;
/// Identifiers have six digits.
const MOST: u32 = 999_999;

fn realistic() -> f64 {
    1.0
}

impl Stage for Phantom {
    const KIND: &'static str = "phantom";
    const VERSION: u32 = 1;
    const DOC: &'static str =
        "Makes whole-body bone scans of invented patients, with the annotations of three readers.";
    const INPUTS: &'static [Input] = &[];
    const OUTPUTS: &'static [Output] = &[
        Output::new("dicom", "dicom/", "dicom", "A file for each of two views of each patient."),
        Output::new(
            "annotations",
            "annotations/",
            "labelme",
            "A folder for each reader, with a file for each scan.",
        ),
    ];

    fn check(&self) -> Result<(), Issue> {
        if !(FEWEST..=MOST).contains(&self.patients) {
            let message = format!("`patients` is {}, and can be {FEWEST} to {MOST}", self.patients);
            return Err(Issue::new(message).help("one patient is needed for each label"));
        }
        if !(self.difficulty.is_finite() && self.difficulty >= 0.0) {
            return Err(Issue::new(format!("`difficulty` is {}, and has to be 0 or more", self.difficulty)));
        }
        Ok(())
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let threads = known.threads.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let seconds = f64::from(self.patients) * SECONDS / threads as f64;
        let images = json!({ "images": 2 * u64::from(self.patients), "rows": ROWS, "cols": COLS });
        Ok(Forecast {
            memory: Some(MEMORY + threads as u64 * MEMORY_OF_A_PATIENT),
            seconds: Some(seconds),
            outputs: [("dicom", images)].into(),
        })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        self.check()?;
        let (scans, annotations) = (ctx.output("dicom")?, ctx.output("annotations")?);
        let readers: Vec<_> =
            (1..=READERS).map(|reader| annotations.join(format!("reader-{reader}"))).collect();
        for folder in readers.iter().chain([&scans.to_owned()]) {
            fs::create_dir_all(folder)
                .map_err(|error| Issue::new(format!("the folder cannot be made: {error}")).file(folder))?;
        }
        let cohort = cohort(self.patients, self.seed.fork("cohort"));
        let (done, total) = (AtomicUsize::new(0), cohort.len());
        let outcomes: Vec<Result<(), Issue>> = cohort
            .into_par_iter()
            .map(|enrolled| {
                self.scan(enrolled, scans, &readers)?;
                ctx.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total, "patients");
                Ok(())
            })
            .collect();
        outcomes.into_iter().collect()
    }
}

/// Measured: seconds of one thread for a patient, and memory at one time.
const SECONDS: f64 = 0.07;
const MEMORY: u64 = 64 << 20;
const MEMORY_OF_A_PATIENT: u64 = 32 << 20;

impl Phantom {
    /// Scans one patient and writes all files about it.
    fn scan(&self, enrolled: Enrolled, scans: &Path, readers: &[PathBuf]) -> Result<(), Issue> {
        let seed = self.seed.fork(&format!("patient {}", enrolled.number));
        let Acquisition { patient, images } = Acquisition::of(enrolled, Difficulty(self.difficulty), seed);
        for Image { view, counts, readings, .. } in images {
            let stem = format!("phantom-{:06}-{view}", enrolled.number);
            let name = format!("{stem}.dcm");
            let mut draws = Draws::new(seed, &format!("polygons {view}"));
            for (folder, marks) in readers.iter().zip(&readings) {
                annotation(marks, name.clone(), &mut draws).write(&folder.join(format!("{stem}.json")))?;
            }
            let (sex, age_years) = (enrolled.sex, patient.age_years);
            let file = DicomFile { patient: enrolled.number, sex, age_years, view, counts, seed };
            file.write(&scans.join(name))?;
        }
        Ok(())
    }
}
