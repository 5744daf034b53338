use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Counts, Image, ImageReader, ImageWriter, Label, Metadata, Shape};

use crate::stream;

/// The paper's data set `D_3`: the originals, and images made elsewhere until each class has as many as Table 2 says.
///
/// All originals are taken; then generated images, as long as their class lacks some; then derived ones alike. So the
/// 72 images that are both come from `D_2`, and from a generator where one is wired for them. Every table is taken in
/// its order, and of the generated and the derived tables no originals. A class without an original, of which nothing
/// could be made either, stays as small as it is, with a warning; any other has to reach its count.
///
/// Version 1: the first.
///
/// # Source
/// §2.2, Table 2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Join {
    /// Images of each class afterwards, originals included.
    pub counts: Counts,
    /// Number of originals that the counts refer to; with fewer or more originals the counts shrink or grow in
    /// proportion.
    #[serde(default = "Counts::paper_images")]
    pub of: NonZeroU32,
}

impl Stage for Join {
    const KIND: &'static str = "join";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Joins originals, generated and derived images: the data set D_3.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "The originals."),
        Input::any("generated", "images", "Images that a network made of noise."),
        Input::optional(
            "derived",
            "images",
            "Images made from originals; the originals among them are left out.",
        ),
    ];
    const OUTPUTS: &'static [Output] = &[Output::new(
        "images",
        "images.parquet",
        "images",
        "The originals, then generated images, then derived ones.",
    )];

    /// Takes the share of normal images to be the paper's.
    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let fact = |name| known.number("images", name);
        let (rows, cols) = (fact("rows"), fact("cols"));
        let images = fact("images").and_then(|images| usize::try_from(images).ok());
        let images = images.map(|images| self.counts.total(images, self.of));
        let memory = rows.zip(cols).map(|(rows, cols)| stream::memory(rows * cols, 8));
        let outputs = [("images", json!({ "images": images, "rows": rows, "cols": cols }))].into();
        Ok(Forecast { memory, outputs, ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let originals = ImageReader::open(ctx.input("images")?)?;
        let (count, shape) = (originals.len(), originals.shape());
        let writer =
            ImageWriter::create(ctx.output("images")?, originals.pixel_type(), shape, &Metadata::new())?;
        let target = |label| self.counts.target(label, count, self.of).unwrap_or(0);
        let mut joined = Joined { writer, names: BTreeSet::new(), counts: BTreeMap::new() };
        for image in originals {
            joined.push(image?)?;
        }
        let of_originals = joined.counts.clone();
        let generated = ctx.gathered("generated").iter().map(|artifact| artifact.path.as_path());
        for path in generated.chain(ctx.optional("derived")) {
            for image in open(path, shape)? {
                let image = image?;
                if is_made(&image) && joined.count(image.label) < target(image.label) {
                    joined.push(image).map_err(|issue| issue.file(path))?;
                }
            }
        }
        for label in Label::ALL {
            let (count, target) = (joined.count(*label), target(*label));
            if count >= target {
                continue;
            }
            let message = format!("{target} images are to be {label}, and there are {count}");
            if of_originals.contains_key(label) {
                return Err(Issue::new(message).help(format!("lower `counts.{label}`, or wire more of them")));
            }
            ctx.warn(format!("{message}: no original is {label}"));
        }
        Ok(joined.writer.finish()?)
    }
}

/// The table while it is written.
struct Joined {
    writer: ImageWriter,
    names: BTreeSet<String>,
    counts: BTreeMap<Label, usize>,
}

impl Joined {
    fn push(&mut self, image: Image) -> Result<(), Issue> {
        if !self.names.insert(image.image_id.clone()) {
            let message = format!("two images are called {}", image.image_id);
            return Err(Issue::new(message).help("wire each table once"));
        }
        *self.counts.entry(image.label).or_default() += 1;
        Ok(self.writer.push(image)?)
    }

    fn count(&self, label: Label) -> usize {
        self.counts.get(&label).copied().unwrap_or(0)
    }
}

fn open(path: &Path, shape: Shape) -> Result<ImageReader, Issue> {
    let images = ImageReader::open(path)?;
    if images.shape() == shape {
        return Ok(images);
    }
    let message = format!("its images have {} pixels, and the originals {shape}", images.shape());
    Err(Issue::new(message).file(path).help("make them from the same originals"))
}

fn is_made(image: &Image) -> bool {
    image.derived_from.is_some() || image.operation.is_some()
}

#[cfg(test)]
mod tests {
    use contract::Foreseen;

    use super::*;
    use crate::trial::{Trial, image};

    fn join(metastatic: u32, both: u32) -> Join {
        Join { counts: Counts { metastatic, arthritic: 1, both }, of: NonZeroU32::new(4).unwrap() }
    }

    fn originals() -> Vec<Image> {
        Label::ALL.iter().map(|label| image(label.as_str(), label.as_str(), *label)).collect()
    }

    fn generated(label: Label, count: usize) -> Vec<Image> {
        let generated = |number| Image {
            operation: Some("dcgan".to_owned()),
            ..image(&format!("dcgan/{label}/{number}"), "", label)
        };
        (0..count).map(generated).collect()
    }

    fn derived() -> Vec<Image> {
        let mirrored = |original: Image| Image {
            image_id: format!("{}/mirror", original.image_id),
            derived_from: Some(original.image_id.clone()),
            operation: Some("mirror".to_owned()),
            ..original
        };
        originals().into_iter().chain(originals().into_iter().map(mirrored)).collect()
    }

    fn trial() -> Trial {
        Trial::new()
            .images("images", originals())
            .images("generated", generated(Label::Metastatic, 3))
            .images("derived", derived())
    }

    fn names(trial: &Trial) -> Vec<String> {
        trial.read_images("images").into_iter().map(|image| image.image_id).collect()
    }

    #[test]
    fn originals_are_followed_by_generated_and_then_by_derived_images_up_to_the_counts() {
        let trial = trial();
        assert_eq!(trial.run(&join(3, 2)), Ok(vec![]));
        let made = ["dcgan/metastatic/0", "dcgan/metastatic/1", "both/mirror"];
        assert_eq!(names(&trial), [&["normal", "metastatic", "arthritic", "both"][..], &made].concat());
    }

    #[test]
    fn derived_images_fill_what_generated_ones_leave() {
        let trial = trial();
        assert_eq!(trial.run(&join(5, 1)), Ok(vec![]));
        assert_eq!(
            names(&trial)[4..],
            ["dcgan/metastatic/0", "dcgan/metastatic/1", "dcgan/metastatic/2", "metastatic/mirror"]
        );
    }

    #[test]
    fn a_class_that_stays_too_small_is_an_error() {
        let issue = trial().run(&join(6, 1)).unwrap_err();
        assert_eq!(issue.message, "6 images are to be metastatic, and there are 5");
        assert_eq!(issue.help.unwrap(), "lower `counts.metastatic`, or wire more of them");
    }

    #[test]
    fn a_class_without_originals_is_warned_of_and_the_others_are_joined() {
        let lacks = |image: &Image| image.label != Label::Both;
        let trial = Trial::new()
            .images("images", originals().into_iter().filter(lacks))
            .images("generated", generated(Label::Metastatic, 3))
            .images("derived", derived().into_iter().filter(lacks));
        let of_three = Join { of: NonZeroU32::new(3).unwrap(), ..join(3, 2) };
        let warning = "2 images are to be both, and there are 0: no original is both";
        assert_eq!(trial.run(&of_three), Ok(vec![warning.to_owned()]));
        let made = ["dcgan/metastatic/0", "dcgan/metastatic/1"];
        assert_eq!(names(&trial), [&["normal", "metastatic", "arthritic"][..], &made].concat());
    }

    #[test]
    fn originals_are_all_taken_however_few_are_asked_for() {
        let trial = Trial::new().images("images", originals());
        assert_eq!(trial.run(&join(0, 0)), Ok(vec![]));
        assert_eq!(names(&trial).len(), 4);
    }

    #[test]
    fn tables_that_do_not_fit_are_refused_by_name() {
        let generated = || generated(Label::Metastatic, 1);
        let twice = Trial::new().images("images", generated()).images("generated", generated());
        assert_eq!(twice.run(&join(8, 0)).unwrap_err().message, "two images are called dcgan/metastatic/0");
        let tall = Image { rows: 2, cols: 1, ..generated().remove(0) };
        let other = Trial::new().images("images", originals()).images("generated", [tall]);
        let issue = other.run(&join(2, 1)).unwrap_err();
        assert_eq!(issue.message, "its images have 2 x 1 pixels, and the originals 1 x 2");
    }

    #[test]
    fn the_whole_of_d3_is_foreseen() {
        let counts = Counts { metastatic: 394, arthritic: 472, both: 80 };
        let facts = Foreseen::Facts(json!({ "images": 768, "rows": 4, "cols": 2 }));
        let known = Known { inputs: [("images".to_owned(), vec![facts])].into(), ..Known::default() };
        let forecast = Join { counts, of: Counts::PAPER_IMAGES }.forecast(&known).unwrap();
        assert_eq!(forecast.outputs["images"]["images"], 1280);
    }

    #[test]
    fn its_bytes_change_only_with_its_version() {
        let trial = trial();
        trial.run(&join(3, 2)).unwrap();
        assert_eq!(trial.pin::<Join>(), "join 1: images=12130e5c568c");
    }
}
