use std::num::NonZeroU32;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Image, ImageReader, ImageWriter, PixelType, Pixels, Shape};

use crate::stream;

/// The paper's data set `D_1`: counts, binned to `rows` x `cols` and scaled to 0..1 within each image (eq. 1).
///
/// Binning sums counts over equal areas, so that the total is kept exactly and noise stays Poisson.
/// Then `x_norm = (x - min) / (max - min)`; an image of one value becomes zeros, where eq. 1 says nothing.
///
/// Of the columns of the images, `counts_total` stays, and `counts_max` becomes the largest count of the *binned*
/// image, before it is scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Normalize {
    /// Rows of the normalized images; divides those of the scans.
    pub rows: NonZeroU32,
    /// Columns of the normalized images; divides those of the scans.
    pub cols: NonZeroU32,
    /// Percentile (0 to 100) of an image's counts that becomes 1, with all above; none: the maximum, as in eq. 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub clip: Option<f64>,
}

impl Stage for Normalize {
    const KIND: &'static str = "normalize";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Bins counts and scales each image to 0..1 (eq. 1): the data set D_1.";
    const INPUTS: &'static [Input] = &[Input::one("images", "images", "Counts.")];
    const OUTPUTS: &'static [Output] =
        &[Output::new("images", "images.parquet", "images", "The same images, binned, from 0 to 1.")];

    fn check(&self) -> Result<(), Issue> {
        match self.clip {
            Some(clip) if !(clip > 0.0 && clip <= 100.0) => {
                Err(Issue::new(format!("`clip` is {clip}, and a percentile is more than 0 and at most 100")))
            }
            _ => Ok(()),
        }
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let fact = |name| known.number("images", name);
        let mut forecast = Forecast::default();
        let images = fact("images");
        if let (Some(rows), Some(cols)) = (fact("rows"), fact("cols")) {
            let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
            self.areas(Shape { rows: side(rows), cols: side(cols) })?;
            forecast.memory = Some(stream::memory(rows * cols, 24));
        }
        forecast.outputs.insert("images", json!({ "images": images, "rows": self.rows, "cols": self.cols }));
        Ok(forecast)
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let reader = ImageReader::open(ctx.input("images")?)?;
        let (shape, total) = (reader.shape(), reader.len());
        let areas = self.areas(shape)?;
        let output = Shape { rows: self.rows.get(), cols: self.cols.get() };
        let mut writer =
            ImageWriter::create(ctx.output("images")?, PixelType::F32, output, &table::Metadata::new())?;
        let mut done = 0;
        let work = |image| self.normalized(image, areas);
        stream::in_order(reader.map(|image| Ok(image?)), work, |normalized: Result<_, Issue>| {
            let (image, flat) = normalized?;
            if flat {
                ctx.warn(format!("{}: all its pixels are equal, and become 0", image.image_id));
            }
            writer.push(image)?;
            done += 1;
            ctx.progress(done, total, "images");
            Ok(())
        })?;
        Ok(writer.finish()?)
    }
}

/// The pixels that are summed into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Areas {
    rows: usize,
    cols: usize,
}

impl Normalize {
    fn areas(&self, shape: Shape) -> Result<Areas, Issue> {
        Ok(Areas { rows: ratio("rows", self.rows, shape.rows)?, cols: ratio("cols", self.cols, shape.cols)? })
    }

    /// Returns an image binned and scaled, and whether it was flat.
    fn normalized(&self, image: Image, areas: Areas) -> Result<(Image, bool), Issue> {
        let counts = binned(&image, areas)?;
        let scaled = scaled(&counts, self.clip);
        let flat = scaled.is_none();
        let normalized = Image {
            rows: self.rows.get(),
            cols: self.cols.get(),
            counts_max: number(counts.iter().max().copied().unwrap_or_default()),
            pixels: Pixels::F32(scaled.unwrap_or_else(|| vec![0.0; counts.len()])),
            ..image
        };
        Ok((normalized, flat))
    }
}

/// Returns how many of `have` pixels make one of `wanted`.
fn ratio(name: &str, wanted: NonZeroU32, have: u32) -> Result<usize, Issue> {
    let wanted = wanted.get();
    if have.is_multiple_of(wanted) {
        return Ok((have / wanted) as usize);
    }
    let fits = |size: &u32| have.is_multiple_of(*size);
    let nearest = [(1..=wanted.min(have)).rev().find(fits), (wanted..=have).find(fits)];
    let nearest: Vec<String> = nearest.into_iter().flatten().map(|size| size.to_string()).collect();
    Err(Issue::new(format!("`{name}` = {wanted} does not divide the {have} {name} of the images"))
        .help(format!("the nearest that does: {}", nearest.join(" or "))))
}

/// Returns the counts of an image, summed over areas.
fn binned(image: &Image, areas: Areas) -> Result<Vec<u64>, Issue> {
    let Pixels::U16(counts) = &image.pixels else {
        let help = "wire the images of `ingest`: what is normalized once is no count any more";
        return Err(Issue::new(format!("the pixels of {} are no counts", image.image_id)).help(help));
    };
    let cols = image.cols as usize;
    let mut sums = Vec::with_capacity(counts.len() / (areas.rows * areas.cols));
    for band in counts.chunks_exact(areas.rows * cols) {
        let area = |col: usize| band.chunks_exact(cols).flat_map(move |row| &row[col..col + areas.cols]);
        sums.extend(
            (0..cols).step_by(areas.cols).map(|col| area(col).map(|count| u64::from(*count)).sum::<u64>()),
        );
    }
    Ok(sums)
}

/// Returns the counts scaled to 0..1 (eq. 1), or nothing if all are equal.
fn scaled(counts: &[u64], clip: Option<f64>) -> Option<Vec<f32>> {
    let least = *counts.iter().min()?;
    let most = clip.map_or_else(|| counts.iter().max().copied(), |clip| percentile(counts, clip))?;
    let range = number(most.checked_sub(least).filter(|range| *range > 0)?);
    #[expect(clippy::cast_possible_truncation, reason = "pixels are stored with 24 bits")]
    let scale = |count: &u64| (number(count - least) / range).min(1.0) as f32;
    Some(counts.iter().map(scale).collect())
}

/// Returns the smallest count that at least `percent` of all do not exceed.
fn percentile(counts: &[u64], percent: f64) -> Option<u64> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is at most the length"
    )]
    let rank = (percent / 100.0 * number(sorted.len() as u64)).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[expect(clippy::cast_precision_loss, reason = "2^24 pixels of 16 bits sum to less than 2^53")]
fn number(counts: u64) -> f64 {
    counts as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Trial, image};

    fn normalize(rows: u32, cols: u32) -> Normalize {
        let size = |size| NonZeroU32::new(size).unwrap();
        Normalize { rows: size(rows), cols: size(cols), clip: None }
    }

    fn scan(cols: u32, counts: &[u16]) -> Image {
        let rows = u32::try_from(counts.len()).unwrap() / cols;
        Image {
            rows,
            cols,
            pixels: Pixels::U16(counts.to_vec()),
            ..image("p1-anterior", "p1", table::Label::Normal)
        }
    }

    fn normalized(stage: Normalize, scan: Image) -> (Image, Vec<String>) {
        let trial = Trial::new().images("images", [scan]);
        let warnings = trial.run(&stage).unwrap();
        (trial.read_images("images").remove(0), warnings)
    }

    #[test]
    fn counts_are_summed_over_areas_and_then_scaled() {
        let (image, warnings) = normalized(normalize(1, 2), scan(4, &[1, 2, 3, 4, 5, 6, 7, 8]));
        // The areas hold 1 + 2 + 5 + 6 and 3 + 4 + 7 + 8 counts.
        assert_eq!(image.pixels, Pixels::F32(vec![0.0, 1.0]));
        assert_eq!(image.counts_max, 22.0);
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn the_least_count_becomes_0_and_the_largest_1() {
        let (image, _) = normalized(normalize(1, 3), scan(3, &[100, 150, 300]));
        assert_eq!(image.pixels, Pixels::F32(vec![0.0, 0.25, 1.0]));
    }

    #[test]
    fn a_positive_slope_changes_nothing() {
        let once = scaled(&[3, 5, 11], None);
        assert_eq!(once, scaled(&[1006, 1010, 1022], None));
    }

    #[test]
    fn an_image_of_one_value_becomes_zeros_and_a_warning() {
        let (image, warnings) = normalized(normalize(1, 2), scan(2, &[7, 7]));
        assert_eq!(image.pixels, Pixels::F32(vec![0.0, 0.0]));
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn a_percentile_stands_in_for_the_maximum() {
        let stage = Normalize { clip: Some(75.0), ..normalize(1, 4) };
        let (image, _) = normalized(stage, scan(4, &[0, 10, 20, 90]));
        assert_eq!(image.pixels, Pixels::F32(vec![0.0, 0.5, 1.0, 1.0]));
        assert_eq!(image.counts_max, 90.0);
    }

    #[test]
    fn a_size_that_does_not_divide_is_refused_with_the_nearest_that_do() {
        let issue = Trial::new().images("images", [scan(4, &[0; 8])]).run(&normalize(2, 3)).unwrap_err();
        assert_eq!(issue.message, "`cols` = 3 does not divide the 4 cols of the images");
        assert_eq!(issue.help.as_deref(), Some("the nearest that does: 2 or 4"));
        assert!(ratio("rows", NonZeroU32::new(8).unwrap(), 4).is_err());
    }

    #[test]
    fn images_that_are_normalized_already_are_refused() {
        let normalized = Image { pixels: Pixels::F32(vec![0.0; 2]), ..scan(2, &[0; 2]) };
        assert!(Trial::new().images("images", [normalized]).run(&normalize(1, 2)).is_err());
    }

    #[test]
    fn its_bytes_change_only_with_its_version() {
        let trial = Trial::new().images("images", [scan(4, &[1, 2, 3, 4, 5, 6, 7, 8])]);
        trial.run(&normalize(1, 2)).unwrap();
        assert_eq!(trial.pin::<Normalize>(), "normalize 1: images=ca0a6d13ffd0");
    }
}
