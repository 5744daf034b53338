use std::collections::BTreeMap;
use std::path::Path;

use contract::{Ctx, Issue};
use table::{Image, ImageWriter, Label, Lesion, Metadata, PixelType, Pixels, Rejected, Shape};

use crate::annotations::Marks;
use crate::dicom::{Frame, Scan, Unreadable};
use crate::ingest::{Ingest, OnReject, Unresolved};
use crate::vote::{Reading, vote};

/// What became of one file, before it is known what became of the others.
pub enum Taken {
    /// Images, each with what every reader marked.
    Scan(Scan, Vec<Vec<Marks>>),
    /// No image.
    Refused(Unreadable),
    /// Images that are not annotated as they have to be.
    Unannotated(Issue),
}

/// The outputs of [`Ingest`] while they fill, file by file in the order of paths.
pub struct Intake<'a> {
    stage: &'a Ingest,
    ctx: &'a Ctx<'a>,
    /// Begins with the first image, whose shape is that of all.
    images: Option<(ImageWriter, Shape)>,
    lesions: Vec<Lesion>,
    rejected: Vec<Rejected>,
    /// Files that gave no image; an image on which readers disagree is none of them.
    refused: Vec<String>,
    unannotated: Vec<Issue>,
    /// How often an image of this patient and view came.
    numbers: BTreeMap<String, u32>,
}

impl<'a> Intake<'a> {
    /// Returns an intake that has taken nothing.
    pub fn new(stage: &'a Ingest, ctx: &'a Ctx<'a>) -> Self {
        Self {
            stage,
            ctx,
            images: None,
            lesions: Vec::new(),
            rejected: Vec::new(),
            refused: Vec::new(),
            unannotated: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Takes what became of a file.
    ///
    /// # Errors
    /// If an output cannot be written; everything else is told by [`Intake::finish`].
    pub fn take(&mut self, file: &Path, taken: Taken) -> Result<(), Issue> {
        match taken {
            Taken::Refused(reason) => self.refuse(file, reason.to_string()),
            Taken::Unannotated(issue) => {
                self.ctx.warn(issue.to_string());
                self.unannotated.push(issue);
            }
            Taken::Scan(scan, marks) => self.take_scan(file, &scan, marks)?,
        }
        Ok(())
    }

    /// Ends the outputs.
    ///
    /// # Errors
    /// If a file was refused and that is not to be skipped, if an annotation is missing or wrong, or if there is no
    /// image at all. The message names every file.
    pub fn finish(self) -> Result<(), Issue> {
        match self.unannotated.as_slice() {
            [] => {}
            [issue] => return Err(issue.clone()),
            issues => {
                let lines: Vec<String> = issues.iter().map(ToString::to_string).collect();
                let message = format!(
                    "{} scans are not annotated as they have to be:\n{}",
                    lines.len(),
                    lines.join("\n")
                );
                return Err(Issue::new(message));
            }
        }
        if self.stage.on_reject == OnReject::Fail && !self.refused.is_empty() {
            let message = format!("{} files gave no image:\n{}", self.refused.len(), self.refused.join("\n"));
            return Err(
                Issue::new(message).help("take them out of the source, or set `on-reject = \"skip\"`")
            );
        }
        let Some((writer, _)) = self.images else {
            let help = "`rejected` and the log tell of every file why";
            return Err(Issue::new("not one image could be taken from the scans").help(help));
        };
        writer.finish()?;
        table::write(self.ctx.output("lesions")?, &self.lesions, &Metadata::new())?;
        Ok(table::write(self.ctx.output("rejected")?, &self.rejected, &Metadata::new())?)
    }

    fn refuse(&mut self, file: &Path, reason: String) {
        let line = format!("{}: {reason}", file.display());
        self.ctx.warn(line.clone());
        self.refused.push(line);
        self.rejected.push(Rejected { file: file.display().to_string(), reason });
    }

    fn take_scan(&mut self, file: &Path, scan: &Scan, marks: Vec<Vec<Marks>>) -> Result<(), Issue> {
        if !scan.counts_agree {
            let stated = "its counts do not sum to its CountsAccumulated (0018,0070)";
            self.ctx.warn(format!("{}: {stated}", file.display()));
        }
        let shape = Shape { rows: scan.rows, cols: scan.cols };
        if let Some((_, first)) = &self.images
            && *first != shape
        {
            let reason = format!("its images have {shape} pixels, and those before it {first}");
            self.refuse(file, reason);
            return Ok(());
        }
        for (number, (frame, marks)) in (1..).zip(scan.frames.iter().zip(marks)) {
            let readings: Vec<Reading> = marks.iter().map(|marks| marks.reading).collect();
            let label = match (vote(&readings), self.stage.unresolved) {
                (Some(label), _) => label,
                (None, Unresolved::Union) => Label::Both,
                (None, Unresolved::Exclude) => {
                    let reason = format!(
                        "image {number}: the readers agree that it is abnormal, and not on a disease"
                    );
                    self.ctx.warn(format!("{}: {reason}", file.display()));
                    self.rejected.push(Rejected { file: file.display().to_string(), reason });
                    continue;
                }
            };
            let image = self.image(scan, frame, label);
            let lesions = marks.into_iter().flat_map(|marks| marks.lesions);
            self.lesions.extend(lesions.map(|lesion| Lesion { image_id: image.image_id.clone(), ..lesion }));
            self.writer(shape)?.push(image)?;
        }
        Ok(())
    }

    fn image(&mut self, scan: &Scan, frame: &Frame, label: Label) -> Image {
        let name = format!("{}-{}", scan.person.pseudonym, frame.view);
        let number = self.numbers.entry(name.clone()).or_default();
        *number += 1;
        let total: f64 = frame.counts.iter().map(|count| f64::from(*count)).sum();
        Image {
            image_id: if *number == 1 { name } else { format!("{name}-{number}") },
            patient_id: scan.person.pseudonym.clone(),
            view: frame.view,
            sex: scan.person.sex.clone(),
            age_years: scan.person.age_years,
            label,
            rows: scan.rows,
            cols: scan.cols,
            pixels: Pixels::U16(frame.counts.clone()),
            counts_total: total,
            counts_max: frame.counts.iter().max().copied().unwrap_or_default().into(),
            source_digest: scan.digest.to_string(),
            derived_from: None,
            operation: None,
        }
    }

    fn writer(&mut self, shape: Shape) -> Result<&mut ImageWriter, Issue> {
        let images = match self.images.take() {
            Some(images) => images,
            None => {
                let path = self.ctx.output("images")?;
                (ImageWriter::create(path, PixelType::U16, shape, &Metadata::new())?, shape)
            }
        };
        Ok(&mut self.images.insert(images).0)
    }
}
