use std::num::NonZeroU32;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Counts, Image, ImageReader, ImageWriter, Label, Metadata, PixelType, Pixels, Shape};

use crate::deal::{Bounds, deal, derived_id};
use crate::geometry::Operation;
use crate::stream;

/// The paper's data set `D_2`: the originals, and images made from them by mirror, translation and rotation until
/// each class has as many as Table 1 says.
///
/// Originals come first, in their order; the derived images follow, in the order of their originals. Normal images
/// are not augmented (Table 1). A derived image keeps patient, label and counts of its original; `derived_from` and
/// `operation` say how it was made. How operations are dealt out is told in `deal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Augment {
    /// Images of each class afterwards, originals included.
    pub counts: Counts,
    /// Number of originals that the counts refer to; with fewer or more originals the counts shrink or grow in
    /// proportion.
    #[serde(default = "Counts::paper_images")]
    pub of: NonZeroU32,
    /// Largest translation, in pixels of an image 256 columns wide; the shift scales with the columns.
    pub shift: u8,
    /// Largest rotation, in degrees.
    pub degrees: u8,
    /// Origin of all randomness.
    pub seed: Seed,
}

impl Stage for Augment {
    const KIND: &'static str = "augment";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Mirrors, translates and rotates images (eqs. 2 to 4): the data set D_2.";
    const INPUTS: &'static [Input] = &[Input::one("images", "images", "Normalized originals.")];
    const OUTPUTS: &'static [Output] = &[Output::new(
        "images",
        "images.parquet",
        "images",
        "The originals, then the images made from them.",
    )];

    /// Takes the share of normal images to be the paper's.
    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let fact = |name| known.number("images", name);
        let (rows, cols) = (fact("rows"), fact("cols"));
        let images = fact("images").and_then(|images| usize::try_from(images).ok());
        let images = images.map(|images| self.counts.total(images, self.of));
        let memory = rows.zip(cols).map(|(rows, cols)| stream::memory(rows * cols, 40));
        let mut forecast = Forecast { memory, ..Forecast::default() };
        forecast.outputs.insert("images", json!({ "images": images, "rows": rows, "cols": cols }));
        Ok(forecast)
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let input = ctx.input("images")?;
        let reader = ImageReader::open(input)?;
        let shape = reader.shape();
        if reader.pixel_type() != PixelType::F32 {
            return Err(Issue::new("the images are not normalized").help("wire the images of `normalize`"));
        }
        let labels: Vec<(String, Label)> = ImageReader::open_without_pixels(input)?
            .map(|image| image.map(|image| (image.image_id, image.label)))
            .collect::<Result<_, _>>()?;
        let bounds = Bounds { shift: self.shift, degrees: self.degrees };
        let target = |label| self.counts.target(label, labels.len(), self.of);
        for label in Label::ALL {
            if target(*label) > Some(0) && labels.iter().all(|(_, other)| other != label) {
                ctx.warn(format!("no original is {label}, so none can be made"));
            }
        }
        let dealt = deal(&labels, target, bounds, self.seed)?;
        let total = labels.len() + dealt.iter().map(Vec::len).sum::<usize>();
        let mut done = 0;
        let mut writer = ImageWriter::create(ctx.output("images")?, PixelType::F32, shape, &Metadata::new())?;
        let mut push = |image| -> Result<(), Issue> {
            writer.push(image)?;
            done += 1;
            ctx.progress(done, total, "images");
            Ok(())
        };
        for image in reader {
            push(image?)?;
        }
        let originals =
            ImageReader::open(input)?.zip(dealt).map(|(image, operations)| Ok((image?, operations)));
        let work = |(image, operations): (Image, Vec<Operation>)| -> Vec<Image> {
            operations.into_iter().map(|operation| derived(&image, operation, shape)).collect()
        };
        stream::in_order(originals, work, |images| images.into_iter().try_for_each(&mut push))?;
        Ok(writer.finish()?)
    }
}

/// Returns the image that `operation` makes of an original.
fn derived(original: &Image, operation: Operation, shape: Shape) -> Image {
    let Pixels::F32(pixels) = &original.pixels else { unreachable!("the reader's pixels are 32-bit floats") };
    Image {
        image_id: derived_id(&original.image_id, operation),
        pixels: Pixels::F32(operation.apply(pixels, shape)),
        derived_from: Some(original.image_id.clone()),
        operation: Some(operation.to_string()),
        ..original.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Trial, image};

    fn augment() -> Augment {
        let counts = Counts { metastatic: 2, arthritic: 3, both: 4 };
        Augment { counts, of: NonZeroU32::new(4).unwrap(), shift: 6, degrees: 5, seed: Seed(1) }
    }

    fn originals() -> Vec<Image> {
        Label::ALL.iter().map(|label| image(&format!("{label}-anterior"), label.as_str(), *label)).collect()
    }

    #[test]
    fn originals_come_first_and_derived_images_follow_them() {
        let trial = Trial::new().images("images", originals());
        assert_eq!(trial.run(&augment()), Ok(vec![]));
        let images = trial.read_images("images");
        assert_eq!(images[..4], originals());
        let derived: Vec<&str> =
            images[4..].iter().filter_map(|image| image.derived_from.as_deref()).collect();
        assert_eq!(
            derived,
            [
                "metastatic-anterior",
                "arthritic-anterior",
                "arthritic-anterior",
                "both-anterior",
                "both-anterior",
                "both-anterior"
            ]
        );
        assert!(images[4..].iter().all(|image| image.derived_from.as_deref() == Some(&format!("{}-anterior", image.patient_id))));
    }

    #[test]
    fn the_whole_of_d2_is_foreseen() {
        let paper = Augment {
            counts: Counts { metastatic: 520, arthritic: 568, both: 80 },
            of: Counts::PAPER_IMAGES,
            ..augment()
        };
        let facts = contract::Foreseen::Facts(json!({ "images": 768, "rows": 4, "cols": 2 }));
        let known = Known { inputs: [("images".to_owned(), vec![facts])].into(), ..Known::default() };
        assert_eq!(paper.forecast(&known).unwrap().outputs["images"]["images"], 1502);
    }

    #[test]
    fn a_class_without_originals_is_a_warning() {
        let trial = Trial::new().images("images", originals().into_iter().take(3));
        assert_eq!(trial.run(&augment()), Ok(vec!["no original is both, so none can be made".to_owned()]));
    }

    #[test]
    fn counts_are_not_augmented() {
        let scan = Image { pixels: Pixels::U16(vec![1, 2]), ..originals().remove(0) };
        assert!(Trial::new().images("images", [scan]).run(&augment()).is_err());
    }

    #[test]
    fn its_bytes_change_only_with_its_version() {
        let trial = Trial::new().images("images", originals());
        trial.run(&augment()).unwrap();
        assert_eq!(trial.pin::<Augment>(), "augment 1: images=981715d67cfb");
    }
}
