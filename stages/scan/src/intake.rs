use std::collections::BTreeMap;

use contract::{Ctx, Digest, Issue};
use table::{Image, ImageWriter, Label, Lesion, Metadata, Opinion, PixelType, Pixels, Rejected, Shape};

use crate::annotations::Marks;
use crate::dicom::{Frame, Scan, Unreadable};
use crate::ingest::{Ingest, OnReject, Unresolved};
use crate::verdict::Verdict;
use crate::vote::{Reading, vote};

/// A file among the scans. Nobody is told its name, which may be that of a patient.
pub struct Arrival {
    /// Which of the files, from 1 in the order of their paths.
    pub number: u32,
    /// Digest of the file, if it could be read.
    pub digest: Option<Digest>,
    /// What became of it, before it is known what became of the others.
    pub taken: Taken,
}

/// What became of one file.
pub enum Taken {
    /// Images, each with what is known of its diseases.
    Scan(Scan, Vec<Verdict>),
    /// No image.
    Refused(Unreadable),
    /// Images of which nothing is known, or something that cannot be.
    Unjudged(Issue),
}

/// The outputs of [`Ingest`] while they fill, file by file in the order of paths.
pub struct Intake<'a> {
    stage: &'a Ingest,
    ctx: &'a Ctx<'a>,
    /// Begins with the first image, whose shape is that of all.
    images: Option<(ImageWriter, Shape)>,
    lesions: Vec<Lesion>,
    opinions: Vec<Opinion>,
    rejected: Vec<Rejected>,
    /// What was said of files that could not be used; an image on which readers disagree is none of them.
    refused: Vec<String>,
    unjudged: Vec<Issue>,
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
            opinions: Vec::new(),
            rejected: Vec::new(),
            refused: Vec::new(),
            unjudged: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Takes what became of a file.
    ///
    /// # Errors
    /// If an output cannot be written; everything else is told by [`Intake::finish`].
    pub fn take(&mut self, arrival: Arrival) -> Result<(), Issue> {
        let Arrival { number, digest, taken } = arrival;
        match taken {
            Taken::Refused(reason) => self.refuse("scans", number, digest, reason.to_string()),
            Taken::Unjudged(issue) => {
                let issue = Issue { message: format!("scan {number}: {}", issue.message), ..issue };
                self.ctx.warn(issue.to_string());
                self.unjudged.push(issue);
            }
            Taken::Scan(scan, verdicts) => self.take_scan(number, &scan, verdicts)?,
        }
        Ok(())
    }

    /// Takes the annotations that are about no scan, by their numbers.
    pub fn take_strangers(&mut self, strangers: Vec<u32>) {
        for number in strangers {
            self.refuse("annotations", number, None, "it is about no scan that is there".to_owned());
        }
    }

    /// Ends the outputs.
    ///
    /// # Errors
    /// If a file was refused and that is not to be skipped, if an annotation or label is missing or wrong, or if there
    /// is no image at all. The message names every file by its number.
    pub fn finish(self) -> Result<(), Issue> {
        match self.unjudged.as_slice() {
            [] => {}
            [issue] => return Err(issue.clone().help(which(issue.help.as_deref()))),
            issues => {
                let lines: Vec<String> = issues.iter().map(ToString::to_string).collect();
                let message = format!("{} scans have no label:\n{}", lines.len(), lines.join("\n"));
                return Err(Issue::new(message).help(which(None)));
            }
        }
        if self.stage.on_reject == OnReject::Fail && !self.refused.is_empty() {
            let message =
                format!("{} files could not be used:\n{}", self.refused.len(), self.refused.join("\n"));
            let help = "take them out of the source, or set `on-reject = \"skip\"`";
            return Err(Issue::new(message).help(which(Some(help))));
        }
        let Some((writer, _)) = self.images else {
            let help = "the log tells of every file why";
            return Err(Issue::new("not one image could be taken from the scans").help(help));
        };
        writer.finish()?;
        table::write(self.ctx.output("lesions")?, &self.lesions, &Metadata::new())?;
        table::write(self.ctx.output("opinions")?, &self.opinions, &Metadata::new())?;
        Ok(table::write(self.ctx.output("rejected")?, &self.rejected, &Metadata::new())?)
    }

    fn refuse(&mut self, input: &str, file: u32, digest: Option<Digest>, reason: String) {
        let line = format!("{} {file}: {reason}", input.trim_end_matches('s'));
        self.ctx.warn(line.clone());
        self.refused.push(line);
        self.reject(input, file, digest, reason);
    }

    fn reject(&mut self, input: &str, file: u32, digest: Option<Digest>, reason: String) {
        let source_digest = digest.map(|digest| digest.to_string());
        self.rejected.push(Rejected { input: input.to_owned(), file, source_digest, reason });
    }

    fn take_scan(&mut self, file: u32, scan: &Scan, verdicts: Vec<Verdict>) -> Result<(), Issue> {
        if !scan.counts_agree {
            let stated = "its counts do not sum to its CountsAccumulated (0018,0070)";
            self.ctx.warn(format!("scan {file}: {stated}"));
        }
        let shape = Shape { rows: scan.rows, cols: scan.cols };
        if let Some((_, first)) = &self.images
            && *first != shape
        {
            let reason = format!("its images have {shape} pixels, and those before it {first}");
            self.refuse("scans", file, Some(scan.digest), reason);
            return Ok(());
        }
        for (number, (frame, verdict)) in (1..).zip(scan.frames.iter().zip(verdicts)) {
            let image_id = self.image_id(scan, frame);
            let label = match verdict {
                Verdict::Label(label) => Some(label),
                Verdict::Marks(marks) => self.label(&image_id, &marks),
            };
            let Some(label) = label else {
                let reason =
                    format!("image {number}: the readers agree that it is abnormal, and not on a disease");
                self.ctx.warn(format!("scan {file}: {reason}"));
                self.reject("scans", file, Some(scan.digest), reason);
                continue;
            };
            let image = image(image_id, scan, frame, label);
            self.writer(shape)?.push(image)?;
        }
        Ok(())
    }

    /// Returns the label for which the readers vote, if there is one, and keeps what each of them said.
    fn label(&mut self, image_id: &str, marks: &[Marks]) -> Option<Label> {
        let opinion = |marks: &Marks| Opinion {
            image_id: image_id.to_owned(),
            reader: marks.reader.clone(),
            label: marks.reading.label(),
        };
        self.opinions.extend(marks.iter().map(opinion));
        let readings: Vec<Reading> = marks.iter().map(|marks| marks.reading).collect();
        let label = match (vote(&readings), self.stage.unresolved) {
            (Some(label), _) => label,
            (None, Unresolved::Union) => Label::Both,
            (None, Unresolved::Exclude) => return None,
        };
        let lesions = marks.iter().flat_map(|marks| &marks.lesions);
        self.lesions.extend(lesions.map(|lesion| Lesion { image_id: image_id.to_owned(), ..lesion.clone() }));
        Some(label)
    }

    fn image_id(&mut self, scan: &Scan, frame: &Frame) -> String {
        let name = format!("{}-{}", scan.person.pseudonym, frame.view);
        let number = self.numbers.entry(name.clone()).or_default();
        *number += 1;
        if *number == 1 { name } else { format!("{name}-{number}") }
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

fn image(image_id: String, scan: &Scan, frame: &Frame, label: Label) -> Image {
    Image {
        image_id,
        patient_id: scan.person.pseudonym.clone(),
        view: frame.view,
        sex: scan.person.sex.clone(),
        age_years: scan.person.age_years,
        label,
        rows: scan.rows,
        cols: scan.cols,
        pixels: Pixels::U16(frame.counts.clone()),
        counts_total: frame.counts.iter().map(|count| f64::from(*count)).sum(),
        counts_max: frame.counts.iter().max().copied().unwrap_or_default().into(),
        source_digest: scan.digest.to_string(),
        derived_from: None,
        operation: None,
    }
}

/// Returns a help that also tells how to find a file by its number.
fn which(help: Option<&str>) -> String {
    let name = "the name of scan 3: `find -L <its folder> -type f | LC_ALL=C sort | sed -n 3p`";
    help.map_or_else(|| name.to_owned(), |help| format!("{help}; {name}"))
}
