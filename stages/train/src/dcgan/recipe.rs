use contract::Issue;

use crate::network::ParameterShape;

/// Length of the noise from which an image is made.
pub const NOISE: usize = 100;
/// Channels of the smallest maps at width 1.
const CHANNELS: f64 = 1024.0;
/// Fewest rows and columns of the smallest maps.
const SMALLEST: usize = 4;

/// The sizes of a generator, and in reverse of its discriminator.
///
/// Noise is projected to maps of 1024 channels; then every transposed convolution doubles rows and columns and halves
/// the channels, until one channel of the image's size is left. Images of 1024 x 256 begin with maps of 16 x 4 and are
/// doubled 6 times, images of 256 x 64 with the same and 4 times.
///
/// # Source
/// §2.2 names DCGAN and no size; Radford et al. 2016, extended by doublings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Rows of an image.
    pub rows: usize,
    /// Columns of an image.
    pub cols: usize,
    /// Channels of the maps between noise and image, the smallest maps first.
    pub channels: Vec<usize>,
}

impl Recipe {
    /// Returns the sizes for images of `rows` x `cols`, with channels of `width` relative to the recipe.
    ///
    /// # Errors
    /// If rows and columns cannot be halved down to maps of 4 rows or columns.
    pub fn of(rows: usize, cols: usize, width: f64) -> Result<Self, Issue> {
        let shorter = rows.min(cols);
        let halves = |times: &u32| {
            let factor = 1_usize << times;
            shorter / factor >= SMALLEST && rows.is_multiple_of(factor) && cols.is_multiple_of(factor)
        };
        let doublings = (1..usize::BITS).take_while(halves).count();
        if doublings == 0 {
            let message = format!("images of {rows} x {cols} pixels cannot be made by doubling smaller maps");
            return Err(Issue::new(message).help("use an even number of rows and of columns, at least 8"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
        let channels = |halvings: i32| (CHANNELS * width / 2.0_f64.powi(halvings)).round().max(1.0) as usize;
        Ok(Self { rows, cols, channels: (0_i32..).take(doublings).map(channels).collect() })
    }

    /// Returns rows and columns of the smallest maps.
    pub fn smallest(&self) -> [usize; 2] {
        let factor = 1 << self.channels.len();
        [self.rows / factor, self.cols / factor]
    }

    /// Returns the parameters of the generator, in the order of use, named as in PyTorch's own example of a DCGAN.
    pub fn generator(&self) -> Vec<ParameterShape> {
        let [rows, cols] = self.smallest();
        let mut shapes = vec![weight(0, [NOISE, self.channels[0], rows, cols])];
        for (index, channels) in self.channels.iter().enumerate() {
            shapes.extend(norm(3 * index + 1, *channels));
            let out = self.channels.get(index + 1).copied().unwrap_or(1);
            shapes.push(weight(3 * index + 3, [*channels, out, 4, 4]));
        }
        shapes
    }

    /// Returns the parameters of the discriminator, in the order of use, named alike.
    pub fn discriminator(&self) -> Vec<ParameterShape> {
        let [rows, cols] = self.smallest();
        let mut from = 1;
        let mut shapes = Vec::new();
        for (index, channels) in self.channels.iter().rev().enumerate() {
            let place = (3 * index).saturating_sub(1);
            shapes.push(weight(place, [*channels, from, 4, 4]));
            if index > 0 {
                shapes.extend(norm(place + 1, *channels));
            }
            from = *channels;
        }
        shapes.push(weight(3 * self.channels.len() - 1, [1, from, rows, cols]));
        shapes
    }
}

fn weight(place: usize, dims: [usize; 4]) -> ParameterShape {
    ParameterShape { name: format!("main.{place}.weight"), dims: dims.to_vec() }
}

fn norm(place: usize, channels: usize) -> [ParameterShape; 2] {
    ["weight", "bias"]
        .map(|part| ParameterShape { name: format!("main.{place}.{part}"), dims: vec![channels] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(shapes: &[ParameterShape]) -> u64 {
        shapes.iter().map(ParameterShape::count).sum()
    }

    #[test]
    fn both_sizes_of_the_profiles_begin_with_maps_of_16_by_4() {
        let paper = Recipe::of(1024, 256, 1.0).unwrap();
        assert_eq!(
            (paper.smallest(), paper.channels.as_slice()),
            ([16, 4], [1024, 512, 256, 128, 64, 32].as_slice())
        );
        assert_eq!((count(&paper.generator()), count(&paper.discriminator())), (17_732_032, 11_243_904));
        let desk = Recipe::of(256, 64, 0.125).unwrap();
        assert_eq!((desk.smallest(), desk.channels.as_slice()), ([16, 4], [128, 64, 32, 16].as_slice()));
    }

    #[test]
    fn parameters_are_named_as_in_pytorch_s_example_for_images_of_64_by_64() {
        let names = |shapes: Vec<ParameterShape>| {
            let numbers = shapes.iter().map(|shape| shape.name.split('.').nth(1).unwrap().parse().unwrap());
            let mut numbers: Vec<u32> = numbers.collect();
            numbers.dedup();
            numbers
        };
        let recipe = Recipe::of(64, 64, 0.5).unwrap();
        assert_eq!(names(recipe.generator()), [0, 1, 3, 4, 6, 7, 9, 10, 12]);
        assert_eq!(names(recipe.discriminator()), [0, 2, 3, 5, 6, 8, 9, 11]);
    }

    #[test]
    fn images_that_cannot_be_halved_are_refused() {
        assert!(Recipe::of(255, 64, 1.0).is_err());
        assert!(Recipe::of(6, 64, 1.0).is_err());
        assert_eq!(Recipe::of(8, 12, 1.0).unwrap().smallest(), [4, 6]);
    }
}
