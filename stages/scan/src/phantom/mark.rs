use super::grown::Grown;
use super::site::Site;
use super::spot::{Ellipse, Spot};
use crate::labelme::Disease;

/// A spot in one view that a reader may mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// What it is, or looks like.
    pub disease: Disease,
    /// Where it is.
    pub site: Site,
    /// Its form in the image.
    pub ellipse: Ellipse,
    /// Peak over background, relative.
    pub contrast: f64,
    /// Whether a reader can see it.
    pub visible: bool,
}

impl Mark {
    /// Returns the mark of a lesion in one of the two views, if the camera looks for some time.
    pub fn of(grown: &Grown, view: usize, time: f64) -> Self {
        let spot: Spot = grown.spots[view];
        Self {
            disease: grown.lesion.disease,
            site: grown.lesion.site,
            ellipse: spot.ellipse,
            contrast: spot.contrast,
            visible: spot.is_visible(time),
        }
    }
}

/// Returns what readers can see of some lesions, clearest first; of each disease at least the clearest, which they
/// know from the report.
pub fn seen(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_by(|a, b| b.contrast.total_cmp(&a.contrast));
    let mut seen: Vec<Mark> = Vec::new();
    for mark in marks {
        if mark.visible || seen.iter().all(|earlier| earlier.disease != mark.disease) {
            seen.push(mark);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_disease_something_is_seen() {
        let ellipse = Ellipse { center: [0.0; 2], deviations: [1.0; 2], angle: 0.0 };
        let mark = |disease, contrast, visible| Mark { disease, site: Site::Rib, ellipse, contrast, visible };
        let marks = vec![
            mark(Disease::Metastasis, 0.1, false),
            mark(Disease::Arthritis, 0.5, true),
            mark(Disease::Metastasis, 0.15, false),
            mark(Disease::Arthritis, 0.9, true),
        ];
        let contrasts: Vec<f64> = seen(marks).iter().map(|mark| mark.contrast).collect();
        assert_eq!(contrasts, [0.9, 0.5, 0.15]);
    }
}
