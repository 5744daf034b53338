use contract::Seed;
use table::View;

use super::body::Body;
use super::cohort::Enrolled;
use super::difficulty::Difficulty;
use super::draws::Draws;
use super::grown::Grown;
use super::hotspot::{Hotspot, heat};
use super::lesion::{Lesion, lesions};
use super::mark::{Mark, seen};
use super::noise;
use super::patient::Patient;
use super::projection::Exposure;
use super::raster::Raster;
use super::readers::{READERS, read};
use super::site::Site;
use super::variants::{contamination, wear};
use crate::labelme::Disease;

/// Both images of one patient.
#[derive(Clone, Debug)]
pub struct Acquisition {
    /// The patient.
    pub patient: Patient,
    /// From the front, and from behind.
    pub images: [Image; 2],
}

/// One image, and what is marked in it.
#[derive(Clone, Debug)]
pub struct Image {
    /// Side of the camera.
    pub view: View,
    /// Counts before noise.
    #[cfg(test)]
    pub expected: Raster,
    /// Counts, `ROWS` x `COLS`.
    pub counts: Vec<u16>,
    /// What each reader marks.
    pub readings: [Vec<Mark>; READERS],
}

/// The views, in the order of [`Acquisition::images`].
const VIEWS: [View; 2] = [View::Anterior, View::Posterior];
/// The clearest worn joints are taken for lesions, not any.
const MOST_DECOYS: usize = 8;

impl Acquisition {
    /// Draws a patient and takes both images.
    pub fn of(enrolled: Enrolled, difficulty: Difficulty, seed: Seed) -> Self {
        let draws = |name: &str| Draws::new(seed, name);
        let patient = Patient::draw(enrolled, difficulty, seed);
        let body = Body::of(&patient, difficulty, &mut draws("body"));
        let healthy = VIEWS.map(|view| Exposure::of(&body, view));
        let grow = |lesions: Vec<Lesion>| -> Vec<Grown> {
            lesions.iter().filter_map(|lesion| Grown::of(lesion, &body.sources, &healthy)).collect()
        };
        let worn = grow(wear(&patient, &body.joints, difficulty, &mut draws("wear")));
        let lesions = grow(lesions(enrolled.label, &body, difficulty, &mut draws("lesions")));
        let hotspots: Vec<Hotspot> = worn.iter().chain(&lesions).map(|grown| grown.hotspot).collect();
        let mut added = heat(&body.sources, &hotspots);
        added.extend(contamination(&body, &patient, difficulty, &mut draws("contamination")));
        let sick = healthy.each_ref().map(|exposure| exposure.with(&added));
        let time = 2.0 * patient.tracer.counts / sick.iter().map(Raster::sum).sum::<f64>();
        let images = [0, 1].map(|index| {
            let marks =
                |grown: &[Grown]| grown.iter().map(|grown| Mark::of(grown, index, time)).collect::<Vec<_>>();
            let mut reading = draws(&format!("readers {}", VIEWS[index]));
            let readings = read(&seen(marks(&lesions)), &decoys(marks(&worn)), &mut reading);
            let expected = sick[index].times(time);
            let counts = noise::counts(&expected, &mut draws(&format!("noise {}", VIEWS[index])));
            Image {
                view: VIEWS[index],
                #[cfg(test)]
                expected,
                counts,
                readings,
            }
        });
        Self { patient, images }
    }
}

/// Returns what worn joints may be taken for: arthritis, or, in the spine and at the clavicle, a metastasis.
fn decoys(worn: Vec<Mark>) -> Vec<Mark> {
    let axial = |mark: &&Mark| matches!(mark.site, Site::Vertebra | Site::Clavicle);
    let metastases: Vec<Mark> =
        worn.iter().filter(axial).map(|mark| Mark { disease: Disease::Metastasis, ..*mark }).collect();
    let mut decoys: Vec<Mark> = worn.into_iter().chain(metastases).collect();
    decoys.sort_by(|a, b| b.contrast.total_cmp(&a.contrast));
    decoys.truncate(MOST_DECOYS);
    decoys
}
