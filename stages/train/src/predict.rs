use burn::tensor::{Device, Tensor};
use table::{Class, Prediction};

use crate::dataset::{Dataset, Entry};
use crate::model::Model;
use crate::softmax::{Scores, log_softmax, most_probable};

/// Returns what `model` says of every sample of part test, in their order.
pub fn predict(model: &Model, data: &Dataset, batch: usize, device: &Device) -> Vec<Prediction> {
    let scores = scores(model, data, batch, device);
    data.test.iter().zip(scores).map(|(entry, scores)| prediction(entry, scores)).collect()
}

/// Returns the scores of every sample of part test, before the softmax, in their order.
pub fn scores(model: &Model, data: &Dataset, batch: usize, device: &Device) -> Vec<Scores> {
    let model = model.frozen();
    let entries: Vec<&Entry> = data.test.iter().collect();
    let of = |batch: &[&Entry]| host(model.forward(data.images(batch, device).without_autodiff()));
    entries.chunks(batch).flat_map(of).collect()
}

/// Returns scores as plain numbers, one row for each sample.
///
/// # Shapes
/// `scores`: `[n, classes]`.
pub fn host(scores: Tensor<2>) -> Vec<Scores> {
    let data = scores.into_data();
    let values: &[f32] = data.as_slice().expect("scores are f32");
    let (rows, _) = values.as_chunks::<{ Class::ALL.len() }>();
    rows.iter().map(|row| row.map(f64::from)).collect()
}

fn prediction(entry: &Entry, scores: Scores) -> Prediction {
    let [p_normal, p_metastatic, p_arthritic] = log_softmax(scores).map(f64::exp);
    let sample = &entry.sample;
    Prediction {
        sample_id: sample.sample_id.clone(),
        image_id: sample.image_id.clone(),
        label: sample.label,
        generated: sample.generated,
        p_normal,
        p_metastatic,
        p_arthritic,
        predicted: most_probable(scores),
    }
}
