//! What differs between normal patients: no disease, but what makes the task hard.

use table::View;

use super::body::Body;
use super::difficulty::Difficulty;
use super::draws::Draws;
use super::lesion::Lesion;
use super::patient::Patient;
use super::raster::{Point, place};
use super::site::Site;
use super::skeleton::{Joint, Source};
use crate::labelme::Disease;

/// Returns the uptake of worn joints, which nearly everybody has from some age on: about the same on both sides, and
/// nothing that a reader would call arthritis, but might take for it.
pub fn wear(patient: &Patient, joints: &[Joint], difficulty: Difficulty, draws: &mut Draws) -> Vec<Lesion> {
    // Prevalence rises steeply after 40 and is level from about 60.
    let age = ((f64::from(patient.age_years) - 38.0) / 24.0).clamp(0.0, 1.0);
    let strength = (0.04 + 0.12 * age) * difficulty.variants();
    let mut worn = Vec::new();
    for joint in joints.iter().filter(|joint| joint.side > 0.0) {
        let contrast = draws.normal(0.0, strength).abs();
        let width_mm = draws.uniform(16.0, 28.0);
        let same = |other: &&Joint| other.site == joint.site && other.place == joint.place;
        worn.extend(joints.iter().filter(same).map(|joint| {
            let contrast = draws.log_normal(contrast, 0.2);
            Lesion {
                disease: Disease::Arthritis,
                site: joint.site,
                center: joint.position,
                width_mm,
                contrast,
            }
        }));
    }
    worn
}

/// Returns tracer where it is not in the body: below the vein into which it was injected, and in urine on the skin.
pub fn contamination(
    body: &Body,
    patient: &Patient,
    difficulty: Difficulty,
    draws: &mut Draws,
) -> Vec<Source> {
    // Shares of patients.
    const INJECTION: f64 = 0.35;
    const URINE: f64 = 0.12;
    let variants = difficulty.variants();
    let mut sources = Vec::new();
    let mut spill = |position: Point, spread: f64, activity: f64| {
        sources.push(Source { position, spread, activity: activity * variants, site: None });
    };
    let elbows: Vec<&Joint> = body.joints.iter().filter(|joint| joint.site == Site::Elbow).collect();
    if draws.chance(INJECTION) && !elbows.is_empty() {
        let [left, front, down] = elbows[draws.position(elbows.len())].position;
        let at = [left, front + 25.0, down + draws.uniform(-15.0, 90.0)];
        spill(at, draws.uniform(3.0, 6.0), draws.log_normal(15_000.0, 0.6));
    }
    if draws.chance(URINE) {
        let groin = patient.pose.crown_mm + 820.0 * patient.build.length;
        let [left, down] = [patient.pose.left_mm + draws.normal(0.0, 30.0), groin + draws.uniform(0.0, 90.0)];
        let front = body.surface.front.at(place([left, 0.0, down], View::Anterior));
        let skin = if front.is_finite() { front } else { 0.0 };
        spill([left, skin, down], draws.uniform(4.0, 8.0), draws.log_normal(10_000.0, 0.5));
    }
    sources
}
