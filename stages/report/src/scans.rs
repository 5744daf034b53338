use std::collections::BTreeMap;
use std::path::Path;

use contract::Issue;
use table::{ImageReader, Label};

/// Returns the labels of the scans themselves, by the names of their images; what was made from a scan is left out.
pub(crate) fn labels(images: &Path) -> Result<BTreeMap<String, Label>, Issue> {
    let mut labels = BTreeMap::new();
    for image in ImageReader::open_without_pixels(images)? {
        let image = image?;
        if image.derived_from.is_none() {
            labels.insert(image.image_id, image.label);
        }
    }
    Ok(labels)
}
