mod heat;
mod mask;
mod occlusion;
mod rates;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;

use burn::tensor::Device as Tensors;
use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{Class, Hit, Image, ImageReader, ImageWriter, Lesion, Metadata, PixelType, Pixels};

use crate::dataset::{Dataset, Entry};
use crate::device::Device;
use crate::forecast::Workload;
use crate::model::Model;
use crate::network::{Network, Scale, Shape};
use crate::positive::Positive;
use crate::predict::predict;
use crate::weights;
use heat::Heat;
use mask::Mask;
use occlusion::{BATCH, Patch, occlusion};
use rates::metrics;
use sheet::{Panel, sheet};

const SOME_IMAGES: NonZeroU32 = NonZeroU32::new(32).unwrap();
const FEW_IMAGES: NonZeroU32 = NonZeroU32::new(6).unwrap();
const MOST_READERS: NonZeroU32 = NonZeroU32::new(2).unwrap();
const PATCH_SIDE: NonZeroU32 = NonZeroU32::new(16).unwrap();
const PATCH_STRIDE: NonZeroU32 = NonZeroU32::new(8).unwrap();

/// Shows where a fitted network looks, and holds that to the lesions that readers marked.
///
/// Looked at are the abnormal samples of part test that the network answers correctly and in which enough readers marked
/// a lesion of that class; the first `images` of them. An image that was made from another has no marks of its own and is
/// passed over. A hit is a map whose largest value lies in such a lesion, or at most `within` pixels beside it.
///
/// Where there is none to be looked at (the labels come from a table, there is one reader, or the network gets none
/// right), a warning says so, every rate is undefined, and `hits`, `maps` and `sheet` are empty.
///
/// Version 2: a class without an image is told in the metrics. 1: the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attend {
    /// How it is found where the network looks.
    pub method: Method,
    /// Channels of every convolution, relative to the network's file, as they were fitted.
    #[serde(default = "Attend::full_width")]
    pub width: Positive,
    /// Units of every hidden dense layer, as they were fitted; 0: as in the network's file.
    #[serde(default)]
    pub hidden: u64,
    /// Where it is computed: `flex`, `libtorch`, or `libtorch:0` for the first GPU.
    #[serde(default)]
    pub device: Device,
    /// How many images are looked at, at most.
    #[serde(default = "Attend::some_images")]
    pub images: NonZeroU32,
    /// How many of them are drawn, at most.
    #[serde(default = "Attend::few_images")]
    pub shown: NonZeroU32,
    /// How many readers have to have marked a pixel for it to be a lesion.
    #[serde(default = "Attend::most_readers")]
    pub readers: NonZeroU32,
    /// How far beside a lesion the largest value may lie, in pixels.
    #[serde(default)]
    pub within: u32,
    /// Side of the square that is zeroed for `occlusion`, in pixels.
    #[serde(default = "Attend::patch_side")]
    pub patch: NonZeroU32,
    /// How far that square is moved each time, in pixels; at most its side.
    #[serde(default = "Attend::patch_stride")]
    pub stride: NonZeroU32,
}

/// How it is found where a network looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The weights of the first layer of spatial attention, between its cells linear.
    Attention,
    /// How much the probability of the class drops where a patch is zeroed.
    Occlusion,
    /// No network at all: the image itself, which is largest where most was counted.
    Brightness,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Occlusion => "occlusion",
            Self::Brightness => "brightness",
        }
    }
}

impl Attend {
    const fn full_width() -> Positive {
        Positive::ONE
    }

    const fn some_images() -> NonZeroU32 {
        SOME_IMAGES
    }

    const fn few_images() -> NonZeroU32 {
        FEW_IMAGES
    }

    const fn most_readers() -> NonZeroU32 {
        MOST_READERS
    }

    const fn patch_side() -> NonZeroU32 {
        PATCH_SIDE
    }

    const fn patch_stride() -> NonZeroU32 {
        PATCH_STRIDE
    }

    fn scale(&self) -> Scale {
        Scale { width: self.width.get(), hidden: self.hidden }
    }

    fn patch(&self) -> Patch {
        Patch { side: self.patch.get() as usize, stride: self.stride.get() as usize }
    }
}

impl Stage for Attend {
    const KIND: &'static str = "attend";
    const VERSION: u32 = 2;
    const DOC: &'static str = "Shows where a fitted network looks, beside the lesions that readers marked.";
    const INPUTS: &'static [Input] = &[
        Input::one("images", "images", "the images that the network was fitted to"),
        Input::one("samples", "samples", "the samples, of which those of part test are looked at"),
        Input::one("network", contract::ANY, "the network, a TOML file with a `title` and `layers`"),
        Input::one("weights", "weights", "its fitted parameters"),
        Input::one("lesions", "lesions", "what readers marked, and where"),
        Input::one("stored", "images", "the images in whose pixels they marked it"),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new(
            "hits",
            "hits.parquet",
            "hits",
            "for each image, whether the map's largest value is a lesion",
        ),
        Output::new("maps", "maps.parquet", "images", "the map of each image, named by its sample"),
        Output::new("sheet", "sheet.png", "picture", "scans, maps and lesions, side by side"),
        Output::new("metrics", "metrics.parquet", "metrics", "how often the largest value is a lesion"),
    ];

    fn check(&self) -> Result<(), Issue> {
        if self.stride > self.patch {
            return Err(Issue::new(format!("`stride` is {} and `patch` is {}", self.stride, self.patch))
                .help("move the patch by at most its side, or pixels between are never covered"));
        }
        self.device.check()
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let size = known.number("images", "rows").zip(known.number("images", "cols"));
        let (Some(file), Some((rows, cols))) = (known.source("network"), size) else {
            return Ok(Forecast::default());
        };
        let side = |side: u64| u32::try_from(side).unwrap_or(u32::MAX) as usize;
        let shape = Shape::of(&Network::read(file)?, self.scale(), side(rows), side(cols))?;
        let work = Workload {
            batch: BATCH as u64,
            epochs: 1,
            samples: None,
            images: known.number("images", "images"),
            threads: known.threads.max(1) as u64,
        };
        let memory = if self.device.is_gpu() { work.data_memory(&shape) } else { work.memory(&shape) };
        Ok(Forecast { memory: Some(memory), ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let network = Network::read(ctx.input("network")?)?;
        let data = Dataset::read(ctx.input("images")?, ctx.input("samples")?)?;
        let shape = Shape::of(&network, self.scale(), data.rows, data.cols)?;
        let device = self.device.open()?;
        let model = weights::read(ctx.input("weights")?, &shape, &device)?.frozen();
        let marks = Marks::read(ctx.input("lesions")?, ctx.input("stored")?)?;
        let answers = predict(&model, &data, BATCH, &device);
        let right = data.test.iter().zip(answers).filter(|(entry, answer)| {
            entry.sample.label != Class::Normal && answer.predicted == entry.sample.label
        });
        let readers = self.readers.get() as usize;
        let marked = right.map(|(entry, _)| (entry, marks.mask(entry, readers, (data.rows, data.cols))));
        let looked_at: Vec<(&Entry, Mask)> =
            marked.filter(|(_, mask)| !mask.is_empty()).take(self.images.get() as usize).collect();
        if looked_at.is_empty() {
            ctx.warn(format!(
                "no abnormal sample of part test is both answered correctly and marked by enough readers ({readers}): \
                 nothing is looked at"
            ));
        }
        let mut heats = Vec::new();
        for (entry, _) in &looked_at {
            heats.push(self.heat(&model, &data, entry, &device).ok_or_else(|| {
                Issue::new("the network has no layer of attention to look into").file(&network.file).help(
                    "set `method = \"occlusion\"`, or give a network with a layer such as `attention 16`",
                )
            })?);
            ctx.progress(heats.len(), looked_at.len(), "images");
        }
        let hits: Vec<Hit> =
            looked_at.iter().zip(&heats).map(|((entry, mask), heat)| self.hit(entry, mask, heat)).collect();
        table::write(ctx.output("hits")?, &hits, &Metadata::new())?;
        let (metrics, metadata) = metrics(&hits);
        table::write(ctx.output("metrics")?, &metrics, &metadata)?;
        self.write_maps(ctx, &looked_at, &heats)?;
        let panels = looked_at.iter().zip(&heats).take(self.shown.get() as usize);
        let panels = panels.map(|((entry, mask), heat)| Panel { scan: data.pixels(entry), heat, mask });
        sheet(ctx.output("sheet")?, &panels.collect::<Vec<_>>())
    }
}

impl Attend {
    /// Returns the map of one image; nothing if the network has no such layer.
    fn heat(&self, model: &Model, data: &Dataset, entry: &Entry, device: &Tensors) -> Option<Heat> {
        let (rows, cols) = (data.rows, data.cols);
        match self.method {
            Method::Attention => {
                let (weights, lattice) = model.gate(data.images(&[entry], device).without_autodiff())?;
                let width = weights.dims()[3];
                let cells = weights.into_data();
                let cells: &[f32] = cells.as_slice().expect("weights are f32");
                Some(Heat::between(cells, width, lattice, rows, cols))
            }
            Method::Occlusion => {
                let class = entry.sample.label;
                Some(occlusion(model, data.pixels(entry), (rows, cols), class, self.patch(), device))
            }
            Method::Brightness => Some(Heat { rows, cols, values: data.pixels(entry).to_vec() }),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "rows and columns of an image are u32")]
    fn hit(&self, entry: &Entry, mask: &Mask, heat: &Heat) -> Hit {
        let (peak, close) = (heat.peak(), mask.grown(self.within as usize));
        Hit {
            sample_id: entry.sample.sample_id.clone(),
            image_id: entry.sample.image_id.clone(),
            label: entry.sample.label,
            row: peak.0 as u32,
            col: peak.1 as u32,
            hit: close.contains(peak),
            chance: close.share(),
            energy: heat.energy(mask),
            area: mask.share(),
        }
    }

    fn write_maps(&self, ctx: &Ctx<'_>, looked_at: &[(&Entry, Mask)], heats: &[Heat]) -> Result<(), Issue> {
        let reader = ImageReader::open_without_pixels(ctx.input("images")?)?;
        let shape = reader.shape();
        let wanted: BTreeSet<&str> =
            looked_at.iter().map(|(entry, _)| entry.sample.image_id.as_str()).collect();
        let mut images: BTreeMap<String, Image> = BTreeMap::new();
        for image in reader {
            let image = image?;
            if wanted.contains(image.image_id.as_str()) {
                images.insert(image.image_id.clone(), image);
            }
        }
        let mut writer = ImageWriter::create(ctx.output("maps")?, PixelType::F32, shape, &Metadata::new())?;
        for ((entry, _), heat) in looked_at.iter().zip(heats) {
            let image =
                images.get(&entry.sample.image_id).expect("the data set was read from the same images");
            writer.push(Image {
                image_id: entry.sample.sample_id.clone(),
                derived_from: Some(image.image_id.clone()),
                operation: Some(self.method.as_str().to_owned()),
                pixels: Pixels::F32(heat.values.clone()),
                ..image.clone()
            })?;
        }
        Ok(writer.finish()?)
    }
}

/// What readers marked, by image, in pixels of the stored images.
struct Marks {
    lesions: BTreeMap<String, Vec<Lesion>>,
    stored: table::Shape,
}

impl Marks {
    fn read(lesions: &Path, stored: &Path) -> Result<Self, Issue> {
        let stored = ImageReader::open_without_pixels(stored)?.shape();
        let mut by_image: BTreeMap<String, Vec<Lesion>> = BTreeMap::new();
        for lesion in table::read::<Lesion>(lesions)? {
            by_image.entry(lesion.image_id.clone()).or_default().push(lesion);
        }
        Ok(Self { lesions: by_image, stored })
    }

    /// Returns where at least `readers` readers marked the disease for which a sample stands.
    fn mask(&self, entry: &Entry, readers: usize, (rows, cols): (usize, usize)) -> Mask {
        let disease = match entry.sample.label {
            Class::Normal => None,
            Class::Metastatic => Some("metastasis"),
            Class::Arthritic => Some("arthritis"),
        };
        let lesions = self.lesions.get(&entry.sample.image_id).map_or(&[][..], Vec::as_slice);
        let lesions: Vec<&Lesion> =
            lesions.iter().filter(|lesion| Some(lesion.disease.as_str()) == disease).collect();
        Mask::marked(&lesions, readers, self.stored, rows, cols)
    }
}

#[cfg(test)]
mod tests;
