use table::Label;

use super::body::Body;
use super::difficulty::Difficulty;
use super::draws::Draws;
use super::raster::Point;
use super::site::Site;
use super::skeleton::Joint;
use crate::labelme::Disease;

/// A lesion, the same in both views.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesion {
    /// Its disease.
    pub disease: Disease,
    /// Where it is.
    pub site: Site,
    /// Its center.
    pub center: Point,
    /// Its full width at half maximum, in millimeters.
    pub width_mm: f64,
    /// Its peak over the background in the view that shows it better, relative: 0 is as bright as its surroundings.
    pub contrast: f64,
}

/// Where metastases are, in shares of all: the order of the paper's Fig. 2, whose numbers are not printed. None
/// beyond the upper halves of humerus and femur, where nine in ten are.
const METASTASES: [(Site, f64); 9] = [
    (Site::Vertebra, 0.34),
    (Site::Rib, 0.24),
    (Site::Femur, 0.13),
    (Site::Pelvis, 0.11),
    (Site::Sternum, 0.05),
    (Site::Humerus, 0.04),
    (Site::Scapula, 0.04),
    (Site::Skull, 0.03),
    (Site::Clavicle, 0.02),
];

/// The same of arthritis: the knee leads, as in Fig. 2.
const ARTHRITIS: [(Site, f64); 8] = [
    (Site::Knee, 0.42),
    (Site::Shoulder, 0.17),
    (Site::Foot, 0.10),
    (Site::Hip, 0.09),
    (Site::Vertebra, 0.08),
    (Site::Hand, 0.07),
    (Site::Elbow, 0.04),
    (Site::Clavicle, 0.03),
];

/// The joints at whose height no metastasis lies.
const LOWER_LEGS: [Site; 2] = [Site::Knee, Site::Foot];

/// Draws the lesions of a patient, at least one of each disease that the label names.
pub fn lesions(label: Label, body: &Body, difficulty: Difficulty, draws: &mut Draws) -> Vec<Lesion> {
    let contrast = difficulty.contrast();
    let overlap = difficulty.overlap();
    let mut lesions = Vec::new();
    if matches!(label, Label::Metastatic | Label::Both) {
        let count = 1 + draws.geometric(MORE_METASTASES, 24);
        lesions.extend((0..count).filter_map(|_| metastasis(body, contrast, draws)));
    }
    if matches!(label, Label::Arthritic | Label::Both) {
        let mut left = body.joints.clone();
        let count = 1 + draws.geometric(MORE_ARTHRITIS, 8);
        lesions.extend((0..count).flat_map(|_| arthritis(&mut left, contrast, overlap, draws)));
    }
    lesions
}

/// Mean number of metastases beyond the first, such that readers mark 4.98 in an image, as in the paper.
const MORE_METASTASES: f64 = 4.5;
/// Mean number of joints, left and right together, beyond the first, such that readers mark 2.30 in an image.
const MORE_ARTHRITIS: f64 = 0.55;

fn metastasis(body: &Body, contrast: f64, draws: &mut Draws) -> Option<Lesion> {
    let site = METASTASES[draws.weighted(&METASTASES.map(|(_, share)| share))].0;
    let bone: Vec<Point> = body
        .sources
        .iter()
        .filter(|source| source.site == Some(site))
        .map(|source| source.position)
        .collect();
    let center = *bone.get(draws.position(bone.len()))?;
    let width_mm = draws.spread(8.0, 30.0);
    let contrast = (draws.spread(1.5, 8.0) - 1.0) * contrast;
    Some(Lesion { disease: Disease::Metastasis, site, center, width_mm, contrast })
}

/// Draws a joint that has none yet, and often the other side's as well.
fn arthritis(left: &mut Vec<Joint>, contrast: f64, overlap: f64, draws: &mut Draws) -> Vec<Lesion> {
    const BOTH_SIDES: f64 = 0.6;
    if left.is_empty() {
        return Vec::new();
    }
    let share = |joint: &Joint| {
        let share = ARTHRITIS.iter().find(|(site, _)| *site == joint.site).map_or(0.0, |(_, share)| *share);
        let share = if LOWER_LEGS.contains(&joint.site) { share } else { share * overlap };
        share / count(left, joint.site)
    };
    let weights: Vec<f64> = left.iter().map(share).collect();
    let first = left.swap_remove(draws.weighted(&weights));
    let other = left.iter().position(|joint| joint.site == first.site && joint.place == first.place);
    let second = other.filter(|_| draws.chance(BOTH_SIDES)).map(|other| left.swap_remove(other));
    let width_mm = draws.uniform(16.0, 30.0);
    let uptake = draws.spread(1.3, 3.0);
    let lesion = |joint: Joint| {
        let contrast = (draws.log_normal(uptake, 0.1).clamp(1.3, 3.0) - 1.0) * contrast;
        Lesion { disease: Disease::Arthritis, site: joint.site, center: joint.position, width_mm, contrast }
    };
    [Some(first), second].into_iter().flatten().map(lesion).collect()
}

fn count(joints: &[Joint], site: Site) -> f64 {
    joints.iter().filter(|joint| joint.site == site).map(|_| 1.0).sum()
}
