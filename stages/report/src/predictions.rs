use std::path::Path;

use contract::Issue;
use table::{Class, Prediction};

/// Returns whether the two most probable classes are the two diseases.
///
/// # Source
/// Fig. 13.
pub(crate) fn names_both(sample: &Prediction) -> bool {
    sample.p_normal < sample.p_metastatic && sample.p_normal < sample.p_arthritic
}

/// Reads predictions: at least one, and all probabilities are numbers.
pub(crate) fn predictions(path: &Path) -> Result<Vec<Prediction>, Issue> {
    let predictions: Vec<Prediction> = table::read(path)?;
    if predictions.is_empty() {
        return Err(Issue::new("holds no prediction")
            .file(path)
            .help("the split has to leave at least one sample in the part `test`"));
    }
    let broken = predictions
        .iter()
        .find(|sample| Class::ALL.iter().any(|class| !sample.probability(*class).is_finite()));
    if let Some(sample) = broken {
        let message = format!("the sample `{}` has a probability that is no number", sample.sample_id);
        return Err(Issue::new(message).file(path).help("the training diverged: lower its learning rate"));
    }
    Ok(predictions)
}
