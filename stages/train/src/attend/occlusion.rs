use burn::tensor::{Device, Tensor, TensorData};
use table::Class;

use super::heat::Heat;
use crate::model::Model;
use crate::predict::host;
use crate::softmax::log_softmax;

/// Images that are answered at once.
pub const BATCH: usize = 32;

/// A square that is moved over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Its side, in pixels.
    pub side: usize,
    /// How far it is moved each time, in pixels.
    pub stride: usize,
}

/// Returns how much the probability of `class` drops where a patch of the image is zeroed: for each pixel, the mean over
/// the patches that cover it.
///
/// # Shapes
/// `pixels`: `rows` x `cols`.
pub fn occlusion(
    model: &Model,
    pixels: &[f32],
    (rows, cols): (usize, usize),
    class: Class,
    patch: Patch,
    device: &Device,
) -> Heat {
    let tops = starts(rows, patch);
    let corners: Vec<(usize, usize)> =
        tops.iter().flat_map(|top| starts(cols, patch).into_iter().map(move |left| (*top, left))).collect();
    let covered = |(top, left): (usize, usize)| {
        let rows = top..(top + patch.side).min(rows);
        rows.map(move |row| row * cols + left..row * cols + (left + patch.side).min(cols))
    };
    let zeroed = |corner: (usize, usize)| {
        let mut pixels = pixels.to_vec();
        covered(corner).for_each(|row| pixels[row].fill(0.0));
        pixels
    };
    let whole = probabilities(model, &[pixels.to_vec()], (rows, cols), class, device)[0];
    let (mut drops, mut patches) = (vec![0.0; rows * cols], vec![0.0; rows * cols]);
    for batch in corners.chunks(BATCH) {
        let images: Vec<Vec<f32>> = batch.iter().map(|corner| zeroed(*corner)).collect();
        for (corner, left) in batch.iter().zip(probabilities(model, &images, (rows, cols), class, device)) {
            for at in covered(*corner).flatten() {
                drops[at] += whole - left;
                patches[at] += 1.0;
            }
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "maps are f32")]
    let values =
        drops.iter().zip(patches).map(|(drop, patches): (&f64, f64)| (drop / patches) as f32).collect();
    Heat { rows, cols, values }
}

/// Returns where patches start on an axis of `length` pixels: evenly spaced, and the last at the end, so that every
/// pixel is covered.
fn starts(length: usize, patch: Patch) -> Vec<usize> {
    let last = length.saturating_sub(patch.side);
    let step = patch.stride.min(patch.side);
    (0..last).step_by(step).chain([last]).collect()
}

fn probabilities(
    model: &Model,
    images: &[Vec<f32>],
    (rows, cols): (usize, usize),
    class: Class,
    device: &Device,
) -> Vec<f64> {
    let dims = [images.len(), 1, rows, cols];
    let images = Tensor::from_data(TensorData::new(images.concat(), dims), device).without_autodiff();
    let scores = host(model.forward(images));
    scores.into_iter().map(|scores| log_softmax(scores)[class.index()].exp()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::initial;
    use crate::network::paper::of_layers;
    use crate::network::{Scale, Shape};

    proptest! {
        #[test]
        fn patches_cover_an_axis_to_its_end(length in 1_usize..200, side in 1_usize..40, stride in 1_usize..60) {
            let starts = starts(length, Patch { side, stride });
            let covered = |pixel: usize| starts.iter().any(|start| (*start..start + side).contains(&pixel));
            prop_assert!((0..length).all(covered));
            prop_assert!(starts.iter().all(|start| start + side <= length.max(side)));
            prop_assert!(starts.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn a_network_that_adds_up_one_corner_is_caught_looking_at_it() {
        let device = crate::device::Device::tested().open().unwrap();
        let shape = Shape::of(&of_layers(&["softmax 3"]), Scale::PRINTED, 12, 8).unwrap();
        // Only the weights of the third class, and only those of the upper right 4 x 4 pixels, are not zero.
        let model = Model::new(&shape, &device, |parameter| {
            let mut values = initial::values(parameter, contract::Seed(1));
            for (at, value) in values.iter_mut().enumerate() {
                let (class, row, col) = (at / 96, at % 96 / 8, at % 8);
                *value = if class == 2 && row < 4 && col >= 4 { 0.1 } else { 0.0 };
            }
            values
        });
        let patch = Patch { side: 4, stride: 4 };
        let heat = occlusion(&model.frozen(), &[1.0; 96], (12, 8), Class::Arthritic, patch, &device);
        assert_eq!(heat.peak(), (0, 4));
        let whole = 1.6_f64.exp() / (2.0 + 1.6_f64.exp());
        assert!((f64::from(heat.values[4]) - (whole - 1.0 / 3.0)).abs() < 1e-6, "{:?}", heat.values);
        assert!(heat.values[0].abs() < 1e-6);
    }
}
